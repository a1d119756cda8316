"""Who owns a database file: one connection a process, one process a file, one sentence if not.

This file knows no tables.
"""

import os
import re
import threading
from pathlib import Path

import duckdb

from quantlive_nb.errors import StoreBusy, StoreError

__all__ = ["MEMORY", "connect", "release"]

MEMORY = ":memory:"
OWNER = re.compile(r"\(PID (\d+)\)")

_owned: set[str] = set()
_lock = threading.Lock()


def connect(path: str, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a database that nobody else has open for writing.

    Raises
    ------
    StoreBusy
        When another process, or another store of this one, has it.
    StoreError
        When the path cannot be opened as a database.

    Examples
    --------
    >>> connect("/dev/null/t.duckdb")
    Traceback (most recent call last):
    quantlive_nb.errors.StoreError: /dev/null/t.duckdb: its folder does not exist or cannot be \
made: choose another place with --db
    """
    if path == MEMORY:
        return duckdb.connect(MEMORY)
    key = os.path.realpath(path)
    with _lock:
        if key in _owned:
            raise StoreBusy(path, os.getpid())
        try:
            connection = duckdb.connect(path, read_only=read_only)
        except duckdb.Error as exc:
            raise refusal(path, str(exc)) from exc
        _owned.add(key)
        return connection


def release(path: str) -> None:
    """Forget that this process has the file; the caller has closed it."""
    with _lock:
        _owned.discard(os.path.realpath(path))


def refusal(path: str, message: str) -> StoreError:
    """What DuckDB's message means for the user.

    Examples
    --------
    >>> refusal("t.duckdb", "Conflicting lock is held in python (PID 4711).").why
    'process 4711 is recording into it'
    """
    if "lock" in message.lower() and (owner := OWNER.search(message)):
        return StoreBusy(path, int(owner[1]))
    if "not a valid DuckDB" in message:
        return StoreError(path, "it is not a DuckDB database: choose another file with --db")
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        why = "its folder does not exist or cannot be made: choose another place with --db"
        return StoreError(path, why)
    if "Cannot open file" in message:
        if Path(path).exists() or os.access(folder, os.W_OK):
            return StoreError(path, f"it cannot be opened ({message.rpartition(': ')[2].strip()})")
        return StoreError(path, "its folder is not writable: choose another place with --db")
    return StoreError(path, f"it cannot be opened: {message.splitlines()[0]}")
