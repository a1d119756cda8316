"""Limits the growth of the process while a query runs in it."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb

from quantlive_nb.errors import Closed, StoreError
from quantlive_nb.store.question.question_budget import LESS, asking

__all__ = ["light", "resident_mb"]

LOOK_S = 0.005
"""Seconds between two checks: a result grows by a few MB in that time."""
STATM = Path("/proc/self/statm")
CACHED = """
SELECT coalesce(sum(memory_usage_bytes), 0) / 1e6 FROM duckdb_memory() WHERE tag = 'BASE_TABLE'
"""
"""Cached table data: DuckDB can evict it, so it is not counted for the query."""


@contextlib.contextmanager
def light(connection: duckdb.DuckDBPyConnection, most_mb: int, path: str) -> Iterator[None]:
    """Interrupt the statement of a connection when the process has grown by more than a limit.

    Parameters
    ----------
    connection : DuckDBPyConnection
    most_mb : int
    path : str
        For the message.

    Raises
    ------
    StoreError
        When it was interrupted.

    Notes
    -----
    DuckDB's own limit holds for a whole database, so the writer would share it, and several
    aggregates (median, mode, entropy) keep state outside it.

    Examples
    --------
    >>> with duckdb.connect() as connection, light(connection, 100, "t"):
    ...     connection.execute("SELECT 1").fetchone()
    (1,)
    """
    is_over, is_heavy = threading.Event(), threading.Event()
    look = threading.Thread(
        target=watch,
        args=(connection, (resident_mb() + most_mb, cached(connection)), is_over, is_heavy),
        name="quantlive-footprint",
        daemon=True,
    )
    look.start()
    try:
        yield
    except duckdb.InterruptException as exc:
        if is_heavy.is_set():
            raise StoreError(path, f"the answer needs more than {most_mb} MB: {LESS}") from exc
        raise
    finally:
        is_over.set()
        look.join()  # a later interrupt would hit the next query


def watch(
    connection: duckdb.DuckDBPyConnection,
    most: tuple[float, float],
    is_over: threading.Event,
    is_heavy: threading.Event,
) -> None:
    """Interrupt a connection repeatedly once the process has grown too much.

    Parameters
    ----------
    most : float and float, MB
        Largest size of the process; and the part of it that was cached table data before.
    """
    most_mb, cached_mb = most
    # Process exit waits for this thread too, as it may be within DuckDB.
    with contextlib.suppress(Closed), asking():
        while not is_over.wait(LOOK_S):
            if not is_heavy.is_set() and resident_mb() > most_mb:
                now_mb = resident_mb() - max(cached(connection) - cached_mb, 0.0)
                if now_mb > most_mb:
                    is_heavy.set()
            if is_heavy.is_set():
                connection.interrupt()


def cached(connection: duckdb.DuckDBPyConnection) -> float:
    """MB of table data cached by DuckDB."""
    with contextlib.suppress(duckdb.Error), connection.cursor() as cursor:
        return float((cursor.execute(CACHED).fetchone() or (0.0,))[0])
    return 0.0


def resident_mb() -> float:
    """Resident memory of this process; its peak on systems that do not report the current value.

    Examples
    --------
    >>> resident_mb() > 1
    True
    """
    with contextlib.suppress(OSError):
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most / 1e3
