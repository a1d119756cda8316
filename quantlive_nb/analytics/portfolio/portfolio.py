"""Returns and equity of a portfolio of several symbols, without costs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from quantlive_nb.analytics.core.index import number, table
from quantlive_nb.analytics.core.vector import require_finite, sealed, vectors
from quantlive_nb.analytics.core.window import Matrix
from quantlive_nb.errors import UsageError
from quantlive_nb.types import Vector

__all__ = ["by_symbol", "equity_curve", "portfolio_returns", "weighed"]


def weighed(columns: Mapping[str, Vector], weights: Mapping[str, float]) -> tuple[Matrix, Vector]:
    """The columns of the symbols that have a weight, as rows, and their weights.

    Raises
    ------
    UsageError
        If there is no weight, one is not finite, or a symbol has no column.

    Examples
    --------
    >>> weighed({"A": np.zeros(2), "B": np.ones(2)}, {"B": 0.5})
    (array([[1., 1.]]), array([0.5]))
    """
    weights, columns = by_symbol(weights), table("columns", columns)
    if missing := [symbol for symbol in weights if symbol not in columns]:
        raise UsageError(f"{missing[0]} has a weight but no prices: add them, or drop the weight")
    parts = np.array([number(f"the weight of {symbol}", one) for symbol, one in weights.items()])
    if not np.isfinite(parts).all():
        raise UsageError("a weight is not finite: give a part of the equity, such as 0.5 or -0.5")
    return np.stack(vectors(**{symbol: columns[symbol] for symbol in weights})), parts


def by_symbol(weights: Any) -> dict[str, float]:
    """Each symbol's weight.

    Raises
    ------
    UsageError
        If there is none, or a symbol has two.

    Examples
    --------
    >>> by_symbol({"A": 0.5})
    {'A': 0.5}
    """
    if not hasattr(weights, "items"):
        raise UsageError("weights are no table: give a dict of each symbol's part of the equity")
    items = [(str(symbol), weight) for symbol, weight in weights.items()]
    if not items:
        raise UsageError("there are no weights: give each symbol that is held one")
    if len(dict(items)) < len(items):
        raise UsageError("a symbol has two weights: give each one")
    return dict(items)


def portfolio_returns(
    prices: Mapping[str, Vector], weights: Mapping[str, float], *, rebalance: bool = True
) -> Vector:
    """Simple return of a portfolio, bar by bar.

    Parameters
    ----------
    prices : mapping or DataFrame of symbol to Vector, shape (n,) each
        Closes of each symbol on one grid, finite and above 0.
    weights : mapping of str to float, or a Series
        Part of the equity in each symbol, below 0 where it is sold short. They need not add up to
        1: the rest is cash, which earns nothing.
    rebalance : bool
        Whether the weights are restored at every bar (default), or what was bought at the first
        bar is held.

    Returns
    -------
    Vector, shape (n,)
        0.01 is one percent of the equity. The first entry is NaN.

    Raises
    ------
    UsageError
        If a price is not finite and above 0, a weight is not finite or has no prices, or what is
        held has lost more than there was.
    ShapeError
        If the lengths differ.

    Notes
    -----
    Restored: ``sum(w * (p[t] / p[t-1] - 1))``. Held: of the equity ``1 + sum(w * (p[t] / p[0] -
    1))``. Reads nothing after t. No costs are taken.

    Examples
    --------
    >>> prices = {"A": np.array([100.0, 110.0]), "B": np.array([50.0, 50.0])}
    >>> portfolio_returns(prices, {"A": 0.5, "B": 0.5}).round(3)
    array([ nan, 0.05])
    """
    weights = by_symbol(weights)
    rows, parts = weighed(prices, weights)
    require_finite(**dict(zip(weights, rows, strict=True)))
    if (rows <= 0).any():
        raise UsageError("a price is not above 0: leave that bar out")
    change = np.full(rows.shape[1], np.nan)
    if rows.shape[1] == 0:
        return sealed(change)
    if rebalance:
        change[1:] = parts @ (rows[:, 1:] / rows[:, :-1] - 1)
        return sealed(change)
    equity = 1 + parts @ (rows / rows[:, :1] - 1)
    if (equity <= 0).any():
        at = int((equity <= 0).argmax())
        raise UsageError(f"the equity is gone at bar {at}: give smaller weights")
    change[1:] = equity[1:] / equity[:-1] - 1
    return sealed(change)


def equity_curve(returns: Vector) -> Vector:
    """The value of one unit of money over time.

    Parameters
    ----------
    returns : Vector, shape (n,)
        Simple returns. NaN at the beginning are bars before the first return; one after them makes
        everything from there on NaN.

    Returns
    -------
    Vector, shape (n,)
        1 before the first return.

    Raises
    ------
    UsageError
        If a return is below -1: more than everything cannot be lost.

    Examples
    --------
    >>> equity_curve(np.array([np.nan, 0.1, -0.5]))
    array([1.  , 1.1 , 0.55])
    """
    (returns,) = vectors(returns=returns)
    if (returns < -1).any():
        raise UsageError("a return is below -1: give simple returns, such as 0.01 for one percent")
    there = ~np.isnan(returns)
    first = int(there.argmax()) if there.any() else len(returns)
    growth = np.ones(len(returns))
    growth[first:] += returns[first:]
    with np.errstate(over="ignore"):  # more than float64 can tell is infinite
        return sealed(np.asarray(np.cumprod(growth), np.float64))
