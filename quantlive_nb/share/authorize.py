"""Authorization for share clients: one small SELECT, a subscription or a command.

This file opens nothing: it writes the SQL that judges SQL, by asking the parser and not a pattern.
"""

import re
from collections.abc import Sequence

import duckdb

from quantlive_nb.share.statement import chosen

__all__ = [
    "AUTHORIZE",
    "PAGE_ROWS",
    "TABLES",
    "guard",
    "is_small",
]

AUTHORIZE = "now.main.may"
"""Name of the macro; it lives in an in-memory database, the file is not changed."""

MOMENT = """
ATTACH IF NOT EXISTS ':memory:' AS now;
CREATE TABLE IF NOT EXISTS now.main.command (message VARCHAR);
CREATE TABLE IF NOT EXISTS now.main.subscription
    (client VARCHAR, symbol VARCHAR, expires TIMESTAMP, PRIMARY KEY (client, symbol))
"""
"""What clients send to the owner; kept in memory, never written to the disk."""

TABLES = ("trades", "coverage", "alerts", "alert_events", "schema_version")
"""Tables that a client may read."""
PAGE_ROWS, SORTED_ROWS = 50_000, 1_000
"""Rows of one answer at most: in any order, and sorted by the owner."""
MOST_ITEMS, MOST_TEXT = 40, 8_000
"""Columns, and characters of a statement."""

KEYS = "venue symbol era side how name rule metric phase is_complete version"
"""Columns of few values: a client may group by them."""
AGGREGATES = (
    "count count_star count_if sum avg mean min max arg_min arg_max min_by max_by first last "
    "any_value stddev stddev_samp stddev_pop variance var_samp var_pop corr covar_samp covar_pop "
    "regr_slope regr_intercept regr_r2 bool_and bool_or"
)
"""Aggregates whose state has a fixed size."""
SCALARS = (
    "+ - * / // % ^ ** ~~ !~~ abs round floor ceil ceiling trunc sign sqrt ln log log10 log2 exp "
    "pow power greatest least ifnull nullif isnan lower upper length starts_with contains "
    "epoch epoch_ms epoch_us make_timestamp time_bucket date_trunc date_part year month day hour "
    "minute second to_microseconds to_milliseconds to_seconds to_minutes to_hours to_days"
)
"""Functions whose result is no larger than their arguments."""
KINDS = (
    "SELECT_NODE BASE_TABLE LIMIT_MODIFIER ORDER_MODIFIER DISTINCT_MODIFIER ASCENDING DESCENDING "
    "ORDER_DEFAULT COLUMN_REF STAR VALUE_CONSTANT FUNCTION OPERATOR_CAST OPERATOR_NOT CASE_EXPR "
    "OPERATOR_IS_NULL OPERATOR_IS_NOT_NULL OPERATOR_COALESCE CONJUNCTION_AND CONJUNCTION_OR "
    "COMPARE_EQUAL COMPARE_NOTEQUAL COMPARE_LESSTHAN COMPARE_GREATERTHAN COMPARE_IN COMPARE_NOT_IN "
    "COMPARE_LESSTHANOREQUALTO COMPARE_GREATERTHANOREQUALTO COMPARE_BETWEEN COMPARE_DISTINCT_FROM"
)
"""Parts of a statement that need no more than a pass: no subquery, join, window or lambda."""

NODE = "$.statements[0].node"
PART = '"(type|function_name|table_name|schema_name|catalog_name|schema|catalog|distinct|columns)"'
PART += ':("[^"]*"|true|false)'
"""What is judged by name. Within a text constant these quotes would be escaped."""
TEXT = r'"(?:[^"\\]|\\.)*"'
HEAD = '{"error":false,"statements":[{"node":{"type":"SELECT_NODE","modifiers":['
NEVER = (
    '"cte_map":.*"cte_map":'  # a second SELECT
    '|"(sample|qualify|having|at_clause)":[^n]'
    r'|"(replace_list|distinct_on_targets)":\[[^\]]'
    r'|"order_bys":\{"type":"ORDER_MODIFIER","orders":\[[^\]]'
    r'|"group_sets":\[\[[^\]]*\],'
)
LIMIT = (
    r'\{{"type":"LIMIT_MODIFIER","limit":\{{"class":"CONSTANT",[^{{}}]*"value":\{{"type":[^{{}}]*'
    r'\{{?[^{{}}]*\}},"is_null":false,"value":{rows}\}}\}},"offset":null\}}\],'
)
ROWS = (
    f"^{re.escape(HEAD)}({LIMIT.format(rows='(50000|[1-4]?[0-9]?[0-9]?[0-9]?[0-9])')}"
    r'|\{"type":"ORDER_MODIFIER",.*\},' + LIMIT.format(rows="(1000|[0-9]?[0-9]?[0-9])") + ")"
    r'.*"group_expressions":\[\],.*"aggregate_handling":"STANDARD_HANDLING"'
)
"""Rows as they are, up to :data:`PAGE_ROWS`, or sorted up to :data:`SORTED_ROWS`."""
LONG = r'"id":"(VARCHAR|BLOB|BIT)".*"from_table":'
"""A text constant in each row could make a short answer long."""
KEY = (
    rf'^\{{"class":"COLUMN_REF","type":"COLUMN_REF","alias":{TEXT},"query_location":[0-9]+,'
    rf'"column_names":\[({TEXT},)?"({"|".join(KEYS.split())})"\]\}}$'
)
AGGREGATE = f'"function_name":"({"|".join(AGGREGATES.split())})"'
GROUPED = r'"group_expressions":\[\{|"aggregate_handling":"FORCE|"type":"DISTINCT_MODIFIER"'


