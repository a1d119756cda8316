"""Which rows and columns of which tables a SELECT reads, as its parsed tree tells.

This file asks no table: it reads the text of a question.
"""

import json
from collections.abc import Iterator
from typing import Any

import duckdb

from quantlive_nb.share.authorize import PAGE_ROWS, TABLES, is_small
from quantlive_nb.share.paged_copy import Need

__all__ = ["needs"]

BARE: dict[str, Any] = {
    "select_list": [
        {"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "column_names": ["venue"]}
    ],
    "modifiers": [],
    "group_expressions": [],
    "group_sets": [],
    "aggregate_handling": "STANDARD_HANDLING",
    "having": None,
    "qualify": None,
}
"""A SELECT of which only the table and the condition matter."""


def needs(
    connection: duckdb.DuckDBPyConnection, said: str, known: "dict[str, list[str]]"
) -> list[Need]:
    """What must be fetched before a question can be answered here.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Guarded, to judge a condition as the owner will.
    said : str
        One SELECT.
    known : dict of str to list of str
        Columns of each table.

    Returns
    -------
    list of Need
        A condition of the only table of a question is used, so that less is fetched.

    Examples
    --------
    >>> from quantlive_nb.share.authorize import guard
    >>> connection = duckdb.connect()
    >>> guard(connection)
    >>> said = "SELECT median(price) FROM trades t WHERE t.symbol = 'A'"
    >>> needs(connection, said, {"trades": ["venue", "symbol", "price"]})
    [Need(table='trades', columns=('symbol', 'price'), where="(symbol = 'A')")]
    """
    row = connection.execute("SELECT json_serialize_sql(?)", [said]).fetchone()
    tree = json.loads(row[0]) if row else {}
    named = {name.lower() for name in found(tree, "table_name")}
    tables = [table for table in TABLES if table in named and table in known]
    where = condition(connection, tree) if len(list(found(tree, "from_table"))) == 1 else ""
    return [Need(table, columns(tree, known[table]), where) for table in tables]


def columns(tree: Any, known: list[str]) -> tuple[str, ...]:
    """The columns of a table that a tree names; empty for all of them."""
    parts = [part for names in found(tree, "column_names") for part in names]
    parts += [name for names in found(tree, "using_columns") for name in names]
    aliases = {*TABLES, *found(tree, "alias")} - {""} - set(known)
    whole = any(names[-1] in aliases for names in found(tree, "column_names"))
    if whole or "STAR" in found(tree, "class") or "NATURAL" in found(tree, "ref_type"):
        return ()
    named = {part.lower() for part in parts}
    return tuple(name for name in known if name in named) or tuple(known[:1])


def condition(connection: duckdb.DuckDBPyConnection, tree: Any) -> str:
    """The WHERE of a SELECT from one table, where the owner can judge by it; else nothing."""
    node = tree["statements"][0]["node"]
    where, source = node.get("where_clause"), node.get("from_table") or {}
    if where is None or source.get("type") != "BASE_TABLE":
        return ""
    for names in found(where, "column_names"):
        names[:] = names[-1:]  # without the table's name or alias
    bare = {**node, **BARE, "from_table": {**source, "alias": ""}}
    tree = {"error": False, "statements": [{"node": bare, "named_param_map": []}]}
    try:
        row = connection.execute("SELECT json_deserialize_sql(?)", [json.dumps(tree)]).fetchone()
    except duckdb.Error:
        return ""
    _, _, text = (row[0] if row else "").partition(" WHERE ")
    select = f"SELECT * FROM {source['table_name'].lower()} WHERE {text} LIMIT {PAGE_ROWS}"
    return text if text and is_small(connection, select) else ""


def found(tree: Any, name: str) -> Iterator[Any]:
    """Every value of that name in a tree."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key == name:
                yield value
            yield from found(value, name)
    elif isinstance(tree, list):
        for value in tree:
            yield from found(value, name)
