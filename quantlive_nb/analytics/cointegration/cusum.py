"""CUSUM test of a stable line: cumulated recursive residuals.

Failing to reject does not prove stability.
"""

import math
from dataclasses import dataclass

import numpy as np

from quantlive_nb.analytics.cointegration.stability import require_noise
from quantlive_nb.analytics.core.argument import whole
from quantlive_nb.analytics.core.hypothesis import shown, verdict
from quantlive_nb.analytics.core.long_run import newey_west_bandwidth
from quantlive_nb.analytics.core.vector import sealed, vectors
from quantlive_nb.analytics.pair.expanding import history
from quantlive_nb.analytics.pair.line_fit import cloud
from quantlive_nb.analytics.pair.ols import LEAST, newey_west
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.types import Vector

__all__ = ["CUSUMResult", "cusum", "recursive_residuals"]

CUSUM_5 = 0.948
"""Brown, Durbin and Evans' bound at 5 %: where it starts from, in square roots of the count."""
N_STATES = 2
"""Observations used for the first line."""


@dataclass(frozen=True, slots=True, repr=False)
class CUSUMResult:
    """The path of the cumulated recursive residuals, and its bounds.

    Attributes
    ----------
    stat : float
        Largest excursion of the path, in units in which the bound at 5 % is 0.948.
    p : float
        Probability of an excursion at least as large if H0 holds.
    n : int
        Observations.
    h0 : str
    path : Vector, shape (n,), dimensionless
        Sum of the recursive residuals up to each bar over their deviation; NaN for the first two.
    bound : Vector, shape (n,), dimensionless
        At 5 %: H0 is rejected where ``abs(path)`` leaves it.
    hac_lags : int
        Lags of autocorrelation allowed for in the standard deviation.

    Examples
    --------
    >>> CUSUMResult(1.2, 0.004, 100, "one line all the time", np.zeros(1), np.ones(1), 4)
    .stat=1.20 .p=0.004  H0: one line all the time → rejected at 5 %
    """

    stat: float
    p: float
    n: int
    h0: str
    path: Vector
    bound: Vector
    hac_lags: int

    def __repr__(self) -> str:
        """Statistic, p, hypothesis, verdict."""
        return f".stat={self.stat:.2f} {shown(self.p)}  H0: {self.h0} → {self.verdict}"

    @property
    def verdict(self) -> str:
        """The verdict on H0 at 5 %."""
        return verdict(self.p)


def cusum(y: Vector, x: Vector, hac_lags: "int | None" = None) -> CUSUMResult:
    """Test, by cumulated recursive residuals, that one line fits the whole sample.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        Usually log prices. NaN is refused.
    hac_lags : int, optional
        Lags of autocorrelation that the residuals' deviation allows for, by default
        ``floor(4 * (n / 100) ** (2 / 9))``. With 0 it is the textbook test, which mistakes
        autocorrelation of the spread for a break.

    Returns
    -------
    CUSUMResult
        ``h0`` is one line for the whole sample.

    Raises
    ------
    NotEnoughData
        With fewer than 10 observations.
    UsageError
        If a value is not finite, x does not move, y lies on an exact line, or ``hac_lags`` cannot
        be.
    ShapeError
        If the lengths differ.

    Notes
    -----
    The path is tested as a whole: p is of its largest part of the bound, by Brown, Durbin and
    Evans' formula for a Brownian motion that crosses a straight line. It sees the level shift; a
    slope that turns about the mean of x is seen better by :func:`halves`.

    Of stable lines, 400 bars each, for a nominal 5 %: 5 % are rejected where errors are
    independent, 15 % where the spread keeps 0.8 of itself each bar (85 % by the textbook's test),
    and half where it keeps 0.95: a rejection then says no more than that the spread is slow.

    References
    ----------
    Brown, Durbin and Evans (1975), J. Royal Statistical Society B 37(2), 149-192.
    doi:10.1111/j.2517-6161.1975.tb01532.x
    Newey and West (1987), Econometrica 55(3), 703-708. doi:10.2307/1913610

    Examples
    --------
    >>> rng = np.random.default_rng(7)
    >>> x = rng.normal(size=200).cumsum()
    >>> cusum(x + rng.normal(size=200), x)
    .stat=0.51 .p=0.610  H0: one line all the time → not rejected at 5 %
    """
    data = cloud("cusum", y, x)
    n = len(data.y)
    residuals = recursive_residuals(data.y, data.x)
    known = residuals[np.isfinite(residuals)]
    m = len(known)
    if m + N_STATES < LEAST:
        raise NotEnoughData("cusum, from the first move of x,", m + N_STATES, LEAST)
    require_noise(known, data.y)
    if hac_lags is None:
        hac_lags = newey_west_bandwidth("auto", n)
    words = "a whole number from 0, below the bars"
    if whole("hac_lags", hac_lags, 0, words) >= m:
        raise UsageError(f"hac_lags is {hac_lags}: give {words}")
    path, bound = np.full((2, n), np.nan)
    path[n - m :] = np.cumsum(known) / _deviation(known, hac_lags)
    bound[n - m :] = math.sqrt(m) * (1 + 2 * np.arange(1, m + 1) / m)
    stat = float(np.nanmax(np.abs(path) / bound))
    bound *= CUSUM_5
    h0 = "one line all the time"
    return CUSUMResult(stat, _crossing(stat), n, h0, sealed(path), sealed(bound), hac_lags)


def recursive_residuals(y: Vector, x: Vector) -> Vector:
    """Distance of each y from the line through all earlier points, with constant variance.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        A NaN makes everything after it NaN.

    Returns
    -------
    Vector, shape (n,), in y's unit
        The first two entries are NaN, and those before which x has not moved.

    Notes
    -----
    ``(y[t] - alpha[t] - beta[t] * x[t]) / sqrt(1 + 1 / t + (x[t] - mean) ** 2 / squares)`` of the
    data before t. If one line holds and the errors are independent, so are these. Costs O(1) a bar.

    References
    ----------
    Brown, Durbin and Evans (1975), J. Royal Statistical Society B 37(2), 149-192.
    doi:10.1111/j.2517-6161.1975.tb01532.x

    Examples
    --------
    >>> x = np.array([0.0, 1.0, 2.0, 3.0])
    >>> recursive_residuals(np.array([0.0, 1.0, 2.0, 4.0]), x).round(3)
    array([  nan,   nan, 0.   , 0.548])
    """
    y, x = vectors(y=y, x=x)
    past = history(y, x)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        beta = past.product / past.squares_x
        from_x = x - past.mean_x
        error = y - past.mean_y - beta * from_x
        spread = 1 + 1 / np.arange(len(y)) + from_x**2 / past.squares_x
        residuals: Vector = error / np.sqrt(spread)
    residuals[~np.isfinite(residuals)] = np.nan
    return sealed(residuals)


def _deviation(residuals: Vector, hac_lags: int) -> float:
    """Long-run standard deviation of the residuals about their mean."""
    n = len(residuals)
    total = newey_west(residuals - residuals.mean(), hac_lags)
    return total * math.sqrt((n - 2) / (n * (n - 1)))


def _crossing(a: float) -> float:
    """Probability that a Brownian motion crosses the bound that starts at a and ends at 3a."""
    above = 0.5 * math.erfc(3 * a / math.sqrt(2))
    below = 1 - 0.5 * math.erfc(a / math.sqrt(2))
    return min(1.0, 2 * (above + math.exp(-4 * a * a) * below))
