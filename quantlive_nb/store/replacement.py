"""Trades in the place of those that have their ids, with the sums of the ledger adjusted.

This file opens no transaction.
"""

import duckdb

from quantlive_nb.store import ledger
from quantlive_nb.store.batch import insert
from quantlive_nb.store.coverage import Coverage
from quantlive_nb.types import Trades

__all__ = ["replace"]

WITHIN = """
venue = $venue AND symbol = $symbol AND era = $era AND trade_id >= $first AND last_id <= $last
"""
COUNT = (
    f"SELECT count(*), coalesce(sum(last_id - trade_id + 1), 0)::BIGINT FROM trades WHERE {WITHIN}"
)


def replace(cursor: duckdb.DuckDBPyConnection, coverage: Coverage, trades: Trades) -> int:
    """Put raw trades of one symbol, with ascending ids, in the place of what is held of them.

    Returns
    -------
    int
        How many rows were replaced; 0, and nothing is changed, unless exactly these ids are held
        by rows of their own.
    """
    bounds = {
        "venue": trades.venue,
        "symbol": trades.symbol[0],
        "era": coverage.era(trades.symbol[0]),
        "first": int(trades.trade_id[0]),
        "last": int(trades.last_id[-1]),
    }
    n_rows, n_ids = cursor.execute(COUNT, bounds).fetchone() or (0, 0)
    if n_ids != len(trades):
        return 0
    ledger.adjust(cursor, -1, WITHIN, bounds)
    cursor.execute(f"DELETE FROM trades WHERE {WITHIN}", bounds)
    insert(cursor, trades, coverage.eras_of(trades))
    ledger.adjust(cursor, 1, WITHIN, bounds)
    return int(n_rows)
