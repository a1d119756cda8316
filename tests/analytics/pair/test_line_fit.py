"""What a line tells, and what its data must be."""

import numpy as np
import pytest

from quantlive_nb.analytics.pair.line_fit import LineFit, cloud
from quantlive_nb.analytics.pair.ols import ols
from quantlive_nb.errors import NotEnoughData, ShapeError, UsageError


def legs(n, seed=0):
    """Log prices of two markets."""
    rng = np.random.default_rng(seed)
    x = 11.0 + 1e-3 * rng.normal(size=n).cumsum()
    return 0.5 + 0.7 * x + 1e-3 * rng.normal(size=n), x


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (1.0301, 1.0461, "1.037 in 1.030..1.046"),
        (1.03705, 1.03719, "1.03710 in 1.03705..1.03719"),
        (1.0371, 1.0371, "1.037 in 1.037..1.037"),
        (-np.inf, np.inf, "1.037 in -inf..inf"),
    ],
)
def test_repr_shows_the_interval(low, high, text):
    """As many places as its width needs, at least three; no bound is shown as none."""
    assert repr(LineFit(0, 1.0371, low, high, 20, "huber")) == f"LineFit(beta={text}, n=20, huber)"


def test_prediction_and_residuals():
    """y is the line plus the residual, intercept included."""
    y, x = legs(20)
    fit = LineFit(0.5, 0.7, 0.6, 0.8, 20, "huber")

    np.testing.assert_array_equal(fit.predict(x), 0.5 + 0.7 * x)
    np.testing.assert_allclose(fit.predict(x) + fit.residuals(y, x), y)


def test_the_error_is_that_of_ols():
    """From the scores of least squares comes the interval of least squares."""
    y, x = legs(200)
    fit, data = ols(y, x), cloud("a line", y, x)
    scores = data.from_x * fit.residuals(y, x)

    np.testing.assert_allclose(data.half(scores) / data.squares_x, fit.beta_high - fit.beta)
    np.testing.assert_allclose(data.alpha(fit.beta), fit.alpha)


def test_bad_input_is_one_sentence():
    """Too few, NaN, too large, a leg that does not move, legs of two lengths."""
    y, x = legs(20)
    with pytest.raises(NotEnoughData, match=r"huber needs 10 observations, has 9"):
        cloud("huber", y[:9], x[:9])
    with pytest.raises(UsageError, match=r"^x does not move"):
        cloud("huber", y, np.full(20, 0.1))
    with pytest.raises(UsageError, match=r"too large to be squared"):
        cloud("huber", 1e200 * y, x)
    with pytest.raises(ShapeError):
        cloud("huber", y, x[1:])
    y[3] = np.nan
    with pytest.raises(UsageError, match=r"^y holds 1 value that is not finite"):
        cloud("huber", y, x)


def test_a_y_that_stands_still_is_flat():
    """Its distances from the mean are 0, not rounding."""
    data = cloud("huber", np.full(20, 0.1), legs(20)[1])

    assert data.squares_y == 0
    assert not data.from_y.any()
