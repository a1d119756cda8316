"""Order flow: volume of takers that bought against takers that sold.

The taker's side is the exchange's own, not estimated.
"""

import numpy as np

from quantlive_nb.analytics.core.moment import moments, placed
from quantlive_nb.analytics.core.vector import sealed, vectors
from quantlive_nb.analytics.core.window import require_window
from quantlive_nb.errors import UsageError
from quantlive_nb.types import Vector

__all__ = ["imbalance", "signed_volume", "volume_delta"]


def signed_volume(volume: Vector, taker_buy_volume: Vector) -> Vector:
    """Taker buy volume minus taker sell volume, per bar.

    Parameters
    ----------
    volume, taker_buy_volume : Vector, shape (n,), base units
        As ``Bars`` has them; 0 where nothing traded.

    Returns
    -------
    Vector, shape (n,), base units
        Between ``-volume`` and ``volume``; NaN where an input is.

    Raises
    ------
    UsageError
        If takers bought more than was traded, or a volume is below 0 or infinite.
    ShapeError
        If the lengths differ.

    Examples
    --------
    >>> signed_volume(np.array([3.0, 2.0]), np.array([3.0, 0.5]))
    array([ 3., -1.])
    """
    volume, bought = vectors(volume=volume, taker_buy_volume=taker_buy_volume)
    if np.isinf(volume).any():
        raise UsageError("a volume is infinite: leave that bar out")
    impossible = (bought < 0) | (bought > volume * (1 + 1e-9))
    if impossible.any():
        at = int(impossible.argmax())
        raise UsageError(f"bar {at}: takers cannot have bought {bought[at]:g} of {volume[at]:g}")
    return sealed(np.clip(2 * bought - volume, -volume, volume))


def volume_delta(volume: Vector, taker_buy_volume: Vector) -> Vector:
    """Running sum of :func:`signed_volume` from the first bar on.

    Returns
    -------
    Vector, shape (n,), base units
        A NaN makes everything from there on NaN.

    Examples
    --------
    >>> volume_delta(np.array([3.0, 2.0]), np.array([3.0, 0.5]))
    array([3., 2.])
    """
    with np.errstate(over="ignore"):  # more than float64 can tell is infinite
        return sealed(np.cumsum(signed_volume(volume, taker_buy_volume)))


def imbalance(volume: Vector, taker_buy_volume: Vector, window: int = 60) -> Vector:
    """Taker buy volume minus taker sell volume, as a part of the total volume.

    Parameters
    ----------
    volume, taker_buy_volume : Vector, shape (n,), base units
    window : int, bars
        At least 1; it ends with the current bar.

    Returns
    -------
    Vector, shape (n,), in [-1, 1]
        1 when takers only bought. The first ``window - 1`` entries are NaN; so is a window in
        which nothing traded.

    Raises
    ------
    UsageError
        As :func:`signed_volume`, and if ``window < 1``.
    ShapeError
        If the lengths differ.

    References
    ----------
    Chordia, Roll and Subrahmanyam (2002), J. Financial Economics 65(1), 111-130.
    doi:10.1016/S0304-405X(02)00136-8

    Examples
    --------
    >>> imbalance(np.array([3.0, 1.0]), np.array([3.0, 0.0]), window=2)
    array([nan, 0.5])
    """
    require_window(window, least=1)
    volume, taker_buy_volume = vectors(volume=volume, taker_buy_volume=taker_buy_volume)
    signed = signed_volume(volume, taker_buy_volume)
    (net, total), _ = moments(window, (signed, volume), ())
    part = np.full(len(net), np.nan)
    np.divide(net, total, out=part, where=total > 0)
    return placed(np.clip(part, -1.0, 1.0), len(volume), window - 1)
