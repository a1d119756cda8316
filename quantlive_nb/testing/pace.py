"""Due times turned into counts: what is due by now is handed out together.

This file knows neither what is due nor who wants it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable

__all__ = ["due"]

TICK_S = 0.001  # asyncio cannot sleep less; whatever falls due meanwhile goes out together


async def due(offsets_s: Iterable[float], n_most: int = 1_000) -> AsyncIterator[int]:
    """Count off items as their times come.

    Parameters
    ----------
    offsets_s : iterable of float, seconds
        When each item is due, counted from now; never falling. May be endless.
    n_most : int
        Hand out at most this many at once.

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
    now = asyncio.get_running_loop().time
    start_s = now()
    offsets = iter(offsets_s)
    next_s = next(offsets, None)
    while next_s is not None:
        elapsed_s = now() - start_s
        n = 0
        while next_s is not None and next_s <= elapsed_s and n < n_most:
            n += 1
            next_s = next(offsets, None)
        if n:
            yield n
        if next_s is not None:
            await asyncio.sleep(0 if n == n_most else max(TICK_S, next_s - elapsed_s))
