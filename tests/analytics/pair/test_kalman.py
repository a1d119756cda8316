"""The line that moves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.analytics.pair.expanding import expanding_ols
from quantlive_nb.analytics.pair.kalman import kalman
from quantlive_nb.errors import ShapeError, UsageError

COLUMNS = ("alpha", "beta", "innovation", "variance", "zscore")


BTC, ETH = np.log(60_000.0), np.log(2_700.0)


def legs(n, seed=0, level=BTC, step=1e-3):
    """Log prices of two markets around a line that stays."""
    rng = np.random.default_rng(seed)
    x = level + step * rng.normal(size=n).cumsum()
    return 0.5 + 0.7 * x + step * rng.normal(size=n), x


def drifting(n, seed=0):
    """Log prices of ETH and BTC, minute bars, whose beta goes from 0.8 to 1.6 and half back."""
    rng = np.random.default_rng(seed)
    x = BTC + 2e-3 * rng.normal(size=n).cumsum()
    beta = np.interp(np.arange(n), [0, 0.6 * n, n], [0.8, 1.6, 1.2])
    y = ETH + np.cumsum(beta * np.diff(x, prepend=BTC)) + 5e-4 * rng.normal(size=n)
    return y, x, beta


def walk(level, beta, pivot):
    """Covariance of a shift and a turn about the pivot, in alpha and beta."""
    return np.array([[level + beta * pivot**2, -beta * pivot], [-beta * pivot, beta]])


def textbook(y, x, fit):
    """The filter in matrices, on alpha and beta of the data as they are."""
    w = fit.warmup
    beta, alpha = np.polyfit(x[:w], y[:w], 1)
    p = walk(1e6 * fit.r, 1e6 * fit.r / x[:w].var(), x[:w].mean())
    state, out = np.array([alpha, beta]), []
    for t in range(len(y)):
        h = np.array([1.0, x[t]])
        s = h @ p @ h + fit.r
        e = y[t] - h @ state
        out.append([*state, e, s, e / np.sqrt(s)])
        gain = p @ h / s
        state = state + gain * e
        keep = np.eye(2) - np.outer(gain, h)
        p = keep @ p @ keep.T + fit.r * np.outer(gain, gain) + walk(fit.q_level, fit.q_beta, x[t])
    return np.array(out).T


@pytest.mark.parametrize("delta", [1e-6, 1e-4, 1e-2])
def test_the_textbook_agrees(delta):
    """Measured from a mean and in standard units, it is the filter of alpha and beta."""
    y, x = legs(400, level=1.0, step=1.0)
    fit = kalman(y, x, 60, delta=delta)
    want = textbook(y, x, fit)

    for name, column in zip(COLUMNS, want, strict=True):
        np.testing.assert_allclose(getattr(fit, name)[60:], column[60:], rtol=1e-8, atol=1e-9)


@given(n=st.integers(0, 60), seed=st.integers(0, 99), delta=st.sampled_from([1e-4, "ml"]))
def test_prefix_invariance(n, seed, delta):
    """Nothing changes when more data arrives, bit for bit, nor is the noise learnt from it."""
    y, x = legs(60, seed)
    whole, part = kalman(y, x, 12, delta=delta), kalman(y[:n], x[:n], 12, delta=delta)

    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[:n])


def test_the_prior_does_not_read_its_bar():
    """Line and variance of a bar are known before y's price of that bar."""
    y, x = legs(60)
    was = kalman(y, x, 12)
    y[40] += 1.0
    now = kalman(y, x, 12)

    for name in ("alpha", "beta", "variance"):
        np.testing.assert_array_equal(getattr(now, name)[:41], getattr(was, name)[:41])
    assert np.isclose(now.innovation[40], was.innovation[40] + 1.0)
    assert now.beta[41] != was.beta[41]


@pytest.mark.parametrize("delta", [1e-4, "ml"])
def test_it_follows_a_drifting_beta(delta):
    """At the prices of BTC and ETH beta is followed, and the line through all history is not."""
    y, x, beta = drifting(6_000)
    error = np.abs(kalman(y, x, 300, delta=delta).beta - beta)[600:]
    error_of_all = np.abs(expanding_ols(y, x).beta - beta)[600:]

    assert np.median(error) < 0.05
    assert np.median(error_of_all) > 0.2


@pytest.mark.parametrize(("delta", "close"), [(1e-4, 1e-8), ("ml", 1e-3)])
def test_units_of_a_leg_do_not_matter(delta, close):
    """A thousand coins for one shifts a log price: beta and z stay, as near as noise is known."""
    y, x, _ = drifting(800)
    fit = kalman(y, x, 200, delta=delta)
    shift = np.log(1_000)
    for other in (kalman(y, x + shift, 200, delta=delta), kalman(y + shift, x, 200, delta=delta)):
        np.testing.assert_allclose(other.beta[200:], fit.beta[200:], rtol=close)
        np.testing.assert_allclose(other.zscore[200:], fit.zscore[200:], atol=close)


