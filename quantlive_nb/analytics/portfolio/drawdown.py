"""Drawdown: the loss from the highest equity so far, and its duration."""

from dataclasses import dataclass

import numpy as np

from quantlive_nb.analytics.core.vector import require_finite, sealed, vectors
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.types import Vector

__all__ = ["MaxDrawdown", "drawdown", "max_drawdown"]


@dataclass(frozen=True, slots=True, repr=False)
class MaxDrawdown:
    """The deepest fall of an equity.

    Attributes
    ----------
    depth : float, in [0, 1]
        Part of the peak that was lost; 0 if it never fell.
    peak, bottom : int
        Positions of the peak and of the lowest point after it.
    recovery : int or None
        Where the peak was reached again; None if it was not.
    longest : int, bars
        The longest time below a peak, of all falls.

    Examples
    --------
    >>> MaxDrawdown(0.25, 10, 40, None, 60)
    MaxDrawdown(25.0 % from bar 10 to 40, not recovered)
    """

    depth: float
    peak: int
    bottom: int
    recovery: "int | None"
    longest: int

    def __repr__(self) -> str:
        """Depth, from where to where, and the way back."""
        back = "not recovered" if self.recovery is None else f"recovered at {self.recovery}"
        return (
            f"MaxDrawdown({100 * self.depth:.1f} % from bar {self.peak} to {self.bottom}, {back})"
        )


def drawdown(equity: Vector) -> Vector:
    """Part of the highest equity so far that is lost.

    Parameters
    ----------
    equity : Vector, shape (n,)
        Above 0. A NaN makes everything from there on NaN.

    Returns
    -------
    Vector, shape (n,), in [0, 1)
        0 at every new high.

    Raises
    ------
    UsageError
        If an equity is not above 0.

    Notes
    -----
    ``1 - equity[t] / max(equity[: t + 1])``: reads nothing after t.

    Examples
    --------
    >>> drawdown(np.array([1.0, 2.0, 1.5, 2.5]))
    array([0.  , 0.  , 0.25, 0.  ])
    """
    (equity,) = vectors(equity=equity)
    if (equity <= 0).any() or np.isinf(equity).any():
        raise UsageError("an equity is not finite and above 0: a fall from it cannot be told")
    return sealed(1 - equity / np.maximum.accumulate(equity))


def max_drawdown(equity: Vector) -> MaxDrawdown:
    """The deepest fall of an equity, and the longest time below a peak.

    Parameters
    ----------
    equity : Vector, shape (n,)
        Finite and above 0, in the order of time.

    Returns
    -------
    MaxDrawdown

    Raises
    ------
    NotEnoughData
        With fewer than 2 values.
    UsageError
        If a value is not finite and above 0.

    Examples
    --------
    >>> max_drawdown(np.array([1.0, 2.0, 1.5, 2.5]))
    MaxDrawdown(25.0 % from bar 1 to 2, recovered at 3)
    """
    (equity,) = vectors(equity=equity)
    if len(equity) < 2:
        raise NotEnoughData("max_drawdown", len(equity), 2)
    require_finite(equity=equity)
    lost = drawdown(equity)
    bottom = int(lost.argmax())
    peak = int(equity[: bottom + 1].argmax())
    again = np.flatnonzero(equity[bottom:] >= equity[peak])
    recovery = bottom + int(again[0]) if len(again) and lost[bottom] > 0 else None
    return MaxDrawdown(float(lost[bottom]), peak, bottom, recovery, _longest(lost > 0))


def _longest(below: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> int:
    """The longest run of bars below a peak."""
    edges = np.flatnonzero(np.diff(np.r_[False, below, False].astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))
