"""Numbers as people type them: a decimal comma or point, thousands in groups.

This room knows no field and no metric.
"""

import contextlib
import math
import re
from numbers import Integral, Real
from typing import TypeGuard

from quantlive_nb.errors import UsageError

__all__ = [
    "brief",
    "is_finite",
    "number",
    "require_number",
    "require_whole",
    "shortened",
    "shown",
    "whole",
]

SPACES = re.compile(r"(?<=\d)[ '\u00a0\u2009\u202f\u2019](?=\d{3}(?!\d))")
"""What parts thousands and nothing else."""
PLAIN = re.compile(r"([+-]?)([\d.,]*\d[\d.,]*)(e[+-]?\d{1,4})?", re.ASCII | re.IGNORECASE)
TWO_WAYS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
"""What is thousands to one half of the world and decimals to the other."""
MOST_SHOWN = 40


def number(text: str, *, is_code: bool = False) -> float:
    """The number that a text means.

    Parameters
    ----------
    text : str
        ``2.5`` and ``2,5`` are two and a half, ``1.234,5`` and ``1,234.5`` a thousand and more.
    is_code : bool
        Whether a single point is certain to be decimal, as in Python.

    Returns
    -------
    float
        Finite.

    Raises
    ------
    UsageError
        If it is no number, is too large, or may be two: ``1,000`` is one or a thousand.

    Examples
    --------
    >>> number("2,5"), number("1.234,5"), number("1,234.5"), number("−1e3")
    (2.5, 1234.5, 1234.5, -1000.0)
    >>> number("1,000")
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: '1,000' may be 1 or 1000: write 1 or 1000
    """
    if not text.strip():
        raise UsageError("no number is given: write one, such as 2.5")
    match = PLAIN.fullmatch(SPACES.sub("", text.strip().replace("\u2212", "-")))
    digits = None if match is None else _pointed(match[2], is_code=is_code)
    if match is None or digits is None:
        raise UsageError(f"{shortened(text)} is no number: write it as 2.5")
    value = float(f"{match[1]}{digits}{match[3] or ''}")
    if not math.isfinite(value):
        raise UsageError(f"{shortened(text)} is too large a number")
    return value


def whole(text: str) -> int:
    """The whole number that a text means.

    Raises
    ------
    UsageError
        As :func:`number`, and if it is not whole.

    Examples
    --------
    >>> whole("25"), whole("1e3")
    (25, 1000)
    """
    value = number(text)
    if abs(value) > 1e15:  # where float64 has no odd numbers any more
        raise UsageError(f"{shortened(text)} is too large a number")
    if value != int(value):
        raise UsageError(f"{shortened(text)} is no whole number: write it as {round(value)}")
    return int(value)


def is_finite(value: object) -> "TypeGuard[float]":
    """Whether it is a number that a float can hold.

    Examples
    --------
    >>> is_finite(2), is_finite(float("nan")), is_finite(10**400), is_finite("2")
    (True, False, False, False)
    """
    try:
        return isinstance(value, Real) and math.isfinite(value)
    except OverflowError:  # an int may be of any length
        return False


def require_number(what: str, value: object, words: str, *, above: float = -math.inf) -> float:
    """The same number as a float; infinity is one too.

    Raises
    ------
    UsageError
        If it is none, or not above a bound; ``words`` say what would do.

    Examples
    --------
    >>> require_number("the speed", "fast", "a number above 0", above=0)
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: the speed is 'fast': give a number above 0
    """
    with contextlib.suppress(OverflowError):  # an int may be of any length
        number = float(value) if isinstance(value, Real) else math.nan
        if number > above and not isinstance(value, bool):
            return number
    raise UsageError(f"{what} is {brief(value)}: give {words}")


def require_whole(what: str, value: object, words: str, least: int, most: int) -> int:
    """The same whole number as an int.

    Raises
    ------
    UsageError
        If it is none, or outside its bounds; ``words`` say what would do.

    Examples
    --------
    >>> require_whole("the seed", 7, "a whole number from 0 on", 0, 10**9)
    7
    """
    number = int(value) if isinstance(value, Integral) else least - 1
    if least <= number <= most and not isinstance(value, bool):
        return number
    raise UsageError(f"{what} is {brief(value)}: give {words}")


def shown(value: float) -> str:
    """A number as it can be typed again.

    Examples
    --------
    >>> shown(2.0), shown(1234567.8), shown(2.125)
    ('2', '1234567.8', '2.1250')
    """
    text = f"{value:.12g}"
    return f"{text}0" if TWO_WAYS.fullmatch(text.lstrip("-")) else text


def shortened(text: object) -> str:
    """What was typed, in quotes, short enough for a sentence.

    Examples
    --------
    >>> shortened("a" * 99)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…'"
    """
    whole_text = str(text)
    short = whole_text if len(whole_text) <= MOST_SHOWN else f"{whole_text[: MOST_SHOWN - 1]}…"
    return repr(short)


def brief(value: object) -> str:
    """What was given as Python writes it, short enough for a sentence of one line.

    Examples
    --------
    >>> brief(5), brief("fast"), brief([1] * 99)
    ('5', "'fast'", '[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,…')
    """
    text = " ".join(_written(value).split())
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"


def _written(value: object) -> str:
    try:
        return f"{value:g}" if type(value) is float else repr(value)
    except ValueError:  # of an int with more digits than Python writes
        return "a number of very many digits"


def _pointed(digits: str, *, is_code: bool) -> "str | None":
    """The same digits with a point before the decimals; None if they are no number."""
    marks = {mark for mark in digits if mark in ".,"}
    if not marks:
        return digits
    decimal = max(marks, key=digits.rfind)
    if len(marks) == 1 and digits.count(decimal) > 1:
        return _joined(digits, decimal)
    before, _, after = digits.rpartition(decimal)
    if len(marks) == 2:
        (other,) = marks - {decimal}
        joined = None if decimal in before else _joined(before, other)
        return None if joined is None or not after else f"{joined}.{after}"
    if TWO_WAYS.fullmatch(digits) and not (is_code and decimal == "."):
        small, large = shown(float(f"{before}.{after}")), f"{before}{after}"
        raise UsageError(f"'{digits}' may be {small} or {large}: write {small} or {large}")
    return f"{before}.{after}"


def _joined(digits: str, mark: str) -> "str | None":
    """Groups of three as one number; None if they are none."""
    first, *rest = digits.split(mark)
    is_grouped = re.fullmatch(r"\d{1,3}", first) and all(re.fullmatch(r"\d{3}", g) for g in rest)
    return "".join((first, *rest)) if is_grouped else None
