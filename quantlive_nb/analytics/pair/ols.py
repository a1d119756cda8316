"""The least-squares line of y on x: once, and rolling without look-ahead.

An intercept is always fitted and used.
"""

import math
from dataclasses import dataclass

import numpy as np

from quantlive_nb.analytics.core.index import numbers
from quantlive_nb.analytics.core.long_run import long_run_variance, newey_west_bandwidth
from quantlive_nb.analytics.core.moment import moments, placed
from quantlive_nb.analytics.core.student import t_975
from quantlive_nb.analytics.core.vector import NOISE, require_finite, sealed, vectors
from quantlive_nb.analytics.core.window import require_window
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.types import Vector

__all__ = ["OLSFit", "RollingOLS", "newey_west", "ols", "rolling_ols"]

LEAST = 10
"""Observations below which an interval that allows for autocorrelation means nothing."""


@dataclass(frozen=True, slots=True, repr=False)
class OLSFit:
    """The line ``y = alpha + beta * x``, and how far its slope can be trusted.

    Attributes
    ----------
    alpha : float, in y's unit
    beta : float, in y's unit per x's unit
        Of log prices: the hedge ratio, percent of y per percent of x.
    beta_se : float
        Newey-West standard error of beta.
    beta_low, beta_high : float
        Ends of its 95 % interval.
    n : int
        Observations.
    hac_lags : int
        Lags of autocorrelation that the interval allows for.

    Examples
    --------
    >>> fit = OLSFit(0.1, 1.037, 0.0035, 1.030, 1.044, n=1440, hac_lags=7)
    >>> fit, fit.predict(np.array([2.0]))
    (OLSFit(beta=1.037 ± 0.007, n=1440), array([2.174]))
    """

    alpha: float
    beta: float
    beta_se: float
    beta_low: float
    beta_high: float
    n: int
    hac_lags: int

    def __repr__(self) -> str:
        """Slope, half of its 95 % interval, and count."""
        half = (self.beta_high - self.beta_low) / 2
        places = max(3, -math.floor(math.log10(half))) if half > 0 else 3
        return f"OLSFit(beta={self.beta:.{places}f} ± {half:.{places}f}, n={self.n})"

    def predict(self, x: Vector) -> Vector:
        """The line's value at each x."""
        return self.alpha + self.beta * numbers("x", x)

    def residuals(self, y: Vector, x: Vector) -> Vector:
        """Distance of each y above the line: the spread, if y and x are the data fitted."""
        y, x = vectors(y=y, x=x)
        return y - self.predict(x)


@dataclass(frozen=True, slots=True)
class RollingOLS:
    """A line for every moment, each from the data before it.

    Attributes
    ----------
    alpha, beta : Vector, shape (n,)
        NaN until warm, and where x did not move.

    Examples
    --------
    >>> line = RollingOLS(np.array([np.nan, 1.0]), np.array([np.nan, 2.0]))
    >>> line.residuals(np.array([4.0, 4.0]), np.array([1.0, 1.0]))
    array([nan,  1.])
    """

    alpha: Vector
    beta: Vector

    def residuals(self, y: Vector, x: Vector) -> Vector:
        """Distance of each y above its own line: 0 within rounding, NaN where infinity stands."""
        y, x, _ = vectors(y=y, x=x, line=self.beta)
        with np.errstate(invalid="ignore", over="ignore"):
            slope = self.beta * x
            distance = y - (self.alpha + slope)
            size = np.abs(y) + np.abs(self.alpha) + np.abs(slope)
            distance[np.abs(distance) <= NOISE * size] = 0.0
            distance[~np.isfinite(size)] = np.nan
        return sealed(distance)


def ols(y: Vector, x: Vector) -> OLSFit:
    """Least squares of y on x with an intercept, and an interval that allows for autocorrelation.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        Usually log prices of closed bars. NaN is refused.

    Returns
    -------
    OLSFit

    Raises
    ------
    NotEnoughData
        With fewer than 10 observations.
    UsageError
        If a value is not finite, or x does not move.
    ShapeError
        If the lengths differ.

    Notes
    -----
    Residuals of prices follow each other, which the textbook interval ignores and so comes out far
    too narrow. This one is Newey-West: Bartlett weights over ``floor(4 * (n / 100) ** (2 / 9))``
    lags, scaled by ``n / (n - 2)``, with Student's t of ``n - 2`` degrees of freedom. If y and x
    are not cointegrated, no interval of beta means anything: see :func:`engle_granger`.

    References
    ----------
    Newey and West (1987), Econometrica 55(3), 703-708. doi:10.2307/1913610
    Newey and West (1994), Review of Economic Studies 61(4), 631-653. doi:10.2307/2297912

    Examples
    --------
    >>> x = np.arange(12.0)
    >>> ols(1 + 2 * x + np.tile([0.1, -0.1], 6), x)
    OLSFit(beta=1.996 ± 0.010, n=12)
    """
    y, x = vectors(y=y, x=x)
    n = len(y)
    if n < LEAST:
        raise NotEnoughData("ols", n, LEAST)
    require_finite(y=y, x=x)
    alpha, beta = (float(value[0]) for value in _lines(y, x, n))
    if math.isnan(beta):
        raise UsageError("x does not move: take a longer window, or another symbol for X")
    hac_lags = newey_west_bandwidth("auto", n)
    distance = x - x.mean()
    error = y - alpha - beta * x
    beta_se = newey_west(distance * error, hac_lags) / float(distance @ distance)
    half = t_975(n - 2) * beta_se
    return OLSFit(alpha, beta, beta_se, beta - half, beta + half, n, hac_lags)


def rolling_ols(y: Vector, x: Vector, window: int) -> RollingOLS:
    """Least squares of y on x over the ``window`` observations before each one.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        A NaN spoils every window that holds it.
    window : int, bars
        At least 3.

    Returns
    -------
    RollingOLS
        The first ``window`` entries are NaN; so is a window in which x does not move.

    Raises
    ------
    UsageError
        If ``window < 3``.
    ShapeError
        If the lengths differ.

    Notes
    -----
    Entry t is fitted on ``[t-window, t)``: it reads nothing at or after ``t``. O(n log window).

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 4.0, 3.0, 9.0])
    >>> rolling_ols(1 + 2 * x, x, window=3).beta
    array([nan, nan, nan,  2.,  2.])
    """
    require_window(window, least=3)
    y, x = vectors(y=y, x=x)
    alpha, beta = (placed(values, len(y), window) for values in _lines(y, x, window))
    return RollingOLS(alpha, beta)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _lines(y: Vector, x: Vector, window: int) -> tuple[Vector, Vector]:
    """Intercept and slope of every window; NaN where x does not move, 0 where y does not."""
    (mean_y, mean_x), (squares, product) = moments(window, (y, x), ((1, 1), (0, 1)))
    product[np.abs(product) <= NOISE * np.abs(mean_y) * np.sqrt(window * squares)] = 0.0
    beta = product / np.where(squares == 0, np.nan, squares)
    return mean_y - beta * mean_x, beta


def newey_west(scores: Vector, n_lags: int) -> float:
    """Square root of the long-run sum of squares of the scores of a two-parameter fit.

    Examples
    --------
    >>> newey_west(np.ones(4), 0) > newey_west(np.array([1.0, -1.0, 1.0, -1.0]), 1)
    True
    """
    n = len(scores)
    return math.sqrt(long_run_variance(scores, n_lags) * n * n / (n - 2))
