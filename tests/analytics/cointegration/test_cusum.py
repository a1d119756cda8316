"""Recursive residuals, and their sum."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.regression.recursive_ls import RecursiveLS
from statsmodels.tools import add_constant

from quantlive_nb.analytics.cointegration.cusum import _crossing, cusum, recursive_residuals
from quantlive_nb.errors import NotEnoughData, ShapeError, UsageError
from tests import oracles


def legs(n, seed=0, level=11.0, step=1e-3, memory=0.0, shift=0.0):
    """Log prices of two markets; in the middle the line may shift, in deviations."""
    rng = np.random.default_rng(seed)
    x = level + step * rng.normal(size=n).cumsum()
    error = step * rng.normal(size=n)
    for t in range(1, n):
        error[t] += memory * error[t - 1]
    return 0.5 + 0.7 * x + error + step * shift * (np.arange(n) >= n // 2), x


def test_statsmodels_agrees():
    """Residuals and path are those of RecursiveLS, whose deviation allows for no memory."""
    y, x = legs(200, level=1.0, step=1.0)
    want = RecursiveLS(y, add_constant(x)).fit()

    got = recursive_residuals(y, x)[2:]
    np.testing.assert_allclose(got, want.resid_recursive[2:], rtol=1e-8, atol=1e-8)
    path = cusum(y, x, hac_lags=0).path[2:]
    np.testing.assert_allclose(path, want.cusum, rtol=1e-8, atol=1e-8)


def test_the_loops_agree():
    """Each is the distance from the line through all before, over its own standard error."""
    y, x = legs(40)
    got = recursive_residuals(y, x)

    assert np.isnan(got[:2]).all()
    for t in range(2, 40):
        alpha, beta = oracles.line(y[:t].tolist(), x[:t].tolist())
        mean = oracles.mean(x[:t].tolist())
        spread = 1 + 1 / t + (x[t] - mean) ** 2 / sum((x[:t] - mean) ** 2)
        np.testing.assert_allclose(got[t], (y[t] - alpha - beta * x[t]) / spread**0.5, atol=1e-12)


def test_their_squares_add_up():
    """The sum of their squares is that of the residuals of the line through everything."""
    y, x = legs(300, level=1.0, step=1.0)
    left = y - np.polyval(np.polyfit(x, y, 1), x)

    assert np.nansum(recursive_residuals(y, x) ** 2) == pytest.approx(left @ left, rel=1e-10)


@given(n=st.integers(0, 40), seed=st.integers(0, 99))
def test_prefix_invariance(n, seed):
    """No residual changes when more data arrives, bit for bit."""
    y, x = legs(40, seed)

    np.testing.assert_array_equal(recursive_residuals(y[:n], x[:n]), recursive_residuals(y, x)[:n])


@pytest.mark.parametrize(("a", "p"), [(1.143, 0.01), (0.948, 0.05), (0.850, 0.10)])
def test_published_bounds(a, p):
    """Brown, Durbin and Evans' three bounds have the chances that they printed."""
    assert _crossing(a) == pytest.approx(p, rel=0.01)
    assert _crossing(0.0) == 1.0


@pytest.mark.parametrize("seed", range(8))
def test_the_bound_and_p_agree(seed):
    """p is below 5 % where the path leaves its bound, and nowhere else."""
    got = cusum(*legs(100, seed, shift=0.8))

    assert (got.p < 0.05) == bool(np.nanmax(np.abs(got.path) - got.bound) > 0)


def test_stable_lines_are_rarely_rejected_and_shifts_found():
    """Size near 5 % over 120 stable pairs, and a shift by two deviations is seen."""
    stable = sum(cusum(*legs(400, seed)).p < 0.05 for seed in range(120))
    shifted = sum(cusum(*legs(400, seed, shift=2.0)).p < 0.05 for seed in range(50))

    assert stable / 120 < 0.1
    assert shifted >= 40


def test_memory_is_not_taken_for_a_break():
    """Where the spread comes back slowly, the textbook's test cries break; ours seldom."""
    pairs = [legs(400, seed, memory=0.8) for seed in range(60)]
    ours = sum(cusum(y, x).p < 0.05 for y, x in pairs)
    textbook = sum(cusum(y, x, hac_lags=0).p < 0.05 for y, x in pairs)

    assert textbook > 40
    assert ours < 20


def test_a_late_start():
    """Before x has moved there is no line: the test begins with the first one."""
    y, x = legs(60)
    x[:20] = x[20]
    got = cusum(y, x)

    assert np.isnan(got.path).tolist() == [t < 22 for t in range(60)]
    assert (np.isnan(got.path) == np.isnan(got.bound)).all()


@pytest.mark.parametrize("slope", [1.0, -0.7])
def test_an_exact_line_has_no_number(slope):
    """The same symbol twice: a sentence, not a statistic made of rounding."""
    x = legs(60)[1]

    with pytest.raises(UsageError, match=r"^y lies on an exact line"):
        cusum(3 + slope * x, x)


def test_bad_input_is_one_sentence():
    """Too few bars, or too few since x moved; NaN; lags and lengths that cannot be."""
    y, x = legs(40)
    with pytest.raises(NotEnoughData, match=r"cusum needs 10 observations, has 9"):
        cusum(y[:9], x[:9])
    with pytest.raises(NotEnoughData, match=r"from the first move of x, needs 10 .* has 5"):
        cusum(y, np.r_[np.full(36, 0.1), x[36:]])
    with pytest.raises(UsageError, match=r"^hac_lags is -1: give a whole number from 0"):
        cusum(y, x, hac_lags=-1)
    with pytest.raises(ShapeError):
        cusum(y, x[1:])
    y[3] = np.nan
    with pytest.raises(UsageError, match=r"^y holds 1 value that is not finite"):
        cusum(y, x)
    assert np.isnan(recursive_residuals(y, x)[3:]).all()


def test_what_is_handed_out_is_sealed():
    """Path and bound are read-only, as long as the data, and the lags are stated."""
    got = cusum(*legs(100))

    assert not got.path.flags.writeable
    assert not got.bound.flags.writeable
    assert (len(got.path), len(got.bound), got.n, got.hac_lags) == (100, 100, 100, 4)
    assert repr(got).endswith("H0: one line all the time → not rejected at 5 %")
