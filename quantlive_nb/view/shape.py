"""The outlines that candles and volumes are drawn with: corner points in milliseconds and prices.

This file knows no widget. A candle is one closed line, so hundreds of them are one SVG path and
keep their true width in time at every zoom.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quantlive_nb.types import Bars, Bools, Vector

__all__ = ["Outline", "boxes", "candles", "centers", "dashes", "no_outline"]

BODY = 0.62
"""Width of a body, as a part of the bar."""
EMPTY, UP, DOWN = 0, 1, 2
"""Kinds of candle, in the order of the curves: bar without trades, close not below open, below."""


class Outline(NamedTuple):
    """Points of one or several curves; NaN in ``y`` lifts the pen.

    Attributes
    ----------
    x : NDArray, shape (n,) or (n_curves, n), ms UTC
    y : NDArray, shape as ``x``
        Never NaN at the end of a curve: the chart places its label there.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]


def no_outline() -> Outline:
    """Nothing to draw.

    Examples
    --------
    >>> no_outline().x.shape
    (0,)
    """
    return Outline(np.empty(0), np.empty(0))


def centers(bars: Bars) -> Vector:
    """Middle of each bar.

    Returns
    -------
    Vector, shape (n,), ms UTC
    """
    return bars.ts / 1e3 + bars.every_us / 2e3


def candles(bars: Bars) -> Outline:
    """One outline a bar, wicks and body, sorted into three curves: empty, up and down.

    Parameters
    ----------
    bars : Bars
        A bar with a price that is not finite is left out.

    Returns
    -------
    Outline, shape (3, n)

    Examples
    --------
    >>> from quantlive_nb.interval import SECOND
    >>> candles(Bars.empty("binance", "BTCUSDT", SECOND)).x.shape
    (0,)
    """
    bars = bars.select(np.isfinite(bars.open + bars.high + bars.low + bars.close))
    if not len(bars):
        return no_outline()
    x, y = _candle_points(bars)
    kind = np.where(bars.n_trades == 0, EMPTY, np.where(bars.close >= bars.open, UP, DOWN))
    return _curves(x, y, [kind == k for k in (EMPTY, UP, DOWN)])


def boxes(bars: Bars) -> Outline:
    """The volume of each bar as a box that stands on 0; bars without volume have none.

    Returns
    -------
    Outline, shape (n,)
    """
    bars = bars.select(bars.volume > 0)
    if not len(bars):
        return no_outline()
    middle, half = centers(bars), bars.every_us / 2e3 * BODY
    zero = np.zeros(len(bars))
    x = np.stack([middle - half, middle - half, middle + half, middle + half, middle], axis=1)
    y = np.stack([zero, bars.volume, bars.volume, zero, zero * np.nan], axis=1)
    return _landed(x.ravel(), y.ravel())


def dashes(bars: Bars, which: Bools, level: float) -> Outline:
    """A dash under each bar that ``which`` names, as long as the bar.

    Parameters
    ----------
    which : Bools, shape (n,)
    level : float
        Height of the dashes.

    Returns
    -------
    Outline, shape (n,)
    """
    start = bars.ts[which] / 1e3
    if not len(start):
        return no_outline()
    x = np.stack([start, start + bars.every_us / 1e3, start], axis=1)
    y = np.tile([level, level, np.nan], (len(start), 1))
    return _landed(x.ravel(), y.ravel())


def _candle_points(bars: Bars) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ten points round each candle, and one that lifts the pen."""
    middle, half = centers(bars), bars.every_us / 2e3 * BODY
    left, right = middle - half, middle + half
    top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
    up_left = [(middle, bars.low), (middle, bottom), (left, bottom), (left, top), (middle, top)]
    down_right = [(middle, bars.high), (middle, top), (right, top), (right, bottom)]
    lift = [(middle, bottom), (middle, np.full(len(bars), np.nan))]
    points = up_left + down_right + lift
    return np.stack([x for x, _ in points], axis=1), np.stack([y for _, y in points], axis=1)


def _curves(x: NDArray[np.float64], y: NDArray[np.float64], groups: "list[Bools]") -> Outline:
    """One row a group; the shorter rows are filled up with a lifted pen."""
    length = max(int(group.sum()) for group in groups) * x.shape[1] + 1
    out = Outline(np.full((len(groups), length), x[-1, -1]), np.full((len(groups), length), np.nan))
    for row, group in enumerate(groups):
        n = int(group.sum()) * x.shape[1]
        out.x[row, :n], out.y[row, :n] = x[group].ravel(), y[group].ravel()
    out.y[:, -1] = y[-1, 1]
    return out


def _landed(x: Vector, y: Vector) -> Outline:
    """The points with the pen down at the end."""
    y[-1] = y[-2]
    x[-1] = x[-2]
    return Outline(x, y)
