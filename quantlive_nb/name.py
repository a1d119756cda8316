"""What can be a name: one set of rules for alerts, panels, Lives, Dashboards and symbols.

This room knows no screen and no table. A name is shown, stored, logged and exported: it has no
line breaks, no NUL and no invisible signs that turn text around, and it is short.
"""

import re

from quantlive_nb.errors import UsageError
from quantlive_nb.numeral import brief

__all__ = ["is_symbol", "named", "require_text", "symbol_of"]

MOST = 64
MOST_SYMBOL = 32
SYMBOL = re.compile(rf"\w[\w.-]{{0,{MOST_SYMBOL - 1}}}")
JOINERS = "\u200c\u200d"
"""Invisible, and a part of words and of emoji."""


def named(what: str, text: str) -> str:
    r"""The text as a name, without the blanks around it.

    Parameters
    ----------
    what : str
        Whose name it is, with its article: ``an alert``.

    Raises
    ------
    UsageError
        If it is empty, over 64 characters long, or holds a control character.

    Examples
    --------
    >>> named("an alert", " wide ")
    'wide'
    >>> named("an alert", "wi\nde")
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: the name of an alert holds '\n': leave control characters out
    """
    name = require_text(f"the name of {what}", text).strip()
    if not name:
        raise UsageError(f"{what} needs a name")
    if len(name) > MOST:
        raise UsageError(f"the name of {what} has {len(name)} characters: give at most {MOST}")
    strange = next((sign for sign in name if not (sign.isprintable() or sign in JOINERS)), "")
    if strange:
        raise UsageError(f"the name of {what} holds {strange!r}: leave control characters out")
    return name


def symbol_of(text: object) -> str:
    """The text as a symbol, in upper case.

    Raises
    ------
    UsageError
        If no exchange could have one of that name.

    Examples
    --------
    >>> symbol_of(" btcusdt ")
    'BTCUSDT'
    >>> symbol_of("A;B")
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: 'A;B' is no symbol: give letters, digits, . _ and -, as BTCUSDT
    """
    symbol = text.strip().upper() if isinstance(text, str) else ""
    if not is_symbol(symbol):
        given = symbol if isinstance(text, str) else str(text)
        shown = given if len(given) <= MOST_SYMBOL else f"{given[:MOST_SYMBOL]}…"
        raise UsageError(f"{shown!r} is no symbol: give letters, digits, . _ and -, as BTCUSDT")
    return symbol


def require_text(what: str, text: object) -> str:
    r"""The same text; what is none, or holds NUL, is refused.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> require_text("the source", 5)
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: the source is 5: give a text
    """
    if not isinstance(text, str):
        raise UsageError(f"{what} is {brief(text)}: give a text")
    if "\0" in text:
        raise UsageError(f"{what} holds '\\x00': leave it out")
    return text


def is_symbol(text: str) -> bool:
    """Whether an exchange could have a symbol of that name.

    Examples
    --------
    >>> is_symbol("1000SHIBUSDT"), is_symbol("BTC'; --"), is_symbol("A" * 33)
    (True, False, False)
    """
    return SYMBOL.fullmatch(text) is not None
