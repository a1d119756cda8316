"""Creates the tables, migrates them, or reads an older file through views."""

import duckdb

from quantlive_nb.errors import StoreError
from quantlive_nb.store.tape.ledger import CUT, RECOUNT
from quantlive_nb.store.tape.schema import COVERAGE, SUMS, TABLES, VERSION
from quantlive_nb.store.write_ahead_log import absence

__all__ = ["prepare"]

ANYTHING = """
SELECT table_name FROM duckdb_tables() UNION ALL
SELECT view_name FROM duckdb_views() WHERE NOT internal
"""
ERAS = """
ALTER TABLE trades ADD COLUMN era INTEGER DEFAULT 0;
ALTER TABLE trades ADD COLUMN venue_trade_id VARCHAR;
"""
NOW = "now() AT TIME ZONE 'UTC'"
LEDGER_FROM_TRADES = f"""
SELECT venue, symbol, min(trade_id) AS from_id, max(last_id) AS to_id,
       arg_min(ts_exch, trade_id) AS from_ts, arg_max(ts_exch, trade_id) AS to_ts, 'live' AS how,
       era, {SUMS}, {NOW} AS summed
FROM {CUT} GROUP BY venue, symbol, era, stretch
"""
LEDGER_WITH_SUMS = f"""
ALTER TABLE coverage RENAME TO booked;
ALTER TABLE booked ADD COLUMN era INTEGER DEFAULT 0;
{COVERAGE}
INSERT INTO coverage
SELECT venue, symbol, from_id, to_id, from_ts, to_ts, how, era, coalesce(n_rows, 0),
       coalesce(sum_ids, 0), coalesce(sum_price, 0), coalesce(sum_qty, 0), {NOW}
FROM booked LEFT JOIN ({RECOUNT.format(booked="booked")}) AS t
USING (venue, symbol, era, from_id, to_id);
DROP TABLE booked;
"""
TRADES_VIEW = """
CREATE OR REPLACE TEMP VIEW trades AS
SELECT *, 0 AS era, NULL::VARCHAR AS venue_trade_id FROM "{name}".main.trades;
"""
LEDGER_VIEW = """
CREATE OR REPLACE TEMP VIEW coverage AS
SELECT *, 0 AS era, NULL::BIGINT AS n_rows, NULL::HUGEINT AS sum_ids,
       NULL::DECIMAL(38, 8) AS sum_price, NULL::DECIMAL(38, 8) AS sum_qty, NULL::TIMESTAMP AS summed
FROM "{name}".main.coverage;
"""


def prepare(cursor: duckdb.DuckDBPyConnection, path: str, *, read_only: bool) -> str:
    """Create the tables of a database, or migrate those of an earlier version.

    Returns
    -------
    str
        SQL that each connection to a read-only file must execute first; usually empty.

    Raises
    ------
    StoreError
        If it holds something else, or was written by a later version.
    """
    tables = cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    found = {name for (name,) in tables}
    if "trades" not in found and read_only and not cursor.execute(ANYTHING).fetchall():
        raise StoreError(path, absence(path))
    if "trades" not in found and (read_only or found):
        raise StoreError(path, "it is not a quantlive database: choose another with --db")
    if "trades" not in found:
        cursor.execute(TABLES + COVERAGE)
        return ""
    (version,) = cursor.execute("SELECT max(version) FROM schema_version").fetchone() or (1,)
    has_ledger = "coverage" in found
    if version > VERSION:
        why = f"a newer quantlive made it (tables {version}, known {VERSION}): upgrade this one"
        raise StoreError(path, why)
    if version == VERSION and has_ledger:
        return ""
    if read_only:
        return views(cursor, version, has_ledger=has_ledger)
    migrate(cursor, version, has_ledger=has_ledger)
    return ""


def migrate(cursor: duckdb.DuckDBPyConnection, version: int, *, has_ledger: bool) -> None:
    """Migrate the tables to the current version, in the current transaction.

    Notes
    -----
    The sums of the ledger are computed from the trades as they are now, and say so: earlier changes
    cannot be detected. A missing ledger is created empty: the trades are counted at each start, and
    ``verify`` reports that the ledger lists none of them.
    """
    if version < VERSION:
        cursor.execute(ERAS)
    if not has_ledger:
        cursor.execute(COVERAGE)
    if version < 2 and not has_ledger:
        cursor.execute(f"INSERT INTO coverage {LEDGER_FROM_TRADES}")
    elif version < VERSION and has_ledger:
        cursor.execute(LEDGER_WITH_SUMS)
    cursor.execute("UPDATE schema_version SET version = ?", [VERSION])


def views(cursor: duckdb.DuckDBPyConnection, version: int, *, has_ledger: bool) -> str:
    """SQL views that make an older read-only file look like the current version.

    Notes
    -----
    The views belong to one connection.
    """
    (name,) = cursor.execute("SELECT current_database()").fetchone() or ("",)
    name = name.replace('"', '""')
    trades = TRADES_VIEW.format(name=name) if version < VERSION else ""
    if has_ledger:
        return trades + LEDGER_VIEW.format(name=name) if version < VERSION else ""
    if version < 2:
        return f"{trades}CREATE OR REPLACE TEMP VIEW coverage AS {LEDGER_FROM_TRADES};"
    return trades + COVERAGE.replace("CREATE TABLE", "CREATE OR REPLACE TEMP TABLE")
