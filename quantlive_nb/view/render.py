"""The render thread: the only thread that changes widgets once the page is built."""

import threading
from collections.abc import Callable

from quantlive_nb.live.runtime.daemon_thread import begin

__all__ = ["Render"]

LEAST_S = 0.04
"""Shortest time between two refreshes, however often it is woken."""


class Render:
    """A daemon thread that repeats a step.

    Parameters
    ----------
    step : callable
        Draws once and returns how many seconds it can wait. It handles its own errors.
    """

    def __init__(self, step: Callable[[], float]) -> None:
        self._step = step
        self._wake, self._end = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start the thread; does nothing if it runs."""
        if not self.is_alive and not self._end.is_set():
            self._thread = begin(self._run, "render", self._ask_to_end)

    def wake(self) -> None:
        """Run the next step at once."""
        self._wake.set()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Stop after the current step, and wait for it unless called from the thread itself."""
        self._ask_to_end()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def _ask_to_end(self) -> None:
        """Stop after the current step."""
        self._end.set()
        self._wake.set()

    def _run(self) -> None:
        while not self._end.is_set():
            self._wake.clear()
            wait_s = self._step()
            self._end.wait(LEAST_S)
            self._wake.wait(max(wait_s - LEAST_S, 0.0))
