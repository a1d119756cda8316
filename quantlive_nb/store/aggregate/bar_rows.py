"""Aggregated trades of one symbol: rows per interval, and how two parts are merged.

An interval without trades has no row here.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import duckdb
import numpy as np
from numpy.typing import NDArray

__all__ = ["AGGREGATES", "AGGREGATES_OF_ERAS", "ROW", "Rows", "coarser", "joined", "summed", "wide"]

T = TypeVar("T")

ONE_BAR = """
    arg_min(price, {order}) AS open,
    max(price) AS high,
    min(price) AS low,
    arg_max(price, {order}) AS close,
    sum(qty) AS volume,
    sum(price * qty) AS quote_volume,
    sum(last_id - trade_id + 1)::BIGINT AS n_trades,
    coalesce(sum(qty) FILTER (side = 'buy'), 0) AS taker_buy_volume,
    {first} AS first_id,
    {last} AS last_id
"""
AGGREGATES = ONE_BAR.format(order="trade_id", first="min(trade_id)", last="max(last_id)")
"""One bar from its trades, in exact decimals; trades are counted by id, open and close are those
of the lowest and the highest id."""
AGGREGATES_OF_ERAS = ONE_BAR.format(
    order="(era, trade_id)",
    first="arg_min(trade_id, (era, trade_id))",
    last="arg_max(last_id, (era, trade_id))",
)
"""The same where ids have begun anew: those of the earlier era come first. To compare eras costs
five times as much, so it is done only for symbols that have some."""

FLOATS = ("open", "high", "low", "close", "volume", "quote_volume", "taker_buy_volume")
COUNTS = ("n_trades", "first_id", "last_id")
ROW = np.dtype([("ts", "i8"), *((n, "f8") for n in FLOATS), *((n, "i8") for n in COUNTS)])
Rows = NDArray[np.void]
"""Structured array of :data:`ROW`, ascending in ts."""


def wide(query: str) -> str:
    """The same query for products with more digits than an exact decimal can hold."""
    return query.replace("sum(price * qty)", "sum(price::DOUBLE * qty::DOUBLE)")


def summed(ask: Callable[[str], T], query: str) -> T:
    """Run a query with exact sums, or with floats if they have too many digits.

    Parameters
    ----------
    ask : callable
        Runs the query, or its other form.
    query : str

    Raises
    ------
    duckdb.Error
        Any other error of the query.
    """
    try:
        return ask(query)
    except duckdb.Error as exc:
        if "overflow" not in str(exc).lower():
            raise
    return ask(wide(query))


def joined(early: Rows, late: Rows, *, is_torn: bool = False) -> Rows:
    """Two parts in time order as one; a bar in both is merged.

    Parameters
    ----------
    early, late : Rows
    is_torn : bool
        A new era began in the shared bar, so it is ordered by time instead of ids.

    Examples
    --------
    >>> a = np.array([(0, 1, 3, 1, 2, 5, 0, 0, 2, 1, 2)], ROW)
    >>> b = np.array([(0, 2, 2, 1, 1, 4, 0, 0, 1, 3, 3)], ROW)
    >>> bar = joined(a, b)
    >>> float(bar["open"][0]), float(bar["close"][0]), float(bar["volume"][0])
    (1.0, 1.0, 9.0)
    """
    if not len(early) or not len(late):
        return late if not len(early) else early
    if early["ts"][-1] != late["ts"][0]:
        return np.concatenate([early, late])
    a, b = early[-1], late[0].copy()
    if is_torn or a["first_id"] < b["first_id"]:
        b["open"], b["first_id"] = a["open"], a["first_id"]
    if a["last_id"] > b["last_id"] and not is_torn:
        b["close"], b["last_id"] = a["close"], a["last_id"]
    b["high"], b["low"] = max(a["high"], b["high"]), min(a["low"], b["low"])
    for name in ("volume", "quote_volume", "taker_buy_volume", "n_trades"):
        b[name] += a[name]
    return np.concatenate([early[:-1], [b], late[1:]])


def coarser(rows: Rows, every_us: int, turns: Sequence[int] = ()) -> Rows:
    """Rows merged into longer bars, a multiple of each row's length.

    Parameters
    ----------
    turns : sequence of int, µs UTC
        When new eras began: rows of such a bar are ordered by time instead of ids.

    Examples
    --------
    >>> a, b = (0, 1, 3, 1, 2, 5, 0, 0, 2, 1, 2), (10, 2, 2, 1, 1, 4, 0, 0, 1, 3, 3)
    >>> bar = coarser(np.array([a, b], ROW), 60)
    >>> [float(bar[name][0]) for name in ("open", "high", "close", "volume")]
    [1.0, 3.0, 1.0, 9.0]
    """
    if not len(rows):
        return rows
    ts = rows["ts"] // every_us * every_us
    start = np.flatnonzero(np.diff(ts, prepend=ts[0] - 1))
    bars = np.empty(len(start), ROW)
    bars["ts"] = ts[start]
    for k, part in enumerate(np.split(rows, start[1:])):
        is_torn = any(ts[start[k]] <= turn < ts[start[k]] + every_us for turn in turns)
        first = 0 if is_torn else part["first_id"].argmin()
        last = -1 if is_torn else part["last_id"].argmax()
        bars["open"][k], bars["first_id"][k] = part["open"][first], part["first_id"][first]
        bars["close"][k], bars["last_id"][k] = part["close"][last], part["last_id"][last]
    for name, join in (("high", np.maximum), ("low", np.minimum)):
        bars[name] = join.reduceat(rows[name], start)
    for name in ("volume", "quote_volume", "taker_buy_volume", "n_trades"):
        bars[name] = np.add.reduceat(rows[name], start)
    return bars
