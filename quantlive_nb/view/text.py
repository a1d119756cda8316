"""Formats numbers, times and names for the page; every name is escaped.

Thousands are separated by a narrow no-break space; a minus is a true minus sign.
"""

import html
import math
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.interval import Micros
from quantlive_nb.live.replay_folder import served
from quantlive_nb.types import Vector

__all__ = [
    "MOST_DECIMALS",
    "NOTHING",
    "cell",
    "clock",
    "correlation",
    "day",
    "escape",
    "fine",
    "missing",
    "number",
    "p_value",
    "places",
    "several",
    "significant",
    "spread",
    "stamp",
    "zscore",
]

NOTHING = "–"
"""Shown where there is no number."""
FOLDERS = re.compile(r"(?<![\w:/.~-])(?:/[^/\s:'\"<>]+)+/(?=[^/\s])")
HOME = re.compile(rf"{re.escape(str(Path.home()))}/(?:[^/:'\"<>]+/)*")
"""Folder names may contain spaces."""
TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
"""Unicode's direction marks, overrides and isolates."""
MOST_PLACES = 8
"""Prices are exact to this many places."""
MOST_DECIMALS, MOST_DIGITS = 7, 15
"""Longer numbers are written with a power of ten, as the tag on an axis has no room."""


def escape(text: object) -> str:
    """Text from a user or an exchange, escaped for HTML.

    Characters that change the text direction are removed: they could make 0.5 read as 5.0. A served
    page shows files without their folders.

    Examples
    --------
    >>> escape("<b>&"), escape(chr(0x202E) + "up")
    ('&lt;b&gt;&amp;', 'up')
    """
    plain = str(text).translate(TURNING)
    shown = without_folders(plain) if served() else plain
    return html.escape(shown, quote=True)


def without_folders(text: str) -> str:
    """Replaces absolute paths by file names, so that visitors learn no folder of the server.

    Examples
    --------
    >>> without_folders("/srv/data/t.duckdb: in use; see https://host/a/b")
    't.duckdb: in use; see https://host/a/b'
    """
    return FOLDERS.sub("", HOME.sub("", text))


def number(value: float, n_places: int = 2, *, signed: bool = False) -> str:
    r"""A number with a fixed count of decimals.

    Parameters
    ----------
    signed : bool
        Whether a positive number gets its plus.

    Examples
    --------
    >>> number(-2683.8), number(0.00031, 5, signed=True), number(float("nan"))
    ('−2\u202f683.80', '+0.00031', '–')
    >>> number(-0.001)
    '0.00'
    """
    if not math.isfinite(value):
        return NOTHING
    digits = f"{abs(value):,.{n_places}f}".replace(",", "\u202f")
    if not any(d in digits for d in "123456789"):
        return digits
    return ("−" if value < 0 else "+" if signed else "") + digits


