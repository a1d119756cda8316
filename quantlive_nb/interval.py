"""Lengths of time: ``"5s"`` at the public edge, microseconds everywhere else.

This room knows no clock and no calendar.
"""

import re

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
INTERVAL = re.compile(r"\s*(\d+)\s*(ms|s|min|m|h|d)\s*")


def micros(every: "str | Micros") -> Micros:
    """A length of time such as ``"5s"`` in microseconds.

    Parameters
    ----------
    every : str or int
        A whole number and one of ms, s, min (or m), h, d. An int is taken as µs.

    Returns
    -------
    int, µs

    Raises
    ------
    UsageError
        If the text is not such a length, or is zero.

    Examples
    --------
    >>> micros("5s"), micros("1min"), micros(250_000)
    (5000000, 60000000, 250000)
    """
    if isinstance(every, int) and not isinstance(every, bool) and every > 0:
        return every
    match = INTERVAL.fullmatch(every) if isinstance(every, str) else None
    if match is None or int(match[1]) == 0:
        raise UsageError(f"{every!r} is not a length of time: write 1s, 5min, 2h or 1d")
    return int(match[1]) * UNITS[match[2]]


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
