"""The coverage ledger in the database: id ranges written with their trades, merged later."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, NamedTuple

import duckdb

from quantlive_nb.store.tape.coverage import Coverage
from quantlive_nb.store.tape.fixed_point import total
from quantlive_nb.store.tape.id_range import Era, Range, pieces
from quantlive_nb.store.tape.schema import ADJUST, BOOK, MERGE, SUMS
from quantlive_nb.store.tape.trade_rows import Numbers
from quantlive_nb.types import Trades

__all__ = ["Entry", "How", "adjust", "enter", "entries", "entries_of", "load", "merge", "stretches"]

How = Literal["live", "rest", "import", "skipped"]
"""How ids arrived: live (or replayed), over REST, from a file; or skipped."""

HELD = """
SELECT venue, symbol, min(trade_id), max(last_id),
       epoch_us(arg_min(ts_exch, trade_id)), epoch_us(arg_max(ts_exch, trade_id)),
       sum(last_id - trade_id + 1)::BIGINT, epoch_us(max(ts_exch)), era
FROM {source} GROUP BY {key} ORDER BY venue, symbol, era, min(trade_id)
"""
CUT = """(
    SELECT *, sum(starts::INT) OVER (PARTITION BY venue, symbol, era ORDER BY trade_id) AS stretch
    FROM (
        SELECT *, trade_id IS DISTINCT FROM
            lag(last_id) OVER (PARTITION BY venue, symbol, era ORDER BY trade_id) + 1 AS starts
        FROM trades
    )
)"""
"""Trades numbered by their range of contiguous ids."""
ENTRIES = """
SELECT venue, symbol, from_id, to_id, epoch_us(from_ts), epoch_us(to_ts), how, era
FROM coverage ORDER BY venue, symbol, era, from_id
"""
RECOUNT = f"""
SELECT b.venue, b.symbol, b.era, b.from_id, b.to_id, {SUMS}
FROM trades AS t ASOF JOIN (FROM {{booked}} WHERE how <> 'skipped') AS b
ON t.venue = b.venue AND t.symbol = b.symbol AND t.era = b.era AND t.trade_id >= b.from_id
WHERE t.trade_id <= b.to_id
GROUP BY b.venue, b.symbol, b.era, b.from_id, b.to_id
"""
"""The sums of the rows of each entry."""


class Sums(NamedTuple):
    """Checksums of an entry's rows."""

    n_rows: int = 0
    ids: int = 0
    price: Decimal = Decimal(0)
    qty: Decimal = Decimal(0)


class Entry(NamedTuple):
    """A range of ids of one era, and how they arrived."""

    venue: str
    symbol: str
    held: Range
    how: str
    era: int = 0
    sums: Sums = Sums()


def entries(trades: Trades, numbers: Numbers, how: How, coverage: Coverage) -> list[Entry]:
    """The entries for new trades."""
    found = []
    for symbol, held, rows in pieces(trades):
        ids = sum(trades.trade_id[rows].tolist()) + sum(trades.last_id[rows].tolist())
        sums = Sums(len(rows), ids, total(numbers.price[rows]), total(numbers.qty[rows]))
        found.append(Entry(trades.venue, symbol, held, how, coverage.era(symbol), sums))
    return found


def enter(cursor: duckdb.DuckDBPyConnection, entries: Iterable[Entry]) -> None:
    """Write entries in the current transaction."""
    rows = [
        BOOK.format_map(e._asdict() | {"venue": quoted(e.venue), "symbol": quoted(e.symbol)})
        for e in entries
    ]
    if rows:
        cursor.execute(f"INSERT INTO coverage VALUES {', '.join(rows)}")


