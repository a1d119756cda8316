"""The new part of an aggregate of which some ids are already stored."""

from decimal import Decimal

import duckdb

from quantlive_nb.store.tape.coverage import Coverage
from quantlive_nb.types import Trade

__all__ = ["remainders", "shares"]

HELD = """
SELECT coalesce(sum(qty), 0), coalesce(sum(last_id - trade_id + 1), 0)::BIGINT
FROM trades
WHERE venue = ? AND symbol = ? AND era = ? AND trade_id BETWEEN ? AND ? AND last_id <= ?
"""
LAST_PLACE = Decimal("0.00000001")


def remainders(cursor: duckdb.DuckDBPyConnection, coverage: Coverage, row: Trade) -> list[Trade]:
    """The parts of an aggregate that are not stored, with the remaining quantity.

    Notes
    -----
    The trades of an aggregate share taker, price and time, so only the quantity must be divided. If
    two ranges of ids are missing, each gets a share by its number of ids; the sum is exact. An
    aggregate that contradicts the stored trades (no quantity remains, or a stored row extends
    beyond it) adds nothing: its ids stay missing and are shown as such.
    """
    absent = coverage.absent(row.symbol, row.trade_id, row.last_id)
    if not absent:
        return []
    inside = [row.venue, row.symbol, coverage.era(row.symbol)]
    inside += [row.trade_id, row.last_id, row.last_id]
    qty, n_ids = cursor.execute(HELD, inside).fetchone() or (Decimal(0), 0)
    n_absent = sum(b - a + 1 for a, b in absent)
    if n_ids + n_absent != row.last_id - row.trade_id + 1:
        return []
    parts = shares(Decimal(row.qty) - qty, absent)
    if min(parts) <= 0:
        return []
    return [
        row._replace(trade_id=a, last_id=b, qty=f"{part:f}")
        for (a, b), part in zip(absent, parts, strict=True)
    ]


def shares(left: Decimal, absent: list[tuple[int, int]]) -> list[Decimal]:
    """Divide a quantity by numbers of ids, in whole units of the last place.

    Examples
    --------
    >>> [str(part) for part in shares(Decimal("1.00000001"), [(1, 1), (5, 6)])]
    ['0.33333333', '0.66666668']
    """
    n_ids = sum(b - a + 1 for a, b in absent)
    parts = [(left * (b - a + 1) / n_ids // LAST_PLACE) * LAST_PLACE for a, b in absent]
    parts[-1] += left - sum(parts)
    return parts
