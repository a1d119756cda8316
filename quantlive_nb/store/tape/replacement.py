"""Replaces stored trades by raw trades with the same ids, and adjusts the ledger's sums.

Sums that disagree with their rows are left unchanged: the rows were edited by hand, and the sums
are those of the original rows.
"""

import duckdb

from quantlive_nb.store.tape import ledger
from quantlive_nb.store.tape.coverage import Coverage
from quantlive_nb.store.tape.schema import SUMS
from quantlive_nb.store.tape.trade_rows import insert
from quantlive_nb.types import Trades

__all__ = ["replace"]

WITHIN = """
venue = $venue AND symbol = $symbol AND era = $era AND trade_id >= $first AND last_id <= $last
"""
COUNT = (
    f"SELECT count(*), coalesce(sum(last_id - trade_id + 1), 0)::BIGINT FROM trades WHERE {WITHIN}"
)
DISAGREE = f"""
SELECT count(*) FROM (
    SELECT any_value(c.n_rows) AS booked_rows, any_value(c.sum_ids) AS booked_ids,
           any_value(c.sum_price) AS booked_price, any_value(c.sum_qty) AS booked_qty, {SUMS}
    FROM coverage AS c JOIN trades AS t
    ON t.venue = c.venue AND t.symbol = c.symbol AND t.era = c.era
        AND t.trade_id BETWEEN c.from_id AND c.to_id
    WHERE c.venue = $venue AND c.symbol = $symbol AND c.era = $era AND how <> 'skipped'
        AND c.from_id <= $last AND c.to_id >= $first
    GROUP BY c.from_id, c.to_id
)
WHERE (booked_rows, booked_ids, booked_price, booked_qty) <> (n_rows, sum_ids, sum_price, sum_qty)
"""
"""Entries that hold the ids but whose rows were changed."""


def replace(cursor: duckdb.DuckDBPyConnection, coverage: Coverage, trades: Trades) -> int:
    """Replace the stored rows of one symbol by raw trades with ascending ids.

    Returns
    -------
    int
        Number of rows replaced; 0, without changes, unless exactly these ids are stored in rows of
        their own.
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
    (n_wrong,) = cursor.execute(DISAGREE, bounds).fetchone() or (0,)
    if not n_wrong:
        ledger.adjust(cursor, -1, WITHIN, bounds)
    cursor.execute(f"DELETE FROM trades WHERE {WITHIN}", bounds)
    insert(cursor, trades, coverage.eras_of(trades))
    if not n_wrong:
        ledger.adjust(cursor, 1, WITHIN, bounds)
    return int(n_rows)
