"""What one question may cost the process that computes its answer: memory, rows and time.

This file knows no table and no store.
"""

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
"""Seconds between two interrupts: one that comes between two statements is lost."""
LAST_S = 0.2
"""Seconds that a thread has for the rest of its work after its question was interrupted."""
VECTORS = 32
"""Vectors of 2 048 rows that are taken at a time."""
LESS = "ask for fewer rows, columns or symbols, or export the trades and ask the file"
SHORT = ("out of memory", "failed to allocate", "failed to offload")


@dataclass(frozen=True, slots=True)
class Budget:
    """Bounds of one question.

    Parameters
    ----------
    memory_mb : int
        What DuckDB may use; more is put on the disk where that can be done.
    n_rows : int
        Rows of the answer.
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
        """What the process that owns the database may grow by to answer a question of its own."""
        return 2 * self.memory_mb

    @classmethod
    def read(cls) -> Self:
        """The defaults, or what the environment says instead.

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
        """Interrupt a connection when the time is over; say in a sentence what was too much.

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
    """A connection whose statement can be ended from another thread."""

    def interrupt(self) -> None:
        """End the statement at hand, if there is one, with an error."""


_asking: "list[tuple[Interruptible | None, threading.Thread]]" = []
_is_ending, _lock = threading.Event(), threading.Lock()


class Deadline:
    """The moment at which a question must be answered, to be checked between two statements.

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
        """Go on only before that moment.

        Raises
        ------
        StoreError
        """
        if self._now_s() > self._at_s:
            raise StoreError(self._path, self.why)


def frame(
    answer: duckdb.DuckDBPyConnection, budget: Budget, path: str, deadline: "Deadline | None" = None
) -> "pd.DataFrame":
    """The rows of an answer, taken a part at a time.

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
    """While the block runs, the end of the process waits for it, and interrupts the connection.

    Raises
    ------
    Closed
        When the process ends already.
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
    """Let no question begin any more, and interrupt those at hand until they have ended.

    Notes
    -----
    A daemon thread that returns from DuckDB while the interpreter is finalized aborts the process;
    to free a connection is a call of DuckDB too, so the threads get a moment to end.
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
    """Interrupt a connection after some time, again and again until the block ends."""
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
    """Whether DuckDB failed because it may not use more memory.

    Examples
    --------
    >>> is_memory_short(duckdb.OutOfMemoryException("")), is_memory_short(duckdb.Error("syntax"))
    (True, False)
    """
    is_named = isinstance(exc, duckdb.OutOfMemoryException)
    return is_named or any(sign in str(exc).lower() for sign in SHORT)


def number(name: str, text: str, *, is_whole: bool) -> "int | float":
    """The number above 0 that a text says.

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
