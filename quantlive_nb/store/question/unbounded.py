"""Finds functions in a parsed SELECT whose result can be much larger than their input."""

import json
from collections.abc import Iterator
from typing import Any

import duckdb

__all__ = ["expansion"]

MADE = (
    "repeat lpad rpad range generate_series list_resize array_resize bitstring bar format printf "
    "to_base equi_width_bins"
)
MAKERS = frozenset(MADE.split())
"""A few bytes of input can produce gigabytes."""
GATHERED = "list array_agg string_agg group_concat listagg bitstring_agg histogram histogram_exact"
GATHERERS = frozenset(GATHERED.split())
"""Aggregates into one value: a window, a join or ``unnest`` may copy it into each row."""
TABLES = frozenset(("range", "generate_series"))


def expansion(
    connection: duckdb.DuckDBPyConnection, said: str, greedy: "frozenset[str]" = MAKERS | GATHERERS
) -> str:
    """Why a SELECT may produce a value of unbounded size; empty if it cannot.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Used to parse.
    said : str
        One SELECT.
    greedy : frozenset of str
        Functions that are refused: collecting aggregates are allowed where DuckDB's memory limit is
        the caller's own.

    Returns
    -------
    str
        A sentence that says what to use instead.

    Notes
    -----
    Such a value is built in one step that cannot be interrupted. As table functions, ``range`` and
    ``generate_series`` produce one row after the other and are harmless.

    Examples
    --------
    >>> connection = duckdb.connect()
    >>> expansion(connection, "SELECT repeat('x', 3000000000)")
    'repeat() may make a value larger than the memory: ask for the rows, and let pandas make it'
    >>> expansion(connection, "SELECT max(n) FROM range(100) t(n)")
    ''
    """
    row = connection.execute("SELECT json_serialize_sql($1::VARCHAR)", [said]).fetchone()
    tree = json.loads(row[0]) if row else {}
    called = set(functions(tree))
    refused = MAKERS if is_plain(tree, called) else greedy
    name = min(called & refused, default="")
    if not name:
        return ""
    instead = f"write FROM {name}(...)" if name in TABLES else "ask for the rows"
    return f"{name}() may make a value larger than the memory: {instead}, and let pandas make it"


def is_plain(tree: Any, called: "set[str]") -> bool:
    """Whether nothing multiplies the rows of an aggregate: one SELECT, no window and no unnest."""
    kinds = list(found(tree, "type"))
    in_rows = "WINDOW" in found(tree, "class") or "unnest" in called
    return kinds.count("SELECT_NODE") == 1 and not in_rows


def found(tree: Any, name: str) -> Iterator[Any]:
    """Every value of a key in a tree."""
    if isinstance(tree, list):
        for part in tree:
            yield from found(part, name)
    elif isinstance(tree, dict):
        for key, part in tree.items():
            if key == name:
                yield part
            yield from found(part, name)


def functions(tree: Any, *, is_table: bool = False) -> Iterator[str]:
    """The functions that a tree calls, except table functions."""
    if isinstance(tree, list):
        for part in tree:
            yield from functions(part)
    elif isinstance(tree, dict):
        name = tree.get("function_name")
        if isinstance(name, str) and not is_table:
            yield name.lower()
        for key, part in tree.items():
            in_from = tree.get("type") == "TABLE_FUNCTION" and key == "function"
            yield from functions(part, is_table=in_from)
