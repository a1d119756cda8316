"""Correlation matrix of many symbols."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from quantlive_nb.analytics.core.index import table
from quantlive_nb.analytics.core.vector import NOISE, require_finite, sealed, vectors
from quantlive_nb.analytics.core.window import Matrix
from quantlive_nb.analytics.correlation.correlation import returns
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.types import Vector

__all__ = ["CorrelationMatrix", "correlation_matrix"]

LEAST = 10


@dataclass(frozen=True, slots=True, repr=False)
class CorrelationMatrix:
    """Pearson correlations of log returns.

    Attributes
    ----------
    symbols : tuple of str
    rho : Matrix, shape (symbols, symbols), in [-1, 1]
        NaN in the row and column of a symbol that did not move.
    n : int
        Returns behind each.

    Examples
    --------
    >>> CorrelationMatrix(("A", "B"), np.eye(2), 400)
    CorrelationMatrix(2 symbols, n=400)
    """

    symbols: tuple[str, ...]
    rho: Matrix
    n: int

    def __repr__(self) -> str:
        """Counts."""
        return f"CorrelationMatrix({len(self.symbols)} symbols, n={self.n})"

    def of(self, y: str, x: str) -> float:
        """The correlation of two symbols.

        Raises
        ------
        UsageError
            If one is not among them.
        """
        for symbol in (y, x):
            if symbol not in self.symbols:
                raise UsageError(f"{symbol} is not among {', '.join(self.symbols)}")
        return float(self.rho[self.symbols.index(y), self.symbols.index(x)])

    def ordered(self) -> Self:
        """The matrix reordered by similarity, so that a heat map shows groups.

        Leaves of a tree by average linkage of ``1 - rho``; symbols that did not move come last.
        """
        from scipy.cluster.hierarchy import leaves_list, linkage
        from scipy.spatial.distance import squareform

        moving = np.flatnonzero(~np.isnan(np.diag(self.rho)))
        order = moving
        if len(moving) > 2:
            distance = 1 - self.rho[np.ix_(moving, moving)]
            np.fill_diagonal(distance, 0.0)
            order = moving[leaves_list(linkage(squareform(distance, checks=False), "average"))]
        places = [*order.tolist(), *np.setdiff1d(np.arange(len(self.symbols)), moving).tolist()]
        symbols = tuple(self.symbols[place] for place in places)
        return type(self)(symbols, sealed(self.rho[np.ix_(places, places)]), self.n)


def correlation_matrix(prices: Mapping[str, Vector]) -> CorrelationMatrix:
    """Correlation of the log returns of every two of some symbols.

    Parameters
    ----------
    prices : mapping or DataFrame of symbol to Vector, shape (n,) each
        Closing prices of each symbol on one grid, finite and above 0.

    Returns
    -------
    CorrelationMatrix
        Symmetric, and without negative eigenvalues but for rounding.

    Raises
    ------
    NotEnoughData
        With fewer than 11 prices.
    UsageError
        With fewer than two symbols or two of one name, or if a price is not finite and above 0.
    ShapeError
        If the lengths differ.

    Examples
    --------
    >>> wave = np.exp(np.sin(np.arange(60.0)))
    >>> correlation_matrix({"A": wave, "B": wave**2, "C": 1 / wave}).rho.round(6)
    array([[ 1.,  1., -1.],
           [ 1.,  1., -1.],
           [-1., -1.,  1.]])
    """
    given = table("prices", prices)
    if len(given) < 2:
        raise UsageError(f"correlation_matrix has {len(given)} symbols: give at least two")
    columns = dict(zip(given, vectors(**given), strict=True))
    n = len(next(iter(columns.values()))) - 1
    if n < LEAST:
        raise NotEnoughData("correlation_matrix", n + 1, LEAST + 1)
    require_finite(**columns)
    change = np.array([returns(price)[1:] for price in columns.values()])
    change = change - change.mean(axis=1, keepdims=True)
    size = np.sqrt(np.square(change).sum(axis=1))
    size[size <= NOISE * np.sqrt(n)] = np.nan
    unit = change / size[:, np.newaxis]
    rho = np.clip(unit @ unit.T, -1.0, 1.0)
    np.fill_diagonal(rho, np.where(np.isnan(size), np.nan, 1.0))
    return CorrelationMatrix(tuple(columns), sealed(rho), n)
