"""The Epps curve: correlation of returns against their horizon."""

from dataclasses import dataclass

import numpy as np

from quantlive_nb.analytics.core.argument import wholes
from quantlive_nb.analytics.core.vector import NOISE, require_finite, sealed, vectors
from quantlive_nb.analytics.correlation.correlation import fisher_band
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.types import Ints, Vector

__all__ = ["EppsCurve", "epps_curve"]

HORIZONS = (1, 2, 5, 10, 30, 60, 120, 300)
LEAST = 10
"""Returns below which a horizon is left out."""


@dataclass(frozen=True, slots=True)
class EppsCurve:
    """Correlation of log returns over each horizon.

    Attributes
    ----------
    bars : Ints, shape (k,), bars
        The horizons.
    rho : Vector, shape (k,), in [-1, 1]
        NaN where there are fewer than 10 returns or a price did not move.
    low, high : Vector, shape (k,)
        Ends of Fisher's 95 % interval.
    n : Ints, shape (k,)
        Returns of each horizon; they do not overlap.

    Examples
    --------
    >>> one = np.array([1.0])
    >>> EppsCurve(np.array([1]), one, one, one, np.array([40])).n
    array([40])
    """

    bars: Ints
    rho: Vector
    low: Vector
    high: Vector
    n: Ints


def epps_curve(y: Vector, x: Vector, horizons: tuple[int, ...] = HORIZONS) -> EppsCurve:
    """Correlation of two prices' log returns, over one bar and over more.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        Closing prices, finite and above 0, a bar apart.
    horizons : tuple of int, bars
        Each at least 1.

    Returns
    -------
    EppsCurve

    Raises
    ------
    NotEnoughData
        With fewer than 11 prices.
    UsageError
        If a price is not finite and above 0, or a horizon is below 1.
    ShapeError
        If the lengths differ.

    Notes
    -----
    A curve that rises and then stays says that short returns understate how alike the two are,
    because they trade at different moments: believe the level at which it stays. Returns of one
    horizon do not overlap and end with the last bar, so a long horizon has few, and a wide band.

    References
    ----------
    Epps (1979), JASA 74(366), 291-298. doi:10.1080/01621459.1979.10482508

    Examples
    --------
    >>> wave = np.exp(np.sin(np.arange(60.0)))
    >>> epps_curve(wave**2, wave, horizons=(1, 5, 30)).rho
    array([ 1.,  1., nan])
    """
    y, x = vectors(y=y, x=x)
    if len(y) < LEAST + 1:
        raise NotEnoughData("epps_curve", len(y), LEAST + 1)
    require_finite(y=y, x=x)
    if (np.minimum(y, x) <= 0).any():
        raise UsageError("a price is not above 0: leave that bar out")
    horizons = wholes("horizons", horizons, "whole numbers of bars from 1")
    points = [_point(np.log(y), np.log(x), bars) for bars in horizons]
    rho, low, high, n = (np.array(column) for column in zip(*points, strict=True))
    return EppsCurve(
        sealed(np.array(horizons, np.int64)), sealed(rho), sealed(low), sealed(high), sealed(n)
    )


def _point(y: Vector, x: Vector, bars: int) -> tuple[float, float, float, int]:
    """Correlation, interval and count of returns over so many bars."""
    of_y, of_x = (np.diff(price[(len(price) - 1) % bars :: bars]) for price in (y, x))
    n = len(of_y)
    if n < LEAST or min(of_y.std(), of_x.std()) <= NOISE:
        return np.nan, np.nan, np.nan, n
    rho = float(np.clip(np.corrcoef(of_y, of_x)[0, 1], -1.0, 1.0))
    return rho, *fisher_band(rho, n), n
