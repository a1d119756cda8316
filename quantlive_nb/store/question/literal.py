"""SQL literals: parameters written into the text of a query."""

import datetime as dt
import decimal
import math
import re
import types
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from quantlive_nb.errors import UsageError

__all__ = ["literal", "native", "spelled"]

PARTS = re.compile(
    r"""\b[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/"""
    r"|\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$|\$(?P<name>\w+)|(?P<next>\?)",
    re.DOTALL,
)
"""Strings, quoted names and comments, which are kept unchanged, and parameters."""


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


def native(value: object) -> Any:
    """A value as a plain Python object that DuckDB binds; NumPy's scalars it does not take.

    Examples
    --------
    >>> native(np.int64(5)), native(np.timedelta64(5, "s")), native(np.datetime64("NaT"))
    (5, datetime.timedelta(seconds=5), None)
    >>> native({"a": [np.float32(0.5)]}), native(decimal.Decimal("1E+2"))
    ({'a': [0.5]}, Decimal('100'))
    """
    if isinstance(value, np.generic | np.ndarray):
        value = python(value)
    if isinstance(value, list | tuple):
        return [native(one) for one in value]
    if isinstance(value, Mapping):
        return {name: native(one) for name, one in value.items()}
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, decimal.Decimal) and value.is_finite():
        return decimal.Decimal(f"{value:f}")  # DuckDB binds 1E+2 as 1.00
    return None if type(value).__name__ == "NAType" else value  # pandas is not imported for it


def python(value: "np.generic | np.ndarray[Any, Any]") -> object:
    """A scalar or an array of NumPy's as Python's objects; a time to the microsecond."""
    kind = value.dtype.kind
    if kind in "mM" and np.datetime_data(str(value.dtype))[0] not in {"D", "us"}:
        value = value.astype(f"{kind}8[us]")
    return value.tolist()


def literal(value: object) -> str:
    """A value as SQL writes it, also behind an operator.

    Raises
    ------
    UsageError
        For a value that SQL cannot hold.

    Examples
    --------
    >>> literal(True), literal(["a", "b'"]), literal(1.5), literal(-5)
    ('true', "['a', 'b''']", '1.5e0', '(-5)')
    >>> literal(dt.date(2026, 1, 2)), literal({"a": None})
    ("'2026-01-02'::DATE", "{'a': NULL}")
    """
    value = native(value)
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
    """A number of its own type; a negative one in parentheses, as two minus signs begin a comment.

    Examples
    --------
    >>> number(float("nan")), number(0.5), number(decimal.Decimal("1E-8"))
    ("'nan'::DOUBLE", '0.5e0', '0.00000001')
    >>> number(decimal.Decimal(100))
    '100::DECIMAL(3, 0)'
    """
    if not math.isfinite(value):
        return f"'{float(value)}'::DOUBLE"
    if isinstance(value, decimal.Decimal):
        said = f"{value:f}"
        cast = "" if "." in said else f"::DECIMAL({len(said.lstrip('-'))}, 0)"
        return f"({said}){cast}" if said.startswith("-") else said + cast
    if isinstance(value, int):
        said = str(int(value))
    else:  # without an exponent it would be a DECIMAL
        said = repr(float(value)) if "e" in repr(float(value)) else f"{float(value)!r}e0"
    return f"({said})" if said.startswith("-") else said


def moment(value: Any) -> str:
    """A timestamp, date or interval.

    Examples
    --------
    >>> moment(dt.timedelta(seconds=1)), moment(dt.time(3, tzinfo=dt.UTC))
    ('(to_days(0) + to_microseconds(1000000))', "'03:00:00+00:00'::TIMETZ")
    """
    if value != value:  # NaT, of NumPy's or pandas'
        return "NULL"
    if isinstance(value, dt.timedelta):
        rest = value - dt.timedelta(days=value.days)
        return f"(to_days({value.days}) + to_microseconds({rest // dt.timedelta(microseconds=1)}))"
    if isinstance(value, dt.datetime):
        zone = "TIMESTAMP" if value.tzinfo is None else "TIMESTAMPTZ"
        return f"'{value.isoformat(sep=' ')}'::{zone}"
    if isinstance(value, dt.date):
        return f"'{value.isoformat()}'::DATE"
    return f"'{value.isoformat()}'::{'TIME' if value.tzinfo is None else 'TIMETZ'}"


def struct(value: "Mapping[object, object]") -> str:
    """Named values."""
    return "{" + ", ".join(f"{text(str(name))}: {literal(v)}" for name, v in value.items()) + "}"


WRITTEN: "dict[Any, Callable[[Any], str]]" = {
    types.NoneType: lambda _: "NULL",
    bool: lambda value: str(value).lower(),
    str: text,
    (int, float, decimal.Decimal): number,
    list: lambda values: f"[{', '.join(map(literal, values))}]",
    Mapping: struct,
    bytes: lambda value: "'" + "".join(f"\\x{byte:02X}" for byte in value) + "'::BLOB",
    (dt.date, dt.time, dt.timedelta): moment,
    uuid.UUID: lambda value: f"'{value}'::UUID",
}
"""Formatters by type; the first match is used."""
