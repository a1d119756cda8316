"""Opens a database exclusively; raises one clear error if it is in use."""

import os
import re
import threading
from pathlib import Path

import duckdb

from quantlive_nb.errors import StoreBusy, StoreError
from quantlive_nb.store.write_ahead_log import damage, is_damaged

__all__ = ["MEMORY", "connect", "foreign", "is_database", "release"]

MEMORY = ":memory:"
OWNER = re.compile(r"\(PID (\d+)\)")
MAGIC_AT, MAGIC = 8, b"DUCK"
VERSION_AT, VERSION_BYTES = 52, 32
"""Offset in DuckDB's main header of the version that wrote the file."""
FOREIGN = "it is not a DuckDB database: choose another file with --db"
DAMAGED = ("corrupt", "checksum", "enough bytes")
LINE = 120
VERSION = re.compile(rb"v?([0-9][\w.+-]*)")

_owned: set[str] = set()
_lock = threading.Lock()


def connect(path: str, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a database exclusively.

    Raises
    ------
    StoreBusy
        When another process, or another store of this process, has it open.
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
        if Path(key).is_file() and Path(key).stat().st_size and not is_database(key):
            raise StoreError(path, FOREIGN)  # DuckDB would open a CSV file as an in-memory database
        if is_damaged(path):
            raise StoreError(path, damage(path))
        was_there = size(path) is not None
        try:
            connection = opened(path, read_only=read_only)
        except duckdb.Error as exc:
            if not was_there and size(path) == 0 and "lock" not in str(exc).lower():
                Path(path).unlink()  # on a full disk the file was created without content
            raise refusal(path, str(exc)) from exc
        _owned.add(key)
        return connection


def opened(path: str, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open a file; an empty one, left by a process killed while creating it, is replaced."""
    try:
        return duckdb.connect(path, read_only=read_only)
    except duckdb.IOException as exc:
        if read_only or size(path) != 0 or "not a valid DuckDB" not in str(exc):
            raise
        Path(path).unlink()
        return duckdb.connect(path)


def size(path: str) -> "int | None":
    """Size of a file in bytes; None if there is none."""
    try:
        return Path(path).stat().st_size
    except OSError:
        return None


def release(path: str) -> None:
    """Unregister a file that the caller has closed."""
    with _lock:
        _owned.discard(os.path.realpath(path))


def is_database(path: "str | Path") -> bool:
    """Whether a file has the header of a DuckDB database.

    Examples
    --------
    >>> is_database("/dev/null")
    False
    """
    try:
        with Path(path).open("rb") as file:
            return file.read(MAGIC_AT + len(MAGIC))[MAGIC_AT:] == MAGIC
    except OSError as exc:
        return isinstance(exc, PermissionError)  # DuckDB reports the error


def written_by(path: str) -> str:
    """The version of DuckDB that wrote a file, from its header; empty if unknown.

    Examples
    --------
    >>> written_by("/dev/null")
    ''
    """
    try:
        with Path(path).open("rb") as file:
            header = file.read(VERSION_AT + VERSION_BYTES)
    except OSError:
        return ""
    found = VERSION.match(header[VERSION_AT:])
    return found[1].decode() if found and header[8:12] == b"DUCK" else ""


def foreign(path: str, exc: duckdb.Error) -> StoreError:
    """The message to the user for DuckDB's error about the tables of a file.

    Examples
    --------
    >>> foreign("t.duckdb", duckdb.BinderException("no column trade_id")).why
    'its tables are not those of quantlive: choose another with --db'
    """
    if isinstance(exc, duckdb.BinderException | duckdb.CatalogException):
        return StoreError(path, "its tables are not those of quantlive: choose another with --db")
    return refusal(path, str(exc))


def refusal(path: str, message: str) -> StoreError:
    """The message to the user for DuckDB's error.

    Examples
    --------
    >>> refusal("t.duckdb", "Conflicting lock is held in python (PID 4711).").why
    'process 4711 is recording into it'
    """
    if "lock" in message.lower() and (owner := OWNER.search(message)):
        return StoreBusy(path, int(owner[1]))
    return StoreError(path, unreadable(path, message) or unopened(path, message))


def unreadable(path: str, message: str) -> str:
    """Why the content of a file cannot be read; empty if that is not the reason."""
    if "version number" in message and (wrote := written_by(path)):
        return (
            f"DuckDB {wrote} wrote it, and DuckDB {duckdb.__version__}, which is installed, cannot "
            "read it: choose another with --db, or export it with the newer one"
        )
    if "not a valid DuckDB" in message:
        return FOREIGN
    if any(sign in message.lower() for sign in DAMAGED):
        line = message.splitlines()[0][:LINE]
        return f"it is damaged ({line}): restore a copy of it, or choose another with --db"
    return ""


def unopened(path: str, message: str) -> str:
    """Why a file cannot be opened."""
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        return "its folder does not exist or cannot be made: choose another place with --db"
    if "Cannot open file" in message:
        if Path(path).exists() or os.access(folder, os.W_OK):
            return f"it cannot be opened ({message.rpartition(': ')[2].strip()})"
        return "its folder is not writable: choose another place with --db"
    return f"it cannot be opened: {message.splitlines()[0]}"
