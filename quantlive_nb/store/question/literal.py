"""Values and queries as the text of SQL: parameters written where they stand."""

import datetime as dt
import decimal
import math
import re
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from quantlive_nb.errors import UsageError

__all__ = ["literal", "spelled"]

PARTS = re.compile(
    r"""\b[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/"""
    r"|\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$|\$(?P<name>\w+)|(?P<next>\?)",
    re.DOTALL,
)
"""Texts, quoted names and comments, which are left as they are, and parameters."""


def spelled(query: str, params: "Mapping[str, object] | Sequence[object]") -> str:
    """A query with its parameters written into it; one without a value stays, and DuckDB says so.

    Raises
    ------
    UsageError
        For a value that SQL cannot hold.

    Examples
    --------
    >>> spelled("SELECT $a, '$b' WHERE x = $a", {"a": "it's"})
    "SELECT 'it''s', '$b' WHERE x = 'it''s'"
    >>> spelled('SELECT ?, ? AS "why?"', [1, None])
    'SELECT 1, NULL AS "why?"'
    """
    named = params if isinstance(params, Mapping) else dict(enumerate(params, 1))
    n_asked = 0

    def part(match: "re.Match[str]") -> str:
        nonlocal n_asked
        key: object = match["name"]
        if match["next"]:
            n_asked += 1
            key = n_asked
        elif not isinstance(params, Mapping) and match["name"] and match["name"].isdecimal():
            key = int(match["name"])
        return literal(named[key]) if key in named else match[0]  # type: ignore[index]

    return PARTS.sub(part, query)


def literal(value: object) -> str:
    """A value as SQL writes it, also behind an operator.

    Raises
    ------
    UsageError
        For a value that SQL cannot hold.

    Examples
    --------
    >>> literal(True), literal(["a", "b'"]), literal(1.5), literal(-5)
    ('true', "['a', 'b''']", '1.5', '(-5)')
    >>> literal(dt.date(2026, 1, 2)), literal({"a": None})
    ("'2026-01-02'::DATE", "{'a': NULL}")
    """
    for kinds, written in WRITTEN.items():
        if isinstance(value, kinds):
            return written(value)
    raise UsageError(
        f"a parameter is of type {type(value).__name__}: give a text, a number, a time or a list"
    )


def text(value: str) -> str:
    """A text as SQL quotes it."""
    try:
        value.encode()
    except UnicodeEncodeError as exc:
        raise UsageError(f"{value!a} is no text: it has half a character") from exc
    return "'" + value.replace("'", "''") + "'"


def number(value: "float | decimal.Decimal") -> str:
    """A number; a negative one in parentheses: two minus signs would begin a comment.

    Examples
    --------
    >>> number(float("nan")), number(decimal.Decimal("1E-8"))
    ("'nan'::DOUBLE", '0.00000001')
    """
    if not math.isfinite(value):
        return f"'{float(value)}'::DOUBLE"
    if isinstance(value, decimal.Decimal):
        said = f"{value:f}"
    else:
        said = str(int(value)) if isinstance(value, int) else repr(float(value))
    return f"({said})" if said.startswith("-") else said


def moment(value: Any) -> str:
    """A time, a date or a length of time.

    Examples
    --------
    >>> moment(dt.timedelta(seconds=1)), moment(np.datetime64("NaT"))
    ('(to_days(0) + to_microseconds(1000000))', 'NULL')
    """
    if value != value:  # NaT, of NumPy's or pandas'
        return "NULL"
    if isinstance(value, dt.timedelta):
        rest = value - dt.timedelta(days=value.days)
        return f"(to_days({value.days}) + to_microseconds({rest // dt.timedelta(microseconds=1)}))"
    if isinstance(value, np.datetime64):
        return f"'{np.datetime_as_string(value, unit='us')}'::TIMESTAMP"
    if isinstance(value, dt.datetime):
        zone = "TIMESTAMP" if value.tzinfo is None else "TIMESTAMPTZ"
        return f"'{value.isoformat(sep=' ')}'::{zone}"
    return f"'{value.isoformat()}'::{'DATE' if isinstance(value, dt.date) else 'TIME'}"


def struct(value: "Mapping[object, object]") -> str:
    """Named values."""
    return "{" + ", ".join(f"{text(str(name))}: {literal(v)}" for name, v in value.items()) + "}"


WRITTEN: "dict[Any, Callable[[Any], str]]" = {
    types.NoneType: lambda _: "NULL",
    bool: lambda value: str(value).lower(),
    str: text,
    (int, float, decimal.Decimal): number,
    (list, tuple): lambda values: f"[{', '.join(map(literal, values))}]",
    Mapping: struct,
    bytes: lambda value: "'" + "".join(f"\\x{byte:02X}" for byte in value) + "'::BLOB",
    (np.datetime64, dt.date, dt.time, dt.timedelta): moment,
    (np.generic, np.ndarray): lambda value: literal(value.tolist()),
}
"""How values of each type are written; the first that fits."""
