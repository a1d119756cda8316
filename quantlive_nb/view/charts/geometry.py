"""The outlines that candles and volumes are drawn with: corner points in milliseconds and prices.

This file knows no widget. A candle is one closed line, so hundreds of them are one SVG path and
keep their true width in time at every zoom.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quantlive_nb.types import Bars, Bools, Vector

__all__ = ["Ground", "Outline", "candles", "centers", "dashes", "no_outline"]

BODY, BOX = 0.62, 0.36
"""Width of a body and of a volume, as parts of the bar."""
EMPTY, UP, DOWN = 0, 1, 2
"""Kinds of candle: a bar without trades, one that closes not below its open, one below."""


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


class Ground(NamedTuple):
    """The baseline and scale of a candle chart's volumes.

    Attributes
    ----------
    floor : float, price
    unit : float, price
        Height of a volume of 1.
    """

    floor: float
    unit: float


Points = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Coordinates in x and y, shape (n_bars, n_points) each."""


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


def candles(bars: Bars, ground: Ground) -> Outline:
    """One outline per bar (wicks and body), and a box for its volume.

    Parameters
    ----------
    bars : Bars
        A bar with a non-finite price is left out.
    ground : Ground
        Baseline of the volumes and height of one unit, on the price scale: so one mark draws both,
        and an update is one message.

    Returns
    -------
    Outline, shape (4, n)
        Volumes, then the candles that are empty, up and down.

    Examples
    --------
    >>> from quantlive_nb.interval import SECOND
    >>> candles(Bars.empty("binance", "BTCUSDT", SECOND), Ground(0.0, 1.0)).x.shape
    (0,)
    """
    bars = bars.select(np.isfinite(bars.open + bars.high + bars.low + bars.close))
    if not len(bars):
        return no_outline()
    x, y = _candle_points(bars)
    kind = np.where(bars.n_trades == 0, EMPTY, np.where(bars.close >= bars.open, UP, DOWN))
    groups = [(x[kind == k], y[kind == k]) for k in (EMPTY, UP, DOWN)]
    return _curves([_box_points(bars.select(bars.volume > 0), ground), *groups], x, y)


def dashes(bars: Bars, which: Bools, level: float) -> Outline:
    """A dash under each run of the bars that ``which`` selects.

    Parameters
    ----------
    which : Bools, shape (n,)
    level : float
        Height of the dashes.

    Returns
    -------
    Outline, shape (3 * n_runs,)
    """
    steps = np.diff(np.concatenate([[False], which, [False]]).astype(np.int8))
    first, last = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1
    if not len(first):
        return no_outline()
    start, end = bars.ts[first] / 1e3, (bars.ts[last] + bars.every_us) / 1e3
    x = np.stack([start, end, end], axis=1)
    y = np.tile([level, level, np.nan], (len(start), 1))
    return _landed(x.ravel(), y.ravel())


def _candle_points(bars: Bars) -> Points:
    """Ten points round each candle, and one that lifts the pen."""
    middle, half = centers(bars), bars.every_us / 2e3 * BODY
    left, right = middle - half, middle + half
    top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
    up_left = [(middle, bars.low), (middle, bottom), (left, bottom), (left, top), (middle, top)]
    down_right = [(middle, bars.high), (middle, top), (right, top), (right, bottom)]
    lift = [(middle, bottom), (middle, np.full(len(bars), np.nan))]
    points = up_left + down_right + lift
    return np.stack([x for x, _ in points], axis=1), np.stack([y for _, y in points], axis=1)


def _box_points(bars: Bars, ground: Ground) -> Points:
    """Four corners of each volume's box, and one point that lifts the pen."""
    middle, half = centers(bars), bars.every_us / 2e3 * BOX
    floor = np.full(len(bars), ground.floor)
    top = floor + bars.volume * ground.unit
    x = np.stack([middle - half, middle - half, middle + half, middle + half, middle], axis=1)
    return x, np.stack([floor, top, top, floor, floor * np.nan], axis=1)


def _curves(groups: list[Points], x: NDArray[np.float64], y: NDArray[np.float64]) -> Outline:
    """One row a group; the shorter rows are filled up with a lifted pen, all end at a candle."""
    shape = (len(groups), max(part.size for part, _ in groups) + 1)
    out = Outline(np.full(shape, x[-1, 0]), np.full(shape, np.nan))
    for row, (left, right) in enumerate(groups):
        out.x[row, : left.size], out.y[row, : right.size] = left.ravel(), right.ravel()
    out.y[:, -1] = y[-1, 0]
    return out


def _landed(x: Vector, y: Vector) -> Outline:
    """The points with the pen down at the end."""
    y[-1] = y[-2]
    x[-1] = x[-2]
    return Outline(x, y)
