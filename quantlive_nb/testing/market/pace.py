"""Counts due items by their times; everything due by now is handed out together."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterable

__all__ = ["Throttle", "due"]

TICK_S = 0.001  # asyncio cannot sleep less; items due meanwhile go out together


class Throttle:
    """Limits the number of items handed out; unlimited by default.

    Attributes
    ----------
    n_gone : int
        Items handed out.

    Examples
    --------
    >>> throttle = Throttle()
    >>> throttle.let(3)
    >>> throttle.n_left
    3
    """

    def __init__(self) -> None:
        self.n_gone = 0
        self._n_most = math.inf
        self._waiter: asyncio.Future[None] | None = None

    @property
    def n_left(self) -> float:
        """Items still allowed."""
        return max(self._n_most - self.n_gone, 0)

    def let(self, n_most: float) -> None:
        """Allow this many items in total."""
        self._n_most = n_most
        self._wake()

    async def sleep(self, delay_s: float | None) -> None:
        """Wait this long, or forever, but at most until the next change."""
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = None if delay_s is None else loop.call_later(delay_s, self._wake)
        try:
            await self._waiter
        finally:
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


async def due(
    offsets_s: Iterable[float], n_most: int = 1_000, throttle: Throttle | None = None
) -> AsyncIterator[int]:
    """Yield counts of items as they fall due.

    Parameters
    ----------
    offsets_s : iterable of float, seconds
        When each item is due, counted from now; never falling. May be endless.
    n_most : int
        Hand out at most this many at once.
    throttle : Throttle, optional
        Counts items; while it is paused, time does not advance.

    Yields
    ------
    int
        How many further items are due: 1 to ``n_most``.

    Notes
    -----
    A consumer that is late finds the backlog in the next counts; nothing is skipped.

    Examples
    --------
    >>> async def counts():
    ...     return [n async for n in due([0.0, 0.0, 0.0, 0.005], n_most=2)]
    >>> asyncio.run(counts())
    [2, 1, 1]
    """
    throttle = throttle or Throttle()
    now = asyncio.get_running_loop().time
    start_s = now()
    offsets = iter(offsets_s)
    next_s = next(offsets, None)
    while next_s is not None:
        held_s = now()
        if throttle.n_left == 0:
            await throttle.sleep(None)
            start_s += now() - held_s
            continue
        elapsed_s, n_room = held_s - start_s, min(n_most, throttle.n_left)
        n = 0
        while next_s is not None and next_s <= elapsed_s and n < n_room:
            n += 1
            next_s = next(offsets, None)
        throttle.n_gone += n
        if n:
            yield n
        if next_s is not None and throttle.n_left > 0:
            wait_s = max(TICK_S, next_s - (now() - start_s))
            await (asyncio.sleep(0) if n == n_room else throttle.sleep(wait_s))
