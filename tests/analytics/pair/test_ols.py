"""Least squares, once and rolling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.regression.linear_model import OLS
from statsmodels.regression.rolling import RollingOLS as Rolling
from statsmodels.tools import add_constant

from quantlive_nb.analytics.pair.ols import OLSFit, ols, rolling_ols
from quantlive_nb.errors import NotEnoughData, ShapeError, UsageError
from tests import oracles


def legs(n, seed=0, level=11.0, step=1e-3):
    """Log prices of two markets, the residual autocorrelated."""
    rng = np.random.default_rng(seed)
    x = level + step * rng.normal(size=n).cumsum()
    error = step * rng.normal(size=n)
    for t in range(1, n):
        error[t] += 0.8 * error[t - 1]
    return 0.5 + 0.7 * x + error, x


def moderate_legs(n):
    """Series whose level does not dwarf their movement, so that statsmodels loses no digits."""
    return legs(n, level=1.0, step=1.0)


@pytest.mark.parametrize("n", [10, 37, 100, 1_440])
def test_statsmodels_agrees(n):
    """Coefficients, Newey-West error and interval are those of statsmodels with these settings."""
    y, x = moderate_legs(n)
    fit = ols(y, x)
    settings = {"maxlags": fit.hac_lags, "use_correction": True}
    want = OLS(y, add_constant(x)).fit(cov_type="HAC", cov_kwds=settings, use_t=True)

    got = [fit.alpha, fit.beta, fit.beta_se, fit.beta_low, fit.beta_high]
    np.testing.assert_allclose(got, [*want.params, want.bse[1], *want.conf_int()[1]], rtol=1e-10)
    assert fit.n == n


@pytest.mark.parametrize("n", [10, 40])
def test_the_loops_agree(n):
    """The long-run variance is the double sum over all pairs of scores, weighted by distance."""
    y, x = (leg.tolist() for leg in legs(n))
    fit = ols(y, x)

    np.testing.assert_allclose((fit.alpha, fit.beta), oracles.line(y, x), rtol=1e-9)
    np.testing.assert_allclose(fit.beta_se, oracles.newey_west(y, x, fit.hac_lags), rtol=1e-8)


def test_lags_grow_with_the_sample():
    """floor(4 * (n / 100)**(2/9)): 2 at 10, 4 at 100, 7 at 1 440."""
    assert [ols(*legs(n)).hac_lags for n in (10, 100, 1_440)] == [2, 4, 7]


def test_the_interval_holds_the_truth_more_often_than_the_textbook():
    """Where residuals follow each other the textbook interval misses far more than 5 %."""
    ours = textbook = 0
    for seed in range(200):
        y, x = legs(200, seed)
        fit = ols(y, x)
        low, high = OLS(y, add_constant(x)).fit().conf_int()[1]
        ours += fit.beta_low < 0.7 < fit.beta_high
        textbook += low < 0.7 < high

    assert ours > textbook + 30


def test_prediction_and_residuals():
    """y is the line plus the residual, and the residual has no mean and no slope left."""
    y, x = legs(50)
    fit = ols(y, x)

    np.testing.assert_allclose(fit.predict(x) + fit.residuals(y, x), y)
    np.testing.assert_allclose(oracles.line(fit.residuals(y, x), x), 0, atol=1e-9)


def test_repr_shows_half_of_the_interval():
    """As many places as the half-width needs, at least three."""
    assert (
        repr(OLSFit(0, 1.0371, 0, 1.0301, 1.0441, 1440, 7)) == "OLSFit(beta=1.037 ± 0.007, n=1440)"
    )
    assert (
        repr(OLSFit(0, 1.0, 0, 0.99998, 1.00002, 20, 2)) == "OLSFit(beta=1.00000 ± 0.00002, n=20)"
    )
    assert repr(OLSFit(0, 2.0, 0, 2.0, 2.0, 20, 2)) == "OLSFit(beta=2.000 ± 0.000, n=20)"


def test_too_few_observations():
    """It says what it waits for."""
    with pytest.raises(NotEnoughData, match=r"ols needs 10 observations, has 9"):
        ols(*legs(9))


def test_bad_input_is_one_sentence():
    """NaN, a leg that does not move, and legs of two lengths are refused with what to do."""
    y, x = legs(20)
    with pytest.raises(UsageError, match=r"^x does not move: take a longer window"):
        ols(y, np.full(20, 0.1))
    with pytest.raises(ShapeError):
        ols(y, x[1:])
    y[3] = np.nan
    with pytest.raises(UsageError, match=r"^y holds 1 value that is not finite"):
        ols(y, x)


def test_a_y_that_stands_still_has_no_slope():
    """A constant y does not depend on x: beta is 0, not rounding."""
    fit = ols(np.full(20, 0.1), legs(20)[1])

    assert fit.beta == 0.0
    assert np.isclose(fit.alpha, 0.1)


@given(a=st.floats(0.1, 10), b=st.floats(-5, 5), c=st.floats(0.1, 10), seed=st.integers(0, 99))
def test_units_carry_through(a, b, c, seed):
    """beta of (a*y + b) on (c*x) is a/c times beta of y on x, and so is its error."""
    y, x = legs(30, seed)
    fit, changed = ols(y, x), ols(a * y + b, c * x)

    np.testing.assert_allclose(changed.beta, fit.beta * a / c, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(changed.beta_se, fit.beta_se * a / c, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("window", [3, 10, 60])
def test_rolling_is_statsmodels_one_bar_later(window):
    """statsmodels' window ends with the bar; ours, which may be traded on, ends before it."""
    y, x = moderate_legs(150)
    want = Rolling(y, add_constant(x), window).fit().params
    got = rolling_ols(y, x, window)

    np.testing.assert_allclose(got.beta[1:], want[:-1, 1], rtol=1e-9)
    np.testing.assert_allclose(got.alpha[1:], want[:-1, 0], rtol=1e-9)


def test_rolling_loops_agree():
    """Each line is the least-squares line of the window before."""
    y, x = legs(60)
    got = rolling_ols(y, x, 15)

    for t in range(15, 60):
        want = oracles.line(y[t - 15 : t].tolist(), x[t - 15 : t].tolist())
        np.testing.assert_allclose((got.alpha[t], got.beta[t]), want, rtol=1e-9)


def test_rolling_ends_where_ols_begins():
    """The line for the next bar is the line that ols fits to the last window."""
    y, x = legs(41)
    got, fit = rolling_ols(y, x, 40), ols(y[:40], x[:40])

    assert (got.alpha[40], got.beta[40]) == (fit.alpha, fit.beta)


def test_rolling_without_movement():
    """Where x stands still over a window there is no line; where y does, the line is flat."""
    y, x = legs(40)
    assert np.isnan(rolling_ols(y, np.full(40, 0.1), 10).beta).all()
    assert (rolling_ols(np.full(40, 0.1), x, 10).beta[10:] == 0.0).all()


def test_rolling_usage():
    """Two points always lie on a line."""
    with pytest.raises(UsageError, match=r"window is 2: give a whole number of bars, at least 3"):
        rolling_ols(*legs(20), 2)


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
@pytest.mark.parametrize("leg", [0, 1])
def test_infinity_lies_on_no_line(bad, leg):
    """It has no distance from its line, and 0 would be a perfect fit; nor have the next ones."""
    pair = legs(20)
    pair[leg][12] = bad
    distance = rolling_ols(*pair, 5).residuals(*pair)

    assert np.isnan(distance[5:]).tolist() == [12 <= t < 18 for t in range(5, 20)]