def significant(value: float, n_digits: int = 3, *, signed: bool = False) -> str:
    r"""A number with about this many significant digits; digits before the point are never dropped.

    One that would need more than 7 decimals, or has more than 15 digits, is written with a power.

    Examples
    --------
    >>> significant(4.1234), significant(1234.6), significant(0.00012), significant(0.0)
    ('4.12', '1\u202f235', '0.000120', '0')
    >>> significant(-1.5e-9)
    '−1.50e−9'
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else NOTHING
    digits, exponent = f"{abs(value):.{n_digits - 1}e}".split("e")
    n_places = n_digits - 1 - int(exponent)
    if n_places <= MOST_DECIMALS and int(exponent) < MOST_DIGITS:
        return number(value, max(0, n_places), signed=signed)
    sign = "−" if value < 0 else "+" if signed else ""
    return f"{sign}{digits}e{int(exponent)}".replace("-", "−")


def fine(value: float, n_places: int, *, signed: bool = False) -> str:
    """Like :func:`number`, but a small number keeps two digits: only 0 is written as zero.

    Examples
    --------
    >>> fine(0.000312, 5), fine(0.0000012, 5), fine(0.0, 5)
    ('0.00031', '0.0000012', '0.00000')
    """
    if value == 0 or not abs(value) < 10.0 ** (1 - n_places):
        return number(value, n_places, signed=signed)
    return significant(value, 2, signed=signed)


def several(n: int, noun: str) -> str:
    r"""A count with its noun, singular or plural.

    Examples
    --------
    >>> several(1, "incomplete bar"), several(1_204, "trade")
    ('1 incomplete bar', '1\u202f204 trades')
    """
    return f"{number(n, 0)} {noun}{'' if n == 1 else 's'}"


def spread(value: float) -> str:
    """A distance in log price, five decimals or two digits, and its sign.

    Examples
    --------
    >>> spread(0.000312), spread(-0.0000031)
    ('+0.00031', '−0.0000031')
    """
    return fine(value, 5, signed=True)


def zscore(value: float) -> str:
    """A z-score, two decimals and its sign.

    Examples
    --------
    >>> zscore(-1.236)
    '−1.24'
    """
    return number(value, 2, signed=True)


def correlation(value: float) -> str:
    """A correlation, two decimals and its sign.

    Examples
    --------
    >>> correlation(0.716)
    '+0.72'
    """
    return number(value, 2, signed=True)


def p_value(p: float) -> str:
    """A p-value with three decimals; the smallest as a bound.

    Examples
    --------
    >>> p_value(0.0113), p_value(0.0001)
    ('0.011', '< 0.001')
    """
    return "< 0.001" if p < 0.0005 else f"{p:.3f}"


def places(prices: Vector) -> int:
    """Number of decimals that these prices need, at most 8.

    Examples
    --------
    >>> places(np.array([61837.63, 61837.6])), places(np.array([8.12e-06])), places(np.empty(0))
    (2, 8, 2)
    """
    there = prices[np.isfinite(prices)]
    if not len(there):
        return 2
    for n in range(MOST_PLACES):
        if np.allclose(there, np.round(there, n), rtol=1e-12, atol=0):
            return n
    return MOST_PLACES


def cell(name: str, value: float, text: str, tag: str = "span") -> str:
    """An element that shows a number as text and keeps the exact value as ``data-value``.

    Examples
    --------
    >>> cell("ql-stat-zscore", 1.25, "+1.25")
    '<span class="ql-stat-zscore" data-value="1.25">+1.25</span>'
    """
    return f'<{tag} class="{name}" data-value="{value!r}">{text}</{tag}>'


def missing(why: NotEnoughData | UsageError) -> str:
    """Why there is no number, in a muted style.

    Examples
    --------
    >>> missing(NotEnoughData("zscore", have=37, need=240))
    '<span class="ql-warming">warming up 37/240</span>'
    """
    text = why.warming if isinstance(why, NotEnoughData) else str(why)
    return f'<span class="ql-warming">{escape(text)}</span>'


def clock(ts: Micros, every_us: Micros = 1_000_000) -> str:
    """Time of day, UTC; with milliseconds where bars are shorter than a second.

    Examples
    --------
    >>> clock(1_723_161_255_342_000), clock(1_723_161_255_342_000, every_us=250_000)
    ('23:54:15', '23:54:15.342')
    """
    exact = every_us % 1_000_000 > 0
    return _moment(ts).time().isoformat("milliseconds" if exact else "seconds")


def day(ts: Micros) -> str:
    """Date, UTC.

    Examples
    --------
    >>> day(1_723_161_255_342_000)
    '2024-08-08'
    """
    return _moment(ts).date().isoformat()


def stamp(ts: Micros, every_us: Micros = 1_000_000) -> str:
    """Date and time of day, UTC.

    Examples
    --------
    >>> stamp(1_723_161_255_342_000)
    '2024-08-08 23:54:15'
    """
    return f"{day(ts)} {clock(ts, every_us)}"


def _moment(ts: Micros) -> datetime:
    """Microseconds since the epoch as a time with a zone."""
    seconds, micros = divmod(int(ts), 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
