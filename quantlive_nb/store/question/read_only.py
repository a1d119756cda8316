"""Checks that a text is one read-only SELECT, with DuckDB's own parser."""

import functools
import re

import duckdb

__all__ = ["refusal"]

KNOWN = """
SELECT DISTINCT function_name FROM duckdb_functions()
WHERE function_type IN ('scalar', 'aggregate') AND internal
"""
DENIED = re.compile(
    r"getenv|.*variable|current_setting|.*val|.*(read|write|load|file|glob|path|http|secret|query).*"
    r"|pragma.*|.*execute.*|duckdb.*|quack.*|txid.*|in_search_path|sleep.*"
)
ROWS_FROM = ("range", "generate_series", "unnest", "duckdb_tables", "duckdb_columns")
"""Allowed table functions; the last two list the tables."""
ONLY = "a viewer can only ask: one SELECT of the tables, without files or settings"
READS = "sql can only ask: give one SELECT; to change tables, open the file with DuckDB"
FILES = ("read_parquet", "parquet_scan", "read_csv", "read_csv_auto", "read_json", "read_json_auto")
ASKS = """
SELECT coalesce(
    json_extract_string(tree, '$.error') = 'false'
    AND json_array_length(tree, '$.statements') = 1
    AND len(list_filter(
        json_extract_string(tree, '$..function_name'), lambda name: NOT list_contains($known, name)
    )) = 0
    AND ($files OR len(list_filter(
        json_extract_string(tree, '$..table_name'),
        lambda name: NOT regexp_full_match(name, '[A-Za-z0-9_"]*')
    )) = 0), false),
    json_extract_string(tree, '$.error_type'),
    json_extract_string(tree, '$.error_message')
FROM (SELECT json_serialize_sql($said::VARCHAR) AS tree)
"""
"""A serialised statement is a SELECT, and one alone; its functions must be known, and a table whose
name has a dot or a slash would be a file."""


def refusal(connection: duckdb.DuckDBPyConnection, said: str, *, files: bool = False) -> str:
    """Why a text is not one SELECT on tables, free of settings and the environment.

    Parameters
    ----------
    files : bool
        Whether files may be read too: allowed for the owner, not for a client.

    Returns
    -------
    str
        A sentence; empty if it is one.

    Examples
    --------
    >>> connection = duckdb.connect()
    >>> refusal(connection, "SELECT 1")
    ''
    >>> refusal(connection, "DELETE FROM trades")
    'a viewer can only ask: one SELECT of the tables, without files or settings'
    """
    known = (*known_functions(), *(FILES if files else ()))
    asked = {"said": said, "known": known, "files": files}
    is_question, trouble, message = connection.execute(ASKS, asked).fetchone() or (False, "", "")
    if trouble == "parser":
        return f"the SQL cannot be answered: {message}"
    return "" if is_question else READS if files else ONLY


@functools.cache
def known_functions() -> tuple[str, ...]:
    """Functions that depend only on their arguments."""
    with duckdb.connect() as connection:
        names = [name for (name,) in connection.execute(KNOWN).fetchall()]
    return tuple(sorted({name for name in names if not DENIED.fullmatch(name)} | set(ROWS_FROM)))
