"""Statistics of every rolling window of a series."""

import operator
from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from quantlive_nb.analytics.core.vector import NOISE, sealed
from quantlive_nb.errors import UsageError
from quantlive_nb.types import Vector

__all__ = ["deviations", "require_window", "trailing"]

Matrix = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
"""Windows as the rows of a float64 array, shape (rows, window)."""
Statistic = Callable[..., tuple[Vector, ...]]
"""From one Matrix for each series to one or more numbers for each row."""

BLOCK = 1 << 15
"""Numbers taken at a time (256 KB): the memory used does not grow with the history."""


def require_window(window: int, least: int = 2) -> None:
    """Raise if a window is too short for its statistic.

    Raises
    ------
    UsageError
        If ``window`` is not a whole number, or is below ``least``.

    Examples
    --------
    >>> require_window(1)
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: window is 1: give a whole number of bars, at least 2
    """
    try:
        is_enough = operator.index(window) >= least
    except TypeError:
        is_enough = False
    if not is_enough:
        raise UsageError(f"window is {window}: give a whole number of bars, at least {least}")


def trailing(statistic: Statistic, window: int, *series: Vector) -> tuple[Vector, ...]:
    """A statistic of the ``window`` values that end at each value.

    Parameters
    ----------
    statistic : callable
        Takes one array of shape (rows, window) for each series, gives one or more of shape
        (rows,). It must treat each row by itself.
    window : int, bars
    *series : Vector, shape (n,)

    Returns
    -------
    tuple of Vector, shape (n,)
        Entry t is the statistic of ``x[t-window+1 : t+1]``; the first ``window - 1`` are NaN.

    Notes
    -----
    Costs O(n * window) time and a fixed amount of memory. What is made of sums and products alone
    is had faster by :func:`quantlive_nb.analytics.core.moment.moments`.

    Examples
    --------
    >>> trailing(lambda w: (np.median(w, axis=1),), 2, np.array([1.0, 2.0, 4.0, 8.0]))
    (array([nan, 1.5, 3. , 6. ]),)
    """
    window = min(window, len(series[0]) + 1)  # a longer one is never filled either
    n_rows = max(len(series[0]) - window + 1, 0)
    windows = [_windows(values, window)[:n_rows] for values in series]
    step = max(BLOCK // window, 1)
    rows = (slice(start, start + step) for start in range(0, max(n_rows, 1), step))
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        blocks = [statistic(*(every[block] for every in windows)) for block in rows]
    lead = np.full(len(series[0]) - n_rows, np.nan)
    return tuple(sealed(np.concatenate([lead, *parts])) for parts in zip(*blocks, strict=True))


def _windows(values: Vector, window: int) -> Matrix:
    """Every window of a series as a row."""
    if len(values) < window:
        return np.empty((0, window))
    return sliding_window_view(values, window)


@np.errstate(invalid="ignore", over="ignore")
def deviations(rows: Matrix, size: "float | None" = None) -> tuple[Vector, Matrix, Vector]:
    """Mean of each row, distances from it, and their sum of squares.

    Parameters
    ----------
    rows : Matrix, shape (rows, window)
    size : float, optional
        How large the numbers are that the values were computed from; by default each row's
        largest value.

    Returns
    -------
    mean : Vector, shape (rows,)
    distance : Matrix, shape (rows, window)
    squares : Vector, shape (rows,)
        Exactly 0 in a row whose movement is no larger than rounding. A row that holds NaN or
        infinity, or whose squares exceed float64, has NaN here and for a mean.

    Examples
    --------
    >>> mean, distance, squares = deviations(np.array([[1.0, 3.0], [0.1, 0.1]]))
    >>> mean, squares
    (array([2. , 0.1]), array([2., 0.]))
    """
    window = rows.shape[1]
    mean = rows.sum(axis=1) / window
    distance = rows - mean[:, np.newaxis]
    squares = (distance * distance).sum(axis=1)
    floor = NOISE * (np.abs(rows).max(axis=1) if size is None else size)
    squares[np.sqrt(squares / window) <= floor] = 0.0
    unknown = ~np.isfinite(squares)
    mean[unknown] = squares[unknown] = np.nan
    return mean, distance, squares
