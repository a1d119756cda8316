"""Lengths of time: ``"5s"`` at the public edge, microseconds everywhere else.

This room knows no clock and no calendar.
"""

import re
from numbers import Integral

from quantlive_nb.errors import UsageError

__all__ = ["every_name", "micros"]

Micros = int
"""A length of time, or a moment since the epoch (UTC), in microseconds."""

SECOND: Micros = 1_000_000
UNITS: dict[str, Micros] = {
    "ms": 1_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "min": 60 * SECOND,
    "h": 3_600 * SECOND,
    "d": 86_400 * SECOND,
}
LONGEST: Micros = 1_000_000 * UNITS["d"]
"""No market, and no calendar of a database, reaches further back."""
INTERVAL = re.compile(r"\s*(\d+)\s*(ms|s|min|m|h|d)\s*")


def micros(every: "str | Micros", *, may_be_zero: bool = False) -> Micros:
    """A length of time such as ``"5s"`` in microseconds.

    Parameters
    ----------
    every : str or int
        A whole number and one of ms, s, min (or m), h, d. An int is taken as µs.
    may_be_zero : bool
        Whether ``"0"`` is a length too.

    Returns
    -------
    int, µs

    Raises
    ------
    UsageError
        If the text is not such a length, or is zero or longer than a million days.

    Examples
    --------
    >>> micros("5s"), micros("1min"), micros(250_000)
    (5000000, 60000000, 250000)
    """
    is_zero = may_be_zero and isinstance(every, str) and every.strip() == "0"
    length = 0 if is_zero else _length(every)
    if length is None or length < (0 if may_be_zero else 1):
        # Nothing that was given makes the sentence unreadable.
        shown = " ".join(repr(every)[:40].split())
        raise UsageError(f"{shown} is not a length of time: write 1s, 5min, 2h or 1d")
    if length > LONGEST:
        raise UsageError(f"{str(every)[:40]!r} is too long a time: write 1s, 5min, 2h or 1d")
    return length


def _length(every: object) -> "Micros | None":
    """The length in µs, if it is one."""
    if isinstance(every, bool):
        return None
    if isinstance(every, Integral):
        return int(every)
    match = INTERVAL.fullmatch(every) if isinstance(every, str) else None
    if match is None:
        return None
    digits = match[1].lstrip("0")
    return int(digits[:20] or "0") * UNITS[match[2]]  # more digits are too long whatever they say


def every_name(every_us: Micros) -> str:
    """The shortest text for a length of time.

    Examples
    --------
    >>> every_name(60_000_000), every_name(90_000_000), every_name(250_000)
    ('1min', '90s', '250ms')
    """
    for unit in ("d", "h", "min", "s", "ms"):
        if every_us % UNITS[unit] == 0:
            return f"{every_us // UNITS[unit]}{unit}"
    return f"{every_us}us"
