"""Text that a spreadsheet would run: neutralised in CSV, where a cell cannot say that it is text.

This file knows no table and no file.
"""

from collections.abc import Sequence

__all__ = ["defused", "defused_sql"]

FIRST = "=+-@\t\r\n"
"""A cell that begins so is taken for a formula, or for the end of the one before."""


def defused(text: str) -> str:
    """The text as a cell that is shown and never run: an apostrophe before a formula.

    Examples
    --------
    >>> defused("=HYPERLINK(1)"), defused("BTCUSDT")
    ("'=HYPERLINK(1)", 'BTCUSDT')
    """
    return f"'{text}" if text.startswith(tuple(FIRST)) else text


def defused_sql(query: str, names: Sequence[str]) -> str:
    """The query, with the same done to its columns of these names.

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
    """A column of text, defused."""
    codes = ", ".join(str(ord(sign)) for sign in FIRST)
    is_formula = f"unicode({column}) IN ({codes})"
    return f"CASE WHEN {is_formula} THEN concat(chr(39), {column}) ELSE {column} END AS {column}"
