"""Volume-weighted average price."""

import math

import numpy as np

from quantlive_nb.analytics.core.moment import moments, placed
from quantlive_nb.analytics.core.vector import require_finite, rows, vectors
from quantlive_nb.analytics.core.window import require_window
from quantlive_nb.errors import UsageError
from quantlive_nb.types import Vector

__all__ = ["rolling_vwap", "vwap"]


def vwap(price: Vector, qty: Vector) -> float:
    """Volume-weighted average price of some trades.

    Parameters
    ----------
    price : Vector, shape (n,)
    qty : Vector, shape (n,), base units
        At least 0.

    Returns
    -------
    float, in the price's unit
        NaN where nothing was traded.

    Raises
    ------
    UsageError
        If a value is not finite or a quantity is below 0.
    ShapeError
        If the lengths differ.

    References
    ----------
    Berkowitz, Logue and Noser (1988), J. Finance 43(1), 97-112.
    doi:10.1111/j.1540-6261.1988.tb02591.x

    Examples
    --------
    >>> vwap(np.array([10.0, 20.0]), np.array([3.0, 1.0]))
    12.5
    """
    price, qty = rows(price=price, qty=qty)
    require_finite(price=price, qty=qty)
    if (qty < 0).any():
        raise UsageError("a quantity is below 0: give sizes, and sides apart from them")
    total = float(qty.sum())
    return float(price @ qty) / total if total > 0 else math.nan


def rolling_vwap(volume: Vector, quote_volume: Vector, window: int = 60) -> Vector:
    """Volume-weighted average price of the last ``window`` bars.

    Parameters
    ----------
    volume : Vector, shape (n,), base units
    quote_volume : Vector, shape (n,), quote units
        Of each bar, as ``Bars`` has them; 0 where nothing traded. NaN spoils its windows.
    window : int, bars
        At least 1; it ends with the current bar.

    Returns
    -------
    Vector, shape (n,), quote per base
        The first ``window - 1`` entries are NaN; so is a window in which nothing traded.

    Raises
    ------
    UsageError
        If ``window < 1``.
    ShapeError
        If the lengths differ.

    Examples
    --------
    >>> rolling_vwap(np.array([3.0, 1.0, 0.0]), np.array([30.0, 20.0, 0.0]), window=2)
    array([ nan, 12.5, 20. ])
    """
    require_window(window, least=1)
    volume, quote_volume = vectors(volume=volume, quote_volume=quote_volume)
    (base, quote), _ = moments(window, (volume, quote_volume), ())
    price = np.full(len(base), np.nan)
    with np.errstate(over="ignore"):
        np.divide(quote, base, out=price, where=base > 0)
    price[np.isinf(price)] = np.nan
    return placed(price, len(volume), window - 1)