def test_units_carry_through():
    """On prices themselves, beta of y on 1 000 x is a thousandth."""
    y, x = legs(300, level=100.0, step=1.0)
    fit, other = kalman(y, x, 60), kalman(y, 1_000 * x, 60)

    np.testing.assert_allclose(1_000 * other.beta[60:], fit.beta[60:], rtol=1e-9)
    np.testing.assert_allclose(other.zscore[60:], fit.zscore[60:], rtol=1e-7, atol=1e-9)


def walking(n, seed):
    """Data of the filter's own model: the line shifts and turns, in known noise."""
    rng = np.random.default_rng(seed)
    x = 3.0 + rng.normal(size=n)
    turn, shift = 0.03 * rng.normal(size=n), 0.1 * rng.normal(size=n)
    alpha, beta = np.cumsum(shift - turn * x), 2.0 + np.cumsum(turn)
    return np.r_[0.0, alpha[:-1]] + np.r_[2.0, beta[:-1]] * x + 0.5 * rng.normal(size=n), x


def test_the_likelihood_finds_the_noise():
    """From 2 000 bars of its own model, each variance within a factor of two."""
    fit = kalman(*walking(2_001, 3), 2_000, delta="ml")
    found = np.array([fit.q_level, fit.q_beta, fit.r]) / [0.01, 0.0009, 0.25]

    assert (abs(np.log(found)) < np.log(2)).all()


def test_surprises_of_its_own_model_are_white():
    """With the likeliest noise z has variance 1 and no memory."""
    z = kalman(*walking(4_000, 4), 1_000, delta="ml").zscore[1_000:]

    assert abs(z.var() - 1) < 0.1
    assert abs(np.corrcoef(z[1:], z[:-1])[0, 1]) < 0.06


def test_the_price_ratio_is_not_the_hedge_ratio():
    """Trap 16: beta does not cling to the ratio of the prices, as it does with copied noise."""
    y, x = legs(1_000)
    beta = kalman(y, x).beta[120:]

    assert np.abs(beta - 0.7).max() < 0.3
    assert np.abs(beta - (y / x)[120:]).min() > 1e-4


@pytest.mark.parametrize(
    "still",
    [
        lambda y, x: (y, np.full(40, 0.1)),
        lambda y, x: (np.full(40, 0.1), x),
        lambda y, x: (x, x),
        lambda y, x: (3 - 0.7 * x, x),
        lambda y, x: (np.r_[np.nan, y[1:]], x),
        lambda y, x: (y * 1e200, x),
    ],
)
def test_nothing_to_learn_from(still):
    """Still legs, legs that move as one, and holes in the warm-up: no numbers at all."""
    fit = kalman(*still(*legs(40)), 20)

    assert all(np.isnan(getattr(fit, name)).all() for name in COLUMNS)
    assert np.isnan([fit.q_level, fit.q_beta, fit.r]).all()


def test_nan_spoils_what_follows():
    """A hole after the warm-up ends the story, and does not change it."""
    y, x = legs(60)
    was = kalman(y, x, 20)
    y[30] = np.nan
    fit = kalman(y, x, 20)

    np.testing.assert_array_equal(fit.beta[:31], was.beta[:31])
    assert np.isnan(fit.innovation[30:]).all()
    assert all(np.isnan(getattr(fit, name)[31:]).all() for name in COLUMNS)


def test_inputs_are_not_touched():
    """Neither the values nor the flags of what was handed in."""
    y, x = legs(30)
    was = y.copy(), x.copy()
    kalman(y, x, 20)

    np.testing.assert_array_equal((y, x), was)
    assert y.flags.writeable
    assert x.flags.writeable


def test_warming_and_sealed():
    """NaN exactly until warm; what is handed out is read-only, and the repr shows the newest."""
    y, x = legs(30)
    fit = kalman(y, x, 20)

    assert np.isnan(fit.zscore).tolist() == [t < 20 for t in range(30)]
    np.testing.assert_allclose(fit.residuals(y, x)[20:], fit.innovation[20:], atol=1e-12)
    assert not fit.beta.flags.writeable
    assert (
        repr(fit) == f"KalmanFit(beta={fit.beta[-1]:.4g}, z={fit.zscore[-1]:.3g}, n=30, warmup=20)"
    )
    assert repr(kalman(y[:0], x[:0])) == "KalmanFit(beta=nan, z=nan, n=0, warmup=120)"


@pytest.mark.parametrize("delta", [0.0, 1.0, -1, np.nan, "mle"])
def test_impossible_noise_is_refused(delta):
    """The sentence says what would do."""
    with pytest.raises(UsageError, match=r'give a number between 0 and 1, or "ml"$'):
        kalman(*legs(30), 20, delta=delta)


def test_usage():
    """A warm-up of ten is the least, and the legs have one length."""
    with pytest.raises(UsageError, match=r"at least 10"):
        kalman(*legs(30), 9)
    with pytest.raises(ShapeError):
        kalman(np.zeros(30), np.zeros(31))
