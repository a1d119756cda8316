"""Aggregated trades of one symbol: the SQL that makes them, and how two pieces become one.

This file knows no grid, no clock and no gaps: an interval without trades has no row here.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["AGGREGATES", "ROW", "Rows", "coarser", "joined"]

AGGREGATES = """
    arg_min(price, trade_id) AS open,
    max(price) AS high,
    min(price) AS low,
    arg_max(price, trade_id) AS close,
    sum(qty) AS volume,
    sum(price * qty) AS quote_volume,
    sum(last_id - trade_id + 1)::BIGINT AS n_trades,
    coalesce(sum(qty) FILTER (side = 'buy'), 0) AS taker_buy_volume,
    min(trade_id) AS first_id,
    max(last_id) AS last_id
"""
"""One bar from its trades, in exact decimals; trades are counted by id, open and close are those
of the lowest and the highest id."""

FLOATS = ("open", "high", "low", "close", "volume", "quote_volume", "taker_buy_volume")
COUNTS = ("n_trades", "first_id", "last_id")
ROW = np.dtype([("ts", "i8"), *((n, "f8") for n in FLOATS), *((n, "i8") for n in COUNTS)])
Rows = NDArray[np.void]
"""Structured array of :data:`ROW`, ascending in ts."""


def joined(early: Rows, late: Rows) -> Rows:
    """Two pieces in time order as one; a bar that both hold a part of is put together.

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
    if a["first_id"] < b["first_id"]:
        b["open"], b["first_id"] = a["open"], a["first_id"]
    if a["last_id"] > b["last_id"]:
        b["close"], b["last_id"] = a["close"], a["last_id"]
    b["high"], b["low"] = max(a["high"], b["high"]), min(a["low"], b["low"])
    for name in ("volume", "quote_volume", "taker_buy_volume", "n_trades"):
        b[name] += a[name]
    return np.concatenate([early[:-1], [b], late[1:]])


def coarser(rows: Rows, every_us: int) -> Rows:
    """Rows put together to longer bars, of which each row's time must be a part.

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
        bars["open"][k] = part["open"][part["first_id"].argmin()]
        bars["close"][k] = part["close"][part["last_id"].argmax()]
    for name, join in (("high", np.maximum), ("low", np.minimum), ("first_id", np.minimum)):
        bars[name] = join.reduceat(rows[name], start)
    bars["last_id"] = np.maximum.reduceat(rows["last_id"], start)
    for name in ("volume", "quote_volume", "taker_buy_volume", "n_trades"):
        bars[name] = np.add.reduceat(rows[name], start)
    return bars
