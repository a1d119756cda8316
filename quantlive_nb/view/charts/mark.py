"""Marks are created once and then get new points; only points that changed are sent.

NaN is never equal to NaN, so without this an unchanged line with a gap would be sent at every
refresh.
"""

from typing import Any

import ipywidgets as w
import numpy as np
from bqscales import LinearScale
from numpy.typing import NDArray

from quantlive_nb.interval import Micros
from quantlive_nb.types import Ints, Vector
from quantlive_nb.view.charts.bqplot_model import UNIT, Lines, Mark, Scatter
from quantlive_nb.view.charts.geometry import Outline, no_outline

__all__ = ["DeltaCache", "IncrementalLine", "lines", "put", "rule", "triangles"]

KEEP = {"x": True, "y": True}
"""Marks do not change the scales: the page sets the ends of every axis."""


def lines(scales: dict[str, w.Widget], colors: list[str], width: float = 1.2, **look: Any) -> Lines:
    """A mark of one or several curves, empty."""
    return Lines(
        scales=scales,
        colors=colors,
        stroke_width=width,
        preserve_domain=KEEP,
        **look,
    )


def rule(y_scale: w.Widget, levels: list[float], color: str) -> Lines:
    """Level lines across the whole figure, whatever time is shown."""
    across = LinearScale(**UNIT)
    mark = lines({"x": across, "y": y_scale}, [color] * len(levels), 1.0)
    mark.place(Outline(np.array([0.0, 1.0]), np.repeat(np.array([levels]).T, 2, axis=1)))
    return mark


def triangles(scales: dict[str, w.Widget], color: str) -> Scatter:
    """A downward triangle at single values."""
    return Scatter(
        scales=scales,
        colors=[color],
        marker="triangle-down",
        default_size=52,
        preserve_domain=KEEP,
    )


def put(mark: Mark, points: Outline) -> bool:
    """Give a mark new points in one message; nothing is sent when they are unchanged.

    Returns
    -------
    bool
        Whether anything was sent.
    """
    if np.array_equal(mark.x, points.x) and np.array_equal(mark.y, points.y, equal_nan=True):
        return False
    mark.place(points)
    return True


class DeltaCache:
    """The closed bars that were sent last, up to a boundary that moves once per chunk.

    Bars that leave at the left or come at the right do not cause the rest to be sent again.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Send everything again next time."""
        self._ts: Ints = np.empty(0, np.int64)
        self._values: NDArray[np.float64] = np.empty((0, 0))

    def split(self, ts: Ints, values: NDArray[np.float64], chunk_us: Micros) -> tuple[int, bool]:
        """Start of the newest bar's chunk, and whether the bars before it must be sent.

        Parameters
        ----------
        ts : Ints, shape (n,), µs UTC
        values : NDArray, shape (k, n)
            All that the drawing of a bar depends on.
        """
        cut = int(np.searchsorted(ts, ts[-1] // chunk_us * chunk_us)) if len(ts) else 0
        before, shown = ts[:cut], values[:, :cut]
        if self._holds(before, shown):
            return cut, False
        self._ts, self._values = before.copy(), shown.copy()
        return cut, True

    def _holds(self, ts: Ints, values: NDArray[np.float64]) -> bool:
        n = len(ts)
        if n == 0 or n > len(self._ts):
            return n == len(self._ts)
        same = np.array_equal(self._values[:, -n:], values, equal_nan=True)
        return bool(same and np.array_equal(self._ts[-n:], ts))


class IncrementalLine:
    """A growing line in two marks: the older points, and the newest chunk, which still grows."""

    def __init__(self, past: Mark, tail: Mark) -> None:
        self.marks = [past, tail]
        self._memory = DeltaCache()

    def draw(self, ts: Ints, x: Vector, values: NDArray[np.float64], chunk_us: Micros) -> None:
        """Show the curves.

        Parameters
        ----------
        ts : Ints, shape (n,), µs UTC
        x : Vector, shape (n,), ms UTC
            Where on the time axis each value stands.
        values : NDArray, shape (k, n)
            NaN leaves a gap.
        """
        cut, is_new = self._memory.split(ts, values, chunk_us)
        if is_new:
            put(self.marks[0], _drawable(x[:cut], values[:, :cut]))
        since = max(cut - 1, 0)
        put(self.marks[1], _drawable(x[since:], values[:, since:]))

    def clear(self) -> None:
        """Show nothing."""
        self._memory.forget()
        for mark in self.marks:
            put(mark, no_outline())


def _drawable(x: Vector, values: NDArray[np.float64]) -> Outline:
    """The points up to the last one that all curves have; none if fewer than 2 remain."""
    there = np.flatnonzero(np.isfinite(values).all(axis=0))
    n = int(there[-1]) + 1 if len(there) else 0
    if n < 2:
        return no_outline()
    return Outline(x[:n].copy(), np.squeeze(values[:, :n].copy()))
