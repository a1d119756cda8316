"""Limits of one query: memory, rows and time."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

import duckdb

from quantlive_nb.errors import Closed, StoreError, UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Budget", "Deadline", "asking", "end_questions", "frame", "is_memory_short"]

AGAIN_S = 0.05
"""Seconds between two interrupts: one between two statements has no effect."""
LAST_S = 0.2
"""Seconds that a thread may take to finish after its query was interrupted."""
VECTORS = 32
"""Vectors of 2 048 rows fetched at a time."""
LESS = "ask for fewer rows, columns or symbols, or export the trades and ask the file"
SHORT = ("out of memory", "failed to allocate", "failed to offload")


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one query.

    Parameters
    ----------
    memory_mb : int
        Memory for DuckDB; it spills to disk where it can.
    n_rows : int
        Rows of the result.
    seconds : float

    Notes
    -----
    Defaults can be changed by the variables ``QUANTLIVE_SQL_MB``, ``_SQL_ROWS`` and
    ``_SQL_SECONDS``.

    Examples
    --------
    >>> Budget()
    Budget(memory_mb=64, n_rows=200000, seconds=10.0)
    """

    memory_mb: int = 64
    n_rows: int = 200_000
    seconds: float = 10.0

    @property
    def own_mb(self) -> int:
        """MB by which the owner may grow for a query of its own."""
        return 2 * self.memory_mb

    @classmethod
    def read(cls) -> Self:
        """The limits from the environment, or the defaults.

        Raises
        ------
        UsageError
            For a value that is not a number above 0.
        """
        given: dict[str, int | float] = {}
        for name, key in (("memory_mb", "MB"), ("n_rows", "ROWS"), ("seconds", "SECONDS")):
            text = os.environ.get(f"QUANTLIVE_SQL_{key}")
            if text:
                given[name] = number(f"QUANTLIVE_SQL_{key}", text, is_whole=name != "seconds")
        return cls(**given)  # type: ignore[arg-type]

    @contextlib.contextmanager
    def bound(self, connection: "Interruptible", path: str) -> Iterator["Deadline"]:
        """Interrupt a connection at the deadline; turn exceeded limits into one clear error.

        Yields
        ------
        Deadline
            To be checked between two statements.

        Raises
        ------
        StoreError
        """
        deadline = Deadline(self.seconds, path)
        try:
            with interrupted(connection, self.seconds):
                yield deadline
        except duckdb.InterruptException as exc:
            if _is_ending.is_set():
                raise Closed("Store") from exc
            raise StoreError(path, deadline.why) from exc
        except duckdb.Error as exc:
            if is_memory_short(exc):
                why = f"the answer needs more than {self.memory_mb} MB: {LESS}"
                raise StoreError(path, why) from exc
            raise


class Interruptible(Protocol):
    """A connection that can be interrupted from another thread."""

    def interrupt(self) -> None:
        """Abort the running statement, if any, with an error."""


_asking: "list[tuple[Interruptible | None, threading.Thread]]" = []
_is_ending, _lock = threading.Event(), threading.Lock()


class Deadline:
    """The deadline of a query, checked between two statements.

    Parameters
    ----------
    seconds : float
        From now on.
    path : str
    now_s : callable

    Examples
    --------
    >>> Deadline(5.0, "t.duckdb").check()
    """

    def __init__(
        self, seconds: float, path: str, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._path, self._now_s, self._at_s = path, now_s, now_s() + seconds
        self.why = f"the answer takes longer than {seconds:g} s: {LESS}"

    def check(self) -> None:
        """Raise if the deadline has passed.

        Raises
        ------
        StoreError
        """
        if self._now_s() > self._at_s:
            raise StoreError(self._path, self.why)


def frame(
    answer: duckdb.DuckDBPyConnection, budget: Budget, path: str, deadline: "Deadline | None" = None
) -> "pd.DataFrame":
    """The rows of a result, fetched in parts.

    Raises
    ------
    StoreError
        When there are more than the budget allows, or they take longer.
    """
    import pandas as pd

    parts = [answer.fetch_df_chunk(VECTORS)]
    n_rows = len(parts[0])
    while len(parts[-1]) and n_rows <= budget.n_rows:
        if deadline is not None:
            deadline.check()
        parts.append(answer.fetch_df_chunk(VECTORS))
        n_rows += len(parts[-1])
    if n_rows > budget.n_rows:
        raise StoreError(path, f"the answer has more than {budget.n_rows:,} rows: {LESS}")
    return parts[0] if len(parts) < 3 else pd.concat(parts[:-1], ignore_index=True)


@contextlib.contextmanager
def asking(connection: "Interruptible | None" = None) -> Iterator[None]:
    """While the block runs, process exit interrupts the connection and waits for the block.

    Raises
    ------
    Closed
        When the process is already exiting.
    """
    asked = connection, threading.current_thread()
    with _lock:
        if _is_ending.is_set():
            raise Closed("Store")
        _asking.append(asked)
    try:
        yield
    finally:
        with _lock:
            _asking.remove(asked)


def end_questions(timeout_s: float = 5.0) -> None:
    """Refuse new queries, and interrupt running ones until they have ended.

    Notes
    -----
    A daemon thread that returns from DuckDB during interpreter shutdown aborts the process. Freeing
    a connection calls DuckDB too, so the threads get time to end.
    """
    threads: set[threading.Thread] = set()
    until_s = time.monotonic() + timeout_s
    with _lock:
        _is_ending.set()
    while time.monotonic() < until_s:
        with _lock:
            threads |= {thread for _, thread in _asking}
            for connection, _ in _asking:
                if connection is not None:
                    connection.interrupt()
            if not _asking:
                break
        time.sleep(AGAIN_S)
    for thread in threads - {threading.current_thread()}:
        thread.join(LAST_S)


@contextlib.contextmanager
def interrupted(connection: Interruptible, after_s: float) -> Iterator[None]:
    """Interrupt a connection after some time, repeatedly until the block ends."""
    is_over = threading.Event()

    def watch() -> None:
        wait_s = min(after_s, threading.TIMEOUT_MAX)
        while not is_over.wait(wait_s):
            wait_s = AGAIN_S
            connection.interrupt()

    watcher = threading.Thread(target=watch, name="quantlive-deadline", daemon=True)
    watcher.start()
    try:
        with asking(connection):
            yield
    finally:
        is_over.set()
        watcher.join()  # a later interrupt would hit the next question


def is_memory_short(exc: duckdb.Error) -> bool:
    """Whether DuckDB failed because of its memory limit.

    Examples
    --------
    >>> is_memory_short(duckdb.OutOfMemoryException("")), is_memory_short(duckdb.Error("syntax"))
    (True, False)
    """
    is_named = isinstance(exc, duckdb.OutOfMemoryException)
    return is_named or any(sign in str(exc).lower() for sign in SHORT)


def number(name: str, text: str, *, is_whole: bool) -> "int | float":
    """Parse a number above 0.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> number("n", "12", is_whole=True)
    12
    """
    with contextlib.suppress(ValueError):
        value = int(text) if is_whole else float(text)
        if 0 < value < float("inf"):
            return value
    raise UsageError(f"{name} is {text!r}: give a number above 0")
