"""One DuckDB file: per-thread cursors, transactions, reopening after a fatal error."""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb

from quantlive_nb.errors import Closed, StoreError, StoreFull
from quantlive_nb.path import expanded
from quantlive_nb.store.ownership import MEMORY, connect, foreign, release
from quantlive_nb.store.question.question_budget import is_memory_short

__all__ = ["DuckDBFile"]

SETTINGS = """
SET enable_progress_bar = false;
SET pandas_analyze_sample = 0; -- a text is a text: guessing would double the cost of an append
SET TimeZone = 'UTC'
"""
"""Set on each connection, as a CSV is written in the time zone of the connection."""
OPENING_MB = 512
"""Memory for DuckDB while the tables of an older file are migrated."""
FULL = ("no space left", "file too large", "could not write", "disk quota")


class DuckDBFile:
    """A file that this process owns, or memory; a subclass creates its tables in ``_prepare``.

    Parameters
    ----------
    path : str or Path
    read_only : bool
    memory_mb : int
        Memory limit of DuckDB; 0: its own default.

    Attributes
    ----------
    is_broken : bool
        DuckDB has invalidated the database, after a checkpoint on a full disk; nothing can be read
        or written before :meth:`revive`.

    Raises
    ------
    StoreBusy, StoreError

    Examples
    --------
    >>> database = DuckDBFile()
    >>> with database.transaction() as cursor:
    ...     _ = cursor.execute("CREATE TABLE t AS SELECT 42 AS answer")
    >>> database.cursor().execute("FROM t").fetchall()
    [(42,)]
    >>> database.close()
    """

    def __init__(
        self, path: "str | Path" = MEMORY, *, read_only: bool = False, memory_mb: int = 0
    ) -> None:
        self.path, self._memory_mb = str(expanded(path)), memory_mb
        self.read_only = read_only
        self.is_broken = False
        self._is_closed = False
        self._turn = threading.RLock()
        self._local = threading.local()
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self._root: duckdb.DuckDBPyConnection | None = None
        self._file: tuple[int, int] | None = None
        self._open()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """The connection of the calling thread to this database.

        Raises
        ------
        Closed
            After :meth:`close`.
        StoreError
            While an invalidated file cannot be reopened.
        """
        with self._turn:  # no query runs while it is being reopened
            if self._root is None:
                raise (
                    Closed("Store")
                    if self._is_closed
                    else StoreError(
                        self.path, "it was given up and cannot be opened anew: free some space"
                    )
                )
            cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
            if cursor is None:
                cursor = self._local.cursor = self._root.cursor()
                cursor.execute(SETTINGS)
                self._equip(cursor)
                self._cursors.append(cursor)
            return cursor

    @contextlib.contextmanager
    def asking(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The cursor; a full disk becomes one clear error.

        Raises
        ------
        StoreFull
        """
        try:
            yield self.cursor()
        except duckdb.Error as exc:
            if isinstance(exc, duckdb.FatalException):
                self.is_broken = True
            if self.is_broken or any(sign in str(exc).lower() for sign in FULL):
                raise StoreFull(self.path, str(exc)) from exc
            if is_memory_short(exc):
                raise StoreFull(
                    self.path, "DuckDB has no memory left", "it is tried again"
                ) from exc
            raise

    @contextlib.contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Run the block in a transaction.

        Raises
        ------
        StoreFull
            When the disk is full.
        """
        with self.asking() as cursor:
            cursor.execute("BEGIN")
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(duckdb.Error):
                    cursor.execute("ROLLBACK")
                raise

    def check(self) -> None:
        """Check that the file at the path is the one that is open.

        Raises
        ------
        StoreError
            When it was deleted or replaced: writes would go to a file that no longer has a name.
        """
        if self._file is None or self._file == identity(self.path):
            return
        why = "its file was deleted or replaced while it was recorded into: start again"
        raise StoreError(self.path, why)

    def revive(self) -> None:
        """Reopen the file after DuckDB invalidated it; committed data are kept.

        Raises
        ------
        StoreError
            When it cannot be opened; the call can be repeated.
        """
        with self._turn:
            self._give_back()
            self._open()
            self.is_broken = False

    def close(self) -> None:
        """Close the file; idempotent."""
        with self._turn:
            self._is_closed = True
            self._give_back()

    def _equip(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Hook: set up a new connection."""

    def _prepare(self) -> None:
        """Hook: create tables and load state after opening."""

    def _open(self) -> None:
        """Connect and prepare; close the file if preparing fails."""
        self._root = connect(self.path, read_only=self.read_only)
        try:
            with self.asking() as cursor:
                cursor.execute(f"SET threads = {n_cores()}")
                self._prepare_within(cursor)
        except duckdb.Error as exc:
            self._give_back()
            raise foreign(self.path, exc) from exc
        except BaseException:
            self._give_back()
            raise
        self._file = None if self.path == MEMORY else identity(self.path)

    def _prepare_within(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Run :meth:`_prepare` within the memory limit; migrating an older file may use more."""
        if not self._memory_mb:
            self._prepare()
            return
        limit = f"SET memory_limit = '{self._memory_mb}MB'"
        cursor.execute(limit)
        try:
            self._prepare()
        except StoreFull:
            cursor.execute(f"SET memory_limit = '{max(OPENING_MB, self._memory_mb)}MB'")
            self._prepare()
            cursor.execute(limit)

    def _give_back(self) -> None:
        root, self._root = self._root, None
        if root is None:
            return
        for connection in (*self._cursors, root):
            with contextlib.suppress(duckdb.Error):
                connection.close()
        self._local, self._cursors = threading.local(), []
        release(self.path)


def identity(path: str) -> "tuple[int, int] | None":
    """Device and inode of the file at a path; None if there is none.

    Examples
    --------
    >>> identity("/no/such/file") is None
    True
    """
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def n_cores() -> int:
    """Number of cores that this process may use; DuckDB counts those of the machine.

    Examples
    --------
    >>> 1 <= n_cores() <= os.cpu_count()
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
