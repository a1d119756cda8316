"""The SQL of bars: trades aggregated from a moment on, the first trade after it, one before it.

Where ids have begun anew, trades are ordered by era and id. Comparing eras costs five times as
much, so other symbols are queried without.
"""

from quantlive_nb.store.aggregate.bar_rows import AGGREGATES, AGGREGATES_OF_ERAS, COUNTS, FLOATS

__all__ = ["BEFORE", "BEFORE_OF_ERAS", "FIRST", "PAGE_BARS", "QUESTION", "QUESTION_OF_ERAS"]

PAGE_BARS = 10_000
"""Bars per query."""

TAIL = """
SELECT epoch_us(ts_exch) // $every * $every AS ts, ts_exch >= make_timestamp($split) AS is_late,
{aggregates}
FROM trades
WHERE venue = $venue AND symbol = $symbol
    AND ts_exch >= make_timestamp($start)
    AND ts_exch < make_timestamp($start + {pages} * $every::BIGINT)
GROUP BY 1, 2
"""
"""The query is bounded, so a client of another process may run it."""
FLOATING = ", ".join([*(f"{n}::DOUBLE AS {n}" for n in FLOATS), *COUNTS])
QUESTION, QUESTION_OF_ERAS = (
    f"SELECT ts, is_late, {FLOATING} FROM ({TAIL.format(aggregates=aggregates, pages=PAGE_BARS)})"
    for aggregates in (AGGREGATES, AGGREGATES_OF_ERAS)
)
FIRST = """
SELECT epoch_us(min(ts_exch)) FROM trades
WHERE venue = $venue AND symbol = $symbol AND ts_exch >= make_timestamp($start)
"""
BEFORE = """
SELECT arg_max(price, trade_id)::DOUBLE FROM trades
WHERE venue = $venue AND symbol = $symbol AND ts_exch < make_timestamp($start)
"""
BEFORE_OF_ERAS = BEFORE.replace("trade_id", "(era, trade_id)")
