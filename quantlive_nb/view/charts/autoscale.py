"""Ends of an axis that change seldom, so that the page redraws less."""

from typing import NamedTuple

import numpy as np

from quantlive_nb.interval import Micros
from quantlive_nb.types import Vector

__all__ = ["Span", "chunk", "fit", "window"]

CHUNKS = 30
"""The window moves on by this part of its length at a time."""
AIR = 0.12
"""Free part left at each end when a span is computed anew."""
LEAST_USED = 0.45
"""A span of which the data use less than this part is computed anew."""


class Span(NamedTuple):
    """Low and high end; the low one is below the high one."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Distance between the ends."""
        return self.high - self.low


def fit(
    values: Vector, old: "Span | None" = None, *, foot: float = 0.0, least: float = 0.0
) -> "Span | None":
    """The span for these values: the old one while they fit it.

    Parameters
    ----------
    values : Vector
        NaN and infinity do not count.
    old : Span, optional
        Kept while it holds the values and is not much too wide for them.
    foot : float
        Part of the height that is kept free at the bottom.
    least : float
        Width below which a span is not made narrower.

    Returns
    -------
    Span or None
        The old one if no value is finite.

    Examples
    --------
    >>> fit(np.array([1.0, 3.0]))
    Span(low=0.76, high=3.24)
    >>> fit(np.array([1.0, 3.1]), Span(0.76, 3.24))
    Span(low=0.76, high=3.24)
    """
    there = values[np.isfinite(values)]
    if not len(there):
        return old
    low, high = float(there.min()), float(there.max())
    width = max(high - low, least, abs(high) * 1e-6, 1e-12)
    if old is not None:
        floor = old.low + foot * old.width
        used = width / (old.high - floor)
        if floor <= low and high <= old.high and used >= LEAST_USED:
            return old
    middle, half = (low + high) / 2, width * (0.5 + AIR)
    low, high = middle - half, middle + half
    return Span(low - (high - low) * foot / (1 - foot), high)


def chunk(every_us: Micros, n_bars: int) -> Micros:
    """Step by which the window moves.

    Examples
    --------
    >>> chunk(1_000_000, 300)
    10000000
    """
    return every_us * max(1, n_bars // CHUNKS)


def window(last_ts: Micros, every_us: Micros, n_bars: int) -> tuple[Micros, Micros]:
    """First and last moment of a time axis that follows the newest bar.

    Parameters
    ----------
    last_ts : int, µs UTC
        Opening time of the newest bar.

    Returns
    -------
    tuple of int, µs UTC
        Ends ``n_bars`` apart that stand still while the newest bar crosses a chunk.

    Examples
    --------
    >>> window(299_000_000, 1_000_000, 300), window(300_000_000, 1_000_000, 300)
    ((10000000, 310000000), (10000000, 310000000))
    """
    step = chunk(every_us, n_bars)
    right = -(-(last_ts + 3 * every_us) // step) * step
    return right - n_bars * every_us, right