def quoted(text: str) -> str:
    """A text as an SQL literal.

    Examples
    --------
    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def unskip(cursor: duckdb.DuckDBPyConnection, venue: str, symbol: str, era: int) -> None:
    """Delete skipped entries in the current transaction."""
    query = "DELETE FROM coverage WHERE venue = ? AND symbol = ? AND era = ? AND how = 'skipped'"
    cursor.execute(query, [venue, symbol, era])


def adjust(
    cursor: duckdb.DuckDBPyConnection, sign: int, within: str, bounds: dict[str, object]
) -> None:
    """Subtract rows from the sums of their entries (-1), or add them (1)."""
    cursor.execute(ADJUST.format(within=within), {**bounds, "sign": sign})


def merge(cursor: duckdb.DuckDBPyConnection) -> None:
    """Merge adjacent entries of the same kind, in the current transaction."""
    cursor.execute(MERGE)
    cursor.execute("DELETE FROM coverage; INSERT INTO coverage FROM merged; DROP TABLE merged")


def load(
    cursor: duckdb.DuckDBPyConnection,
) -> tuple[dict[str, Coverage], dict[tuple[str, str], int]]:
    """Load the coverage of each venue and the newest time of each symbol.

    Notes
    -----
    The trades are counted once. The ledger is used where its counts agree; otherwise (the tables
    were edited by hand) the trades are.
    """
    eras: dict[tuple[str, int], Coverage] = {}
    newest: dict[tuple[str, str], int] = {}
    n_held: dict[tuple[str, int, str], int] = {}
    for row in cursor.execute(HELD.format(source="trades", key="venue, symbol, era")).fetchall():
        venue, symbol, era = row[0], row[1], row[8]
        newest[venue, symbol] = max(row[7], newest.get((venue, symbol), row[7]))
        n_held[venue, era, symbol] = row[6]
    for venue, symbol, held, how, era, _ in entries_of(cursor):
        ranges = eras.setdefault((venue, era), Coverage())
        n_held.setdefault((venue, era, symbol), 0)
        if how == "skipped":
            ranges.skipped.setdefault(symbol, []).append(held)
        elif not ranges.touches(symbol, held.from_id, held.to_id):
            ranges.add(symbol, held)
    _believe_trades(cursor, eras, n_held)
    return _folded(eras), newest


def _believe_trades(
    cursor: duckdb.DuckDBPyConnection,
    eras: dict[tuple[str, int], Coverage],
    n_held: dict[tuple[str, int, str], int],
) -> None:
    """Rebuild coverage from the trades where the ledger disagrees."""
    doubtful = set()
    for (venue, era, symbol), n in n_held.items():
        if eras.setdefault((venue, era), Coverage()).n_held(symbol) != n:
            doubtful.add((venue, era, symbol))
            eras[venue, era].ranges[symbol] = []
    for venue, symbol, held, _, era, _ in stretches(cursor) if doubtful else ():
        if (venue, era, symbol) in doubtful:
            ranges = eras[venue, era]
            for from_id, to_id in ranges.absent(symbol, held.from_id, held.to_id):
                ranges.add(symbol, held._replace(from_id=from_id, to_id=to_id))


def _folded(eras: dict[tuple[str, int], Coverage]) -> dict[str, Coverage]:
    """The eras of each venue as one coverage; the newest era is the current one."""
    whole: dict[str, Coverage] = {}
    for (venue, number), found in sorted(eras.items(), key=lambda item: item[0]):
        coverage = whole.setdefault(venue, Coverage())
        for symbol in {**found.ranges, **found.skipped}:
            ranges, skipped = coverage.ranges.get(symbol), coverage.skipped.pop(symbol, [])
            if ranges is not None or skipped:
                old = Era(coverage.era(symbol), ranges or [], skipped)
                coverage.past[symbol] = [*coverage.past.get(symbol, ()), old]
            if number:
                coverage.eras[symbol] = number
            if symbol in found.ranges:
                coverage.ranges[symbol] = found.ranges[symbol]
            if symbol in found.skipped:
                coverage.skipped[symbol] = found.skipped[symbol]
    return whole


def entries_of(cursor: duckdb.DuckDBPyConnection) -> list[Entry]:
    """Every entry, by venue, symbol, era and id; without the sums."""
    rows = cursor.execute(ENTRIES).fetchall()
    return [Entry(row[0], row[1], Range(*row[2:6]), row[6], row[7]) for row in rows]


def stretches(cursor: duckdb.DuckDBPyConnection) -> list[Entry]:
    """Each symbol's ranges of contiguous ids among the trades of an era."""
    rows = cursor.execute(HELD.format(source=CUT, key="venue, symbol, era, stretch")).fetchall()
    return [Entry(row[0], row[1], Range(*row[2:6]), "live", row[8]) for row in rows]
