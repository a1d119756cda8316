"""Means, squares and products of every rolling window, each computed from its own values."""

from typing import NamedTuple

import numpy as np

from quantlive_nb.analytics.core.vector import NOISE, sealed
from quantlive_nb.analytics.core.window import Matrix
from quantlive_nb.types import Vector

__all__ = ["moments", "placed"]

BLOCK = 1 << 13
"""Windows per block, so that the working set stays in the processor's cache."""

Pairs = tuple[tuple[int, int], ...]
"""Which series are multiplied by which."""


class Part(NamedTuple):
    """Of every stretch of ``size`` values: sums, and products of distances from its means.

    A column of the table is one stretch, from its first value on. The rows are the sums of each
    series, then each product.
    """

    size: int
    table: Matrix


def moments(window: int, series: tuple[Vector, ...], pairs: Pairs) -> tuple[Matrix, Matrix]:
    """Means of every window, and sums of products of distances from them.

    Parameters
    ----------
    window : int, values
    series : tuple of Vector, shape (n,)
    pairs : tuple of (int, int)
        Which series are multiplied by which: ``(0, 0)`` for the squares of the first.

    Returns
    -------
    means : Matrix, shape (series, n - window + 1)
        Entry i is of the values i to i + window - 1. NaN where a window holds NaN or infinity.
    products : Matrix, shape (pairs, n - window + 1)
        Squares are 0 where a window's movement is no larger than rounding; NaN also where they
        exceed float64.

    Notes
    -----
    Two neighbouring stretches become one: their sums add up, and so do their products, with the
    product of the gaps between their means. Doubling gives stretches of 1, 2, 4, ... values, and
    those that the binary digits of ``window`` name make the window. So each window is a fixed
    function of its own values: its bits depend neither on where the series began nor on what
    follows, and nothing drifts; at a large offset no more is lost than the rounding of the values
    themselves. O(n log window).

    References
    ----------
    Chan, Golub and LeVeque (1983), American Statistician 37(3), 242-247. doi:10.2307/2683386

    Examples
    --------
    >>> moments(2, (np.array([1.0, 3.0, 3.0]),), ((0, 0),))
    (array([[2., 3.]]), array([[2., 0.]]))
    """
    n_windows = max(len(series[0]) - window + 1, 0)
    starts = range(0, max(n_windows, 1), BLOCK)
    with np.errstate(invalid="ignore", over="ignore"):
        blocks = [
            _whole(window, np.stack([one[at : at + BLOCK + window - 1] for one in series]), pairs)
            for at in starts
        ]
        means, products = np.split(np.concatenate(blocks, axis=1), [len(series)])
        means /= window
        means[~np.isfinite(means)] = products[~np.isfinite(products)] = np.nan
        for (i, j), product in zip(pairs, products, strict=True):
            if i == j:
                product[np.sqrt(product / window) <= NOISE * np.abs(means[i])] = 0.0
    return means, products


def placed(values: Vector, n: int, first: int) -> Vector:
    """Values of windows, the earliest at entry ``first`` of ``n``, NaN before it; read-only.

    Examples
    --------
    >>> placed(np.array([1.0, 2.0]), 3, first=2)
    array([nan, nan,  1.])
    """
    column = np.full(n, np.nan)
    column[first:] = values[: max(n - first, 0)]
    return sealed(column)


def _whole(window: int, values: Matrix, pairs: Pairs) -> Matrix:
    """Sums and products of every window of the rows."""
    n_windows = max(values.shape[1] - window + 1, 0)
    part = Part(1, np.concatenate([values, np.zeros((len(pairs), values.shape[1]))]))
    whole: Part | None = None
    while part.size <= window and n_windows:
        if window & part.size:
            whole = part if whole is None else _joined(whole, part, pairs)
        if 2 * part.size > window:
            break
        part = _joined(part, part, pairs)
    return part.table[:, :0] if whole is None else whole.table[:, :n_windows]


def _joined(left: Part, right: Part, pairs: Pairs) -> Part:
    """Each stretch of the left and the one of the right that follows it, as one."""
    size = left.size + right.size
    n, n_series = right.table.shape[1] - left.size, len(right.table) - len(pairs)
    before, after = left.table[:, :n], right.table[:, left.size :]
    table = before + after
    before, after = before[:n_series], after[:n_series]
    gap = (after if left.size == right.size else after * (left.size / right.size)) - before
    weighted = gap * (right.size / (left.size * size))
    for row, (i, j) in enumerate(pairs, start=n_series):
        table[row] += gap[i] * weighted[j]
    return Part(size, table)
