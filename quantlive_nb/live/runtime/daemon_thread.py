"""Daemon threads that are stopped before the interpreter shuts down.

A daemon thread that returns from DuckDB during interpreter shutdown aborts the process.
"""

import threading
import time
import weakref
from collections.abc import Callable

from quantlive_nb.store.question.question_budget import end_questions

__all__ = ["begin", "end_threads"]

PATIENCE_S = 5.0
_ends: "weakref.WeakKeyDictionary[threading.Thread, Callable[[], object]]"
_ends = weakref.WeakKeyDictionary()
"""The stop function of each thread."""


def begin(
    work: Callable[[], object], name: str, end: Callable[[], object] = lambda: None
) -> threading.Thread:
    """Start a daemon thread.

    Parameters
    ----------
    work : callable
    name : str
        Without our common prefix.
    end : callable
        Requests a stop without waiting.

    Examples
    --------
    >>> over = threading.Event()
    >>> thread = begin(over.wait, "doc", over.set)
    >>> over.set()
    >>> thread.join()
    """
    thread = threading.Thread(target=work, name=f"quantlive-{name}", daemon=True)
    _ends[thread] = end
    thread.start()
    return thread


def end_threads(timeout_s: float = PATIENCE_S) -> None:
    """End running queries, then every thread; wait up to a time limit."""
    end_questions(timeout_s)
    until_s = time.monotonic() + timeout_s
    living = [(thread, end) for thread, end in list(_ends.items()) if thread.is_alive()]
    for _, end in living:
        end()
    for thread, _ in living:
        if thread is not threading.current_thread():
            thread.join(max(until_s - time.monotonic(), 0.0))
