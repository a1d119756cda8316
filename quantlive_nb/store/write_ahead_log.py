"""DuckDB's write-ahead log, ``NAME.duckdb.wal``: whether it begins as one, and why that matters.

This file opens no database.
"""

import re
from pathlib import Path

__all__ = ["absence", "damage", "is_damaged"]

HEADER = re.compile(rb"\x64\0\x62\x65\0(?:[\x01\x02]\xff\xff|[\x03-\x1f])", re.DOTALL)
HEADER_BYTES = 8
"""An entry of the kind "version", and the version."""


def is_damaged(path: str) -> bool:
    """Whether the write-ahead log of a database does not begin as one.

    Notes
    -----
    DuckDB takes such a log for one whose first write was cut off: it passes over all of it without
    a word, and who opens the file for writing removes it. A log that ends early is not damaged: so
    a process that is killed leaves it.

    Examples
    --------
    >>> is_damaged("/no/such/file")
    False
    """
    try:
        with Path(f"{path}.wal").open("rb") as log:
            start = log.read(HEADER_BYTES + 1)
    except OSError:
        return False
    return len(start) > HEADER_BYTES and HEADER.match(start) is None


def damage(path: str) -> str:
    """What is wrong with a damaged log, and what to do."""
    return (
        f"its write-ahead log {path}.wal, which holds what was recorded last, is damaged at its "
        "start: restore a copy of it, or move it away to go on without"
    )


def absence(path: str) -> str:
    """What may be wrong with a database that holds nothing at all, and what to do."""
    why = f"nothing was recorded into it, or its write-ahead log {path}.wal is missing or empty"
    return f"it holds no table: {why}: restore a copy of it, or record first"
