"""What a viewer may say to the process that owns a database: one question, or one of two wishes.

This file opens nothing: it writes the SQL that judges SQL, by asking the parser and not a pattern.
"""

import re

import duckdb

__all__ = ["AUTHORIZE", "LEASE", "WISH", "guard", "lease", "wish"]

AUTHORIZE = "now.main.may"
"""Name of the macro, which lives in memory: the file is none the wiser."""

TABLES = """
ATTACH IF NOT EXISTS ':memory:' AS now;
CREATE TABLE IF NOT EXISTS now.main.wish (told VARCHAR);
CREATE TABLE IF NOT EXISTS now.main.wanted
    (viewer VARCHAR, symbol VARCHAR, expires TIMESTAMP, PRIMARY KEY (viewer, symbol))
"""
"""What concerns this moment only: it is told to viewers, and never written to the disk."""

FUNCTIONS = """
SELECT DISTINCT function_name FROM duckdb_functions()
WHERE function_type IN ('scalar', 'aggregate') AND internal
"""
DENIED = re.compile(
    r"getenv|.*variable|current_setting|.*val|.*(read|write|load|file|glob|path|http|secret|query).*"
    r"|pragma.*|.*execute.*|duckdb.*|quack.*|txid.*|in_search_path|sleep.*"
)
ROWS_FROM = ("range", "generate_series", "unnest", "duckdb_tables", "duckdb_columns")
"""Functions that may stand in the place of a table; the last two say what tables there are."""

LEASE = (
    "INSERT INTO now.main.wanted VALUES ('{viewer}', '{symbol}', make_timestamp({expires_us})) "
    "ON CONFLICT DO UPDATE SET expires = excluded.expires"
)
WISH = "INSERT INTO now.main.wish VALUES ('{told}')"
NAME = "[A-Za-z0-9_.-]+"
SYMBOL = r"[^'\\\\;]+"
MOST = 2_000
"""Characters of a lease or a wish."""

MACRO = """
CREATE OR REPLACE MACRO {name}(connection, said) AS (
    (length(said::VARCHAR) <= {most} AND (
        regexp_full_match(said::VARCHAR, '{lease}') OR regexp_full_match(said::VARCHAR, '{wish}')
    ))
    OR list_transform([json_serialize_sql(said::VARCHAR)], tree ->
        json_extract_string(tree, '$.error') = 'false'
            AND json_array_length(tree, '$.statements') = 1
            AND len(list_filter(
                json_extract_string(tree, '$..function_name'),
                name -> NOT contains('{functions}', concat(' ', name, ' '))
            )) = 0
            AND len(list_filter(
                json_extract_string(tree, '$..table_name'),
                name -> NOT regexp_full_match(name, '[A-Za-z0-9_]*')
            )) = 0
    )[1]
)
"""
"""A serialised statement is a SELECT, and one alone; its functions must be known, and a table whose
name has a dot or a slash would be a file. DuckDB plans the macro anew each time: counted
repetitions in a pattern, and a subquery, would cost four times as much."""


def guard(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of this moment, and the macro that judges every statement of a viewer.

    Examples
    --------
    >>> connection = duckdb.connect()
    >>> guard(connection)
    >>> def may(said): return connection.execute(f"SELECT {AUTHORIZE}('', ?)", [said]).fetchone()[0]
    >>> may("SELECT count(*) FROM trades"), may("DROP TABLE trades")
    (True, False)
    >>> may("SELECT 1; DROP TABLE trades"), may("FROM read_text('/etc/passwd')")
    (False, False)
    >>> may(lease("me", "BTCUSDT", 5)), may(wish(b"{}"))
    (True, True)
    """
    connection.execute(TABLES)
    names = [name for (name,) in connection.execute(FUNCTIONS).fetchall()]
    known = sorted({n for n in names if " " not in n and not DENIED.fullmatch(n)} | set(ROWS_FROM))
    connection.execute(
        MACRO.format(
            name=AUTHORIZE,
            most=MOST,
            lease=pattern(LEASE, viewer=NAME, symbol=SYMBOL, expires_us=r"\d+"),
            wish=pattern(WISH, told="[0-9a-f]+"),
            functions=" ".join(["", *known, ""]).replace("'", "''"),
        )
    )


def lease(viewer: str, symbol: str, expires_us: int) -> str:
    """The statement by which a viewer wants a symbol until a moment."""
    return LEASE.format(viewer=viewer, symbol=symbol.replace("'", ""), expires_us=expires_us)


def wish(told: bytes) -> str:
    """The statement by which a viewer asks the owner for something, worded by the rooms above."""
    return WISH.format(told=told.hex())


def pattern(statement: str, **parts: str) -> str:
    """The regular expression that a statement with such parts matches, as the inside of a text."""
    sign = {name: f"\x00{name}\x00" for name in parts}
    text = re.escape(statement.format(**sign))
    for name, part in parts.items():
        text = text.replace(re.escape(sign[name]), part)
    return text.replace("'", "''")
