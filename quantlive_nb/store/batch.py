"""A batch of trades as rows of the table.

This file opens no transaction and decides nothing.
"""

import duckdb

from quantlive_nb.store.schema import INSERT
from quantlive_nb.types import Trades

__all__ = ["insert"]


def insert(cursor: duckdb.DuckDBPyConnection, trades: Trades) -> None:
    """Write rows in the transaction at hand."""
    names = ("symbol", "trade_id", "last_id", "price", "qty", "is_buy")
    columns = {n: getattr(trades, n) for n in (*names, "ts_exch", "ts_event", "ts_recv")}
    cursor.register("batch", columns)
    try:
        cursor.execute(INSERT, {"venue": trades.venue})
    finally:
        cursor.unregister("batch")
