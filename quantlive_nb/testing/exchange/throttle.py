"""Frames held back for a while on their way out, in the order in which they came.

This file lives in an event loop and knows neither connections nor what frames say.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from quantlive_nb.testing.market.event_frame import EventFrame

__all__ = ["Backlog"]


class Backlog:
    """A queue that each batch of frames leaves ``delay_s`` after it came.

    Parameters
    ----------
    write : callable
        Takes the frames when their time has come.

    Attributes
    ----------
    delay_s : float, seconds
        For the batches to come; 0 holds nothing back.

    Examples
    --------
    >>> gone = []
    >>> Backlog(gone.append).put([EventFrame.odd("{}", None)])
    >>> len(gone)
    1
    """

    def __init__(self, write: Callable[[Sequence[EventFrame]], object]) -> None:
        self._write = write
        self._waiting: deque[tuple[float, Sequence[EventFrame]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self.delay_s = 0.0

    def put(self, frames: Sequence[EventFrame]) -> None:
        """Let these frames go after the delay, and not before those that came earlier."""
        if self.delay_s <= 0 and not self._waiting:
            self._write(frames)
            return
        due_s = asyncio.get_running_loop().time() + self.delay_s
        if self._waiting:
            due_s = max(due_s, self._waiting[-1][0])
        self._waiting.append((due_s, frames))
        self._is_empty.clear()
        self._arm()

    async def drained(self) -> None:
        """Wait until nothing is held back any more."""
        await self._is_empty.wait()

    def _arm(self) -> None:
        """See to it that the first batch goes when it is due."""
        if self._timer is None and self._waiting:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self._waiting[0][0], self._release)

    def _release(self) -> None:
        """Let the first batch go."""
        self._timer = None
        _, frames = self._waiting.popleft()
        self._write(frames)
        self._arm()
        if not self._waiting:
            self._is_empty.set()
