"""Frames delayed on their way out, in order.

Used on one event loop only.
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
        Receives the frames when they are due.

    Attributes
    ----------
    delay_s : float, seconds
        Delay of the next batches; 0 for none.

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
        """Send these frames after the delay, in order."""
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
        """Wait until the queue is empty."""
        await self._is_empty.wait()

    def _arm(self) -> None:
        """Schedule the first batch."""
        if self._timer is None and self._waiting:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self._waiting[0][0], self._release)

    def _release(self) -> None:
        """Send the first batch."""
        self._timer = None
        _, frames = self._waiting.popleft()
        self._write(frames)
        self._arm()
        if not self._waiting:
            self._is_empty.set()
