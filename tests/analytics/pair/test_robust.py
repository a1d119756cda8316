"""Total least squares, Huber's line, Theil and Sen's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import theilslopes
from statsmodels.robust.norms import HuberT
from statsmodels.robust.robust_linear_model import RLM
from statsmodels.tools import add_constant

from quantlive_nb.analytics.pair import robust as room
from quantlive_nb.analytics.pair.ols import ols
from quantlive_nb.analytics.pair.robust import huber, theil_sen, total_least_squares
from quantlive_nb.errors import NotEnoughData, UsageError

EVERY = pytest.mark.parametrize("fit", [total_least_squares, huber, theil_sen])
ROBUST = pytest.mark.parametrize("fit", [huber, theil_sen])


def legs(n, seed=0, level=11.0, step=1e-3, memory=0.0, tails=np.inf):
    """Log prices of two markets; the residual may be autocorrelated, and have fat tails."""
    rng = np.random.default_rng(seed)
    x = level + step * rng.normal(size=n).cumsum()
    error = step * (rng.normal(size=n) if np.isinf(tails) else rng.standard_t(tails, size=n))
    for t in range(1, n):
        error[t] += memory * error[t - 1]
    return 0.5 + 0.7 * x + error, x


@pytest.mark.parametrize("n", [10, 37, 200, 1_440])
@pytest.mark.parametrize("tails", [2, np.inf])
def test_huber_is_statsmodels(n, tails):
    """Intercept and slope are those of RLM, asked for all its digits."""
    y, x = legs(n, n, level=1.0, step=1.0, tails=tails)
    fit = huber(y, x)
    model = RLM(y, add_constant(x), M=HuberT(1.345))
    want = model.fit(tol=1e-14, maxiter=1_000, conv="coefs").params

    np.testing.assert_allclose((fit.alpha, fit.beta), want, rtol=1e-8)


@pytest.mark.parametrize("n", [10, 37, 200, 1_000])
def test_theil_sen_is_scipy(n):
    """Up to 1 000 observations: all pairs, the same slope and intercept, Sen's ranks at least."""
    y, x = legs(n, n, level=1.0, step=1.0)
    fit, want = theil_sen(y, x), theilslopes(y, x, method="joint")

    np.testing.assert_allclose((fit.alpha, fit.beta), (want.intercept, want.slope), rtol=1e-8)
    assert fit.beta_low <= want.low_slope + 1e-12
    assert fit.beta_high >= want.high_slope - 1e-12


def test_sens_interval_where_nothing_remembers():
    """Where the ranks' products alternate, Kendall's variance decides: scipy's interval exactly."""
    rng = np.random.default_rng(1)
    x = rng.permutation(100.0 * np.arange(60))
    y = x + np.tile([1.0, -1.0], 30) * rng.uniform(1, 2, 60) * np.sign(x - np.median(x))
    fit, want = theil_sen(y, x), theilslopes(y, x)

    np.testing.assert_allclose((fit.beta_low, fit.beta_high), (want.low_slope, want.high_slope))


def test_theil_sen_of_many_is_near_that_of_all():
    """Some of the pairs answer as all of them do, well inside the interval; and always the same."""
    y, x = legs(2_000, tails=2)
    fit = theil_sen(y, x)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "MOST_PAIRS", 10**7)
        of_all = theil_sen(y, x)

    assert abs(fit.beta - of_all.beta) < 0.1 * (of_all.beta_high - of_all.beta_low)
    assert fit.beta_high - fit.beta_low >= of_all.beta_high - of_all.beta_low
    assert fit == theil_sen(y, x)


@pytest.mark.parametrize("n", [10, 1_000, 1_001, 10_000, 1_000_000])
def test_theil_sen_sees_a_bounded_number_of_pairs(n):
    """The slopes do not outgrow their limit by more than a last distance."""
    slopes, n_seen = room._slopes(np.arange(float(n)), np.arange(float(n)))

    assert len(slopes) == n_seen <= room.MOST_PAIRS + n
    assert n > 1_000 or n_seen == n * (n - 1) / 2


@given(seed=st.integers(0, 999), memory=st.sampled_from([0.0, 0.8]))
def test_total_least_squares_has_no_sides(seed, memory):
    """The line of x on y is the line of y on x, and so are the ends of its interval."""
    y, x = legs(40, seed, memory=memory)
    one, other = total_least_squares(y, x), total_least_squares(x, y)

    assert one.beta * other.beta == pytest.approx(1.0, rel=1e-12)
    assert one.alpha == pytest.approx(-other.alpha * one.beta, rel=1e-9, abs=1e-9)
    if np.isfinite([one.beta_low, other.beta_low]).all() and one.beta_low * one.beta_high > 0:
        ends = one.beta_low * other.beta_high, one.beta_high * other.beta_low
        assert ends == pytest.approx((1.0, 1.0), rel=1e-9)


