"""Escapes text in CSV that a spreadsheet would execute as a formula."""

from collections.abc import Sequence

__all__ = ["defused", "defused_sql"]

FIRST = "=+-@\t\r\n"
"""A cell that starts with one of these is read as a formula, or as the end of the previous cell."""


def defused(text: str) -> str:
    """The text as a cell that is never executed: a formula gets an apostrophe.

    Examples
    --------
    >>> defused("=HYPERLINK(1)"), defused("BTCUSDT")
    ("'=HYPERLINK(1)", 'BTCUSDT')
    """
    return f"'{text}" if text.startswith(tuple(FIRST)) else text


def defused_sql(query: str, names: Sequence[str]) -> str:
    """The query, with these columns escaped in the same way.

    Examples
    --------
    >>> defused_sql("FROM t", [])
    'FROM t'
    """
    if not names:
        return query
    columns = ", ".join(_cell(f'"{name}"') for name in names)
    return f"SELECT * REPLACE ({columns}) FROM ({query})"


def _cell(column: str) -> str:
    """A column of text, escaped."""
    codes = ", ".join(str(ord(sign)) for sign in FIRST)
    is_formula = f"unicode({column}) IN ({codes})"
    return f"CASE WHEN {is_formula} THEN concat(chr(39), {column}) ELSE {column} END AS {column}"