def lazy(pattern: str) -> str:
    """A pattern as SQL that is compiled only where it is used: for that it is no constant."""
    return f"concat('{pattern}', left(tree, 0))"


def match(pattern: str) -> str:
    """Whether the tree has a part of this pattern, as SQL."""
    return f"regexp_matches(tree, {lazy(pattern)})"


SUMMED = f"""(
    {match(f"{AGGREGATE}|{GROUPED}")}
    AND len(list_filter(
        json_extract_string(tree, '{NODE}.select_list[*]'),
        lambda item: NOT regexp_matches(item, {lazy(f"{KEY}|{AGGREGATE}")})
    )) = 0
    AND len(list_filter(
        json_extract_string(tree, '{NODE}.group_expressions[*]'),
        lambda item: NOT regexp_matches(item, {lazy(f'{KEY}|^.."class":"CONSTANT"')})
    )) = 0
)"""
MACRO = f"""
CREATE OR REPLACE MACRO {AUTHORIZE}(connection, said) AS CASE
    WHEN length(said::VARCHAR) > {MOST_TEXT} THEN false
    WHEN regexp_full_match(said::VARCHAR, EXACT) THEN true
    ELSE coalesce(list_transform([json_serialize_sql(said::VARCHAR)::VARCHAR], lambda tree: CASE
        WHEN NOT starts_with(tree, '{HEAD}') OR {match(NEVER)} THEN false
        WHEN coalesce(len(list_filter(
            regexp_extract_all(tree, {lazy(PART)}), lambda part: NOT contains('TOKENS', part)
        )), 1) > 0 THEN false
        WHEN coalesce(json_array_length(tree, '{NODE}.select_list'), 99) > {MOST_ITEMS} THEN false
        WHEN {match(ROWS)} AND NOT {match(LONG)} THEN true
        ELSE {SUMMED}
    END)[1], false)
END
"""
"""Either rows up to a limit, or aggregates by columns of few values. DuckDB plans the macro anew
for each statement and compiles each constant pattern, used or not: so a pattern depends on what is
judged, and is compiled where it is used. The tree is judged as text."""


def guard(connection: duckdb.DuckDBPyConnection, questions: Sequence[str] = ()) -> None:
    """Make the tables of this moment, and the macro that judges every statement of a client.

    Parameters
    ----------
    questions : sequence of str
        Further statements that may be said, with a number or a name for each ``$parameter``.

    Notes
    -----
    The owner answers in the process that records, so it answers only what costs little: each
    answer is short or has a limit, and needs one pass over one table and a fixed state. What else
    a client asks, it computes itself on rows that it fetches page by page.

    Examples
    --------
    >>> from quantlive_nb.share.statement import command, subscription
    >>> connection = duckdb.connect()
    >>> guard(connection)
    >>> def may(said): return connection.execute(f"SELECT {AUTHORIZE}('', ?)", [said]).fetchone()[0]
    >>> may("SELECT count(*) FROM trades"), may("FROM trades LIMIT 50000")
    (True, True)
    >>> may("FROM trades"), may("FROM trades ORDER BY price LIMIT 50000")
    (False, False)
    >>> may("DROP TABLE trades"), may("SELECT 1; DROP TABLE trades")
    (False, False)
    >>> may(subscription("me", "BTCUSDT", 5)), may(command(b"{}"))
    (True, True)
    """
    connection.execute(MOMENT)
    known = " ".join(tokens())
    connection.execute(MACRO.replace("EXACT", chosen(questions)).replace("TOKENS", known))


def tokens() -> list[str]:
    """Every part of a statement's tree that may stand in it.

    Examples
    --------
    >>> '"table_name":"trades"' in tokens(), '"function_name":"repeat"' in tokens()
    (True, False)
    """
    known = {
        "type": KINDS.split(),
        "function_name": (*AGGREGATES.split(), *SCALARS.split()),
        "table_name": TABLES,
        **dict.fromkeys(("schema_name", "catalog_name", "schema", "catalog"), ("",)),
    }
    said = [f'"{name}":"{value}"' for name, values in known.items() for value in values]
    return [*said, '"distinct":false', '"columns":false']


def is_small(connection: duckdb.DuckDBPyConnection, said: str) -> bool:
    """Whether the owner would answer this statement; the connection has been guarded too."""
    row = connection.execute(f"SELECT {AUTHORIZE}('', ?)", [said]).fetchone()
    return bool(row and row[0])
