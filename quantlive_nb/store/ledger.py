"""The coverage ledger at rest: which ids came how, written with their trades and merged later.

This file opens no database and decides nothing: it carries ranges between SQL and Coverage.
"""

from collections.abc import Iterable
from typing import Literal

import duckdb

from quantlive_nb.store.coverage import Coverage, Range
from quantlive_nb.store.schema import BOOK, COVERAGE, MERGE

__all__ = ["How", "create", "enter", "load", "merge"]

How = Literal["live", "rest", "import", "skipped"]
"""How ids came: on the socket or from a replay, over REST, from a file; or that they did not."""

HELD = """
SELECT venue, symbol, min(trade_id), max(last_id),
       epoch_us(arg_min(ts_exch, trade_id)), epoch_us(arg_max(ts_exch, trade_id)),
       sum(last_id - trade_id + 1)::BIGINT, epoch_us(max(ts_exch))
FROM {source} GROUP BY {key} ORDER BY venue, symbol, min(trade_id)
"""
CUT = """(
    SELECT *, sum(starts::INT) OVER (PARTITION BY venue, symbol ORDER BY trade_id) AS stretch
    FROM (
        SELECT *, trade_id IS DISTINCT FROM
            lag(last_id) OVER (PARTITION BY venue, symbol ORDER BY trade_id) + 1 AS starts
        FROM trades
    )
)"""
"""Trades numbered by the stretch of contiguous ids in which they lie."""
ENTRIES = """
SELECT venue, symbol, from_id, to_id, epoch_us(from_ts), epoch_us(to_ts), how
FROM {table} ORDER BY venue, symbol, from_id
"""

Entry = tuple[str, str, Range, str]
"""Venue, symbol, ids and how they came."""


def create(cursor: duckdb.DuckDBPyConnection, *, is_temporary: bool = False) -> None:
    """Make the ledger of a database that has none, from the trades in it."""
    kind = "CREATE TEMP TABLE" if is_temporary else "CREATE TABLE"
    cursor.execute(COVERAGE.replace("CREATE TABLE", kind))
    enter(cursor, [(venue, symbol, held, "live") for venue, symbol, held in stretches(cursor)])
    if not is_temporary:
        cursor.execute("UPDATE schema_version SET version = 2")


def enter(cursor: duckdb.DuckDBPyConnection, entries: Iterable[Entry]) -> None:
    """Write entries in the transaction at hand."""
    rows = [(venue, symbol, *held, how) for venue, symbol, held, how in entries]
    if rows:
        cursor.execute(BOOK, [list(column) for column in zip(*rows, strict=True)])


def merge(cursor: duckdb.DuckDBPyConnection) -> None:
    """Write neighbours that came in the same way as one entry, in the transaction at hand."""
    cursor.execute(MERGE)
    cursor.execute("DELETE FROM coverage; INSERT INTO coverage FROM merged; DROP TABLE merged")


def load(
    cursor: duckdb.DuckDBPyConnection,
) -> tuple[dict[str, Coverage], dict[tuple[str, str], int]]:
    """Coverage of each venue and the newest time of each symbol, as the database has them.

    Notes
    -----
    The trades are counted once. Where the ledger counts the same, it is believed; where it does
    not (somebody wrote into the tables by hand), the trades are.
    """
    coverage: dict[str, Coverage] = {}
    newest: dict[tuple[str, str], int] = {}
    n_held: dict[tuple[str, str], int] = {}
    for row in cursor.execute(HELD.format(source="trades", key="venue, symbol")).fetchall():
        coverage.setdefault(row[0], Coverage())
        newest[row[0], row[1]], n_held[row[0], row[1]] = row[7], row[6]
    for venue, symbol, held, how in entries_of(cursor):
        ranges = coverage.setdefault(venue, Coverage())
        if how == "skipped":
            ranges.skipped.setdefault(symbol, []).append(held)
        elif not ranges.touches(symbol, held.from_id, held.to_id):
            ranges.add(symbol, held)
    doubtful = {key for key, n in n_held.items() if coverage[key[0]].n_held(key[1]) != n}
    for venue, symbol in doubtful:
        coverage[venue].ranges[symbol] = []
    for venue, symbol, held in stretches(cursor) if doubtful else ():
        if (venue, symbol) in doubtful:
            for from_id, to_id in coverage[venue].absent(symbol, held.from_id, held.to_id):
                coverage[venue].add(symbol, held._replace(from_id=from_id, to_id=to_id))
    return coverage, newest


def entries_of(cursor: duckdb.DuckDBPyConnection, table: str = "coverage") -> list[Entry]:
    """Every entry, by venue, symbol and id."""
    rows = cursor.execute(ENTRIES.format(table=table)).fetchall()
    return [(venue, symbol, Range(*held), how) for venue, symbol, *held, how in rows]


def stretches(cursor: duckdb.DuckDBPyConnection) -> list[tuple[str, str, Range]]:
    """Each symbol's runs of contiguous ids among the trades."""
    rows = cursor.execute(HELD.format(source=CUT, key="venue, symbol, stretch")).fetchall()
    return [(row[0], row[1], Range(*row[2:6])) for row in rows]
