"""Runs slow jobs one after the other on a thread, and reports their outcomes."""

import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from quantlive_nb.errors import QuantliveError
from quantlive_nb.live.runtime.daemon_thread import begin

__all__ = ["File", "Outcome", "Said", "Worker"]


@dataclass(frozen=True, slots=True)
class Said:
    """A message for the user; an empty one clears an earlier error."""

    text: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A file for the user."""

    name: str
    content: bytes


Outcome = Said | File
Job = Callable[[], Outcome | None]


class Worker:
    """A daemon thread with a queue, started with the first job.

    Parameters
    ----------
    done : callable
        Called after every job, on the worker's thread.
    """

    def __init__(self, done: Callable[[], None]) -> None:
        self.outcomes: deque[Outcome] = deque()
        self._done = done
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._is_over = False
        self._lock = threading.Lock()

    def do(self, job: Job) -> None:
        """Queue a job; returns at once."""
        with self._lock:
            if self._thread is None:
                self._thread = begin(self._run, "worker", self._give_up)
        self._jobs.put(job)

    def say(self, text: str, *, is_error: bool = False) -> None:
        """Queue a message without a job."""
        self.outcomes.append(Said(text, is_error))
        self._done()

    def stop(self) -> None:
        """Stop after the queued jobs; returns at once."""
        self._jobs.put(None)

    def _give_up(self) -> None:
        """Stop after the current job."""
        self._is_over = True
        self.stop()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None and not self._is_over:
            outcome = _outcome(job)
            if outcome is not None:
                self.outcomes.append(outcome)
            self._done()


def _outcome(job: Job) -> "Outcome | None":
    """The outcome of a job; an error becomes a message."""
    try:
        return job()
    except QuantliveError as error:
        return Said(str(error), is_error=True)
    except Exception as error:  # noqa: BLE001  whatever it is, the user reads it and the page goes on
        return Said(f"{type(error).__name__}: {error}", is_error=True)
