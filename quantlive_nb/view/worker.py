"""The worker: does what may take long, one thing after the other, and reports how it went.

This file knows no widget and no exchange: it calls functions and words their failures.
"""

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
    """A sentence for the user; an empty one takes an error away that was said before."""

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
    """A daemon thread with a queue, made when there is something to do.

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
        """Have a job done after those that wait already; returns at once."""
        with self._lock:
            if self._thread is None:
                self._thread = begin(self._run, "worker", self._give_up)
        self._jobs.put(job)

    def say(self, text: str, *, is_error: bool = False) -> None:
        """Report without a job."""
        self.outcomes.append(Said(text, is_error))
        self._done()

    def stop(self) -> None:
        """End after the jobs that wait; does not wait for that."""
        self._jobs.put(None)

    def _give_up(self) -> None:
        """End after the job at hand."""
        self._is_over = True
        self.stop()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None and not self._is_over:
            outcome = _outcome(job)
            if outcome is not None:
                self.outcomes.append(outcome)
            self._done()


def _outcome(job: Job) -> "Outcome | None":
    """What a job leads to; its failure is a sentence."""
    try:
        return job()
    except QuantliveError as error:
        return Said(str(error), is_error=True)
    except Exception as error:  # noqa: BLE001  whatever it is, the user reads it and the page goes on
        return Said(f"{type(error).__name__}: {error}", is_error=True)
