"""Amihud illiquidity: price change per traded volume."""

import numpy as np

from quantlive_nb.analytics.core.moment import moments, placed
from quantlive_nb.analytics.core.vector import vectors
from quantlive_nb.analytics.core.window import require_window
from quantlive_nb.analytics.correlation.correlation import returns
from quantlive_nb.errors import UsageError
from quantlive_nb.types import Vector

__all__ = ["MILLION", "amihud"]

MILLION = 1e6


def amihud(price: Vector, quote_volume: Vector, window: int = 60) -> Vector:
    """Mean absolute log return per million of quote volume, over the last ``window`` bars.

    Parameters
    ----------
    price : Vector, shape (n,)
        Closes, above 0.
    quote_volume : Vector, shape (n,), quote units
        At least 0. Bars in which nothing traded are left out of the mean.
    window : int, bars
        At least 1; it ends with the current bar.

    Returns
    -------
    Vector, shape (n,), per million quote units
        0.001 says that a million moves the price by 0.1 %. The first ``window`` entries are NaN;
        so is a window in which nothing traded, and one that holds NaN.

    Raises
    ------
    UsageError
        If ``window < 1``, a price is not above 0, or a volume is below 0.
    ShapeError
        If the lengths differ.

    References
    ----------
    Amihud (2002), J. Financial Markets 5(1), 31-56. doi:10.1016/S1386-4181(01)00024-6

    Examples
    --------
    >>> amihud(np.exp([0.0, 0.01, 0.01]), np.array([1e6, 1e6, 0.0]), window=2).round(6)
    array([ nan,  nan, 0.01])
    """
    require_window(window, least=1)
    price, volume = vectors(price=price, quote_volume=quote_volume)
    if (volume < 0).any():
        raise UsageError("a volume is below 0: give what each bar traded")
    move = np.abs(returns(price))
    traded = np.where(np.isnan(volume), np.nan, (volume > 0).astype(np.float64))
    impact = np.zeros(len(price))
    with np.errstate(over="ignore"):  # of next to nothing that traded: infinite
        np.divide(move * MILLION, volume, out=impact, where=volume > 0)
    impact[np.isnan(move) | np.isnan(volume)] = np.nan
    (total, count), _ = moments(window, (impact, traded), ())
    mean = np.full(len(total), np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return placed(mean, len(price), window - 1)