def test_total_least_squares_is_the_first_principal_axis():
    """Its direction is the eigenvector of the larger eigenvalue of the covariance."""
    y, x = legs(200, memory=0.8)
    axis = np.linalg.eigh(np.cov(x, y))[1][:, 1]

    assert total_least_squares(y, x).beta == pytest.approx(axis[1] / axis[0], rel=1e-9)


def test_noise_in_x_does_not_flatten_total_least_squares():
    """Where both legs are equally noisy, least squares is too flat and its interval wrong."""
    held = held_by_ols = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        true = rng.normal(size=300)
        y, x = 1 + 0.8 * true + 0.4 * rng.normal(size=300), true + 0.4 * rng.normal(size=300)
        fit, flat = total_least_squares(y, x), ols(y, x)
        held += fit.beta_low < 0.8 < fit.beta_high
        held_by_ols += flat.beta_low < 0.8 < flat.beta_high

    assert held >= 88
    assert held_by_ols < 50


@ROBUST
@pytest.mark.parametrize("memory", [0.0, 0.5])
def test_the_interval_holds_the_truth(fit, memory):
    """Near 95 % where errors are independent, and not far from it where they remember a little."""
    held = 0
    for seed in range(100):
        line = fit(*legs(200, seed, memory=memory, tails=3))
        held += line.beta_low < 0.7 < line.beta_high

    assert held > (88 if memory == 0 else 80)


@ROBUST
def test_a_bad_print_hardly_moves_them(fit):
    """One price a hundred times too high turns least squares over, and these hardly."""
    y, x = legs(100)
    was = fit(y, x)
    y[95] *= 100

    assert abs(fit(y, x).beta - was.beta) < 0.1
    assert abs(ols(y, x).beta - 0.7) > 100


@EVERY
@settings(max_examples=15)
@given(b=st.floats(-5, 5), c=st.floats(0.1, 10), seed=st.integers(0, 99))
def test_shifts_and_a_common_scale_carry_through(fit, b, c, seed):
    """A log price in another unit is shifted: beta stays; both legs times c keep beta too."""
    y, x = legs(30, seed)
    was, got = fit(y, x), fit(c * (y + b), c * x)

    np.testing.assert_allclose(got.beta, was.beta, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(got.alpha, c * (was.alpha + b), rtol=1e-5, atol=1e-5)


@ROBUST
def test_an_outlying_unit_is_no_matter(fit):
    """beta of y on 1 000 x is a thousandth."""
    y, x = legs(50, level=1.0, step=1.0)

    assert fit(y, 1_000 * x).beta == pytest.approx(fit(y, x).beta / 1_000, rel=1e-9)


@EVERY
@pytest.mark.parametrize("slope", [1.0, -0.7])
def test_an_exact_line_is_found(fit, slope):
    """The same symbol twice: its slope and intercept, and an interval of rounding's width."""
    x = legs(50)[1]
    got = fit(3 + slope * x, x)

    np.testing.assert_allclose((got.beta, got.alpha), (slope, 3), rtol=1e-6)
    assert got.beta_high - got.beta_low < 1e-6


@EVERY
def test_a_y_that_stands_still_is_flat(fit):
    """It does not depend on x: beta is 0, not rounding."""
    got = fit(np.full(20, 0.1), legs(20)[1])

    assert (got.beta, got.beta_low, got.beta_high) == (0.0, 0.0, 0.0)


@EVERY
def test_the_line_counts_its_data(fit):
    """n and method are stated, and too few bars are refused under the method's name."""
    y, x = legs(20)

    assert fit(y, x).n == 20
    assert fit(y, x).method.replace("-", " ").split() == fit.__name__.split("_")
    with pytest.raises(NotEnoughData, match=rf"^{fit.__name__} needs 10 observations, has 9$"):
        fit(y[:9], x[:9])


def test_no_direction_no_line():
    """A cloud as wide as high has no axis, and one that only goes up no finite slope."""
    ring = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    with pytest.raises(UsageError, match=r"no common direction"):
        total_least_squares(np.sin(ring), np.cos(ring))
    with pytest.raises(UsageError, match=r"no common direction"):
        total_least_squares(np.array([-2.0, 2] * 6), np.array([-1.0, -1, 1, 1] * 3))


def test_unrelated_legs_set_no_bound():
    """Where the angle's interval holds the vertical, beta may be anything."""
    rng = np.random.default_rng(1)
    fit = total_least_squares(rng.normal(size=12), rng.normal(size=12))

    assert (fit.beta_low, fit.beta_high) == (-np.inf, np.inf)


def test_most_points_on_one_line():
    """With a median residual of 0 nothing says what far is: a sentence, not a line."""
    x = np.arange(40.0)
    y = 1 + 2 * x
    y[:5] += 5.0

    with pytest.raises(UsageError, match=r"^most of y lies on one line exactly"):
        huber(y, x)
    assert theil_sen(y, x).beta == 2.0


def test_a_pattern_is_not_a_slope():
    """Where x is the same at all distances that are looked at, there is no slope to take."""
    x = np.tile([0.0, 1.0], 600)

    with pytest.raises(UsageError, match=r"^x repeats itself"):
        theil_sen(legs(1_200)[0], x)
