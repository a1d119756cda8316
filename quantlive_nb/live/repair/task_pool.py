"""Keyed background tasks with exponential backoff after failure."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

from quantlive_nb.errors import FeedError, StoreError

__all__ = ["Key", "TaskPool"]

log = logging.getLogger("quantlive.repair")

AGAIN_S, AGAIN_MOST_S = 1.0, 120.0
"""First pause before a retry; doubled each time."""
FAILED_MOST_S = 30.0
"""Longest pause before a retry."""
Key = tuple[str, int]
Work = Callable[[], Coroutine[object, object, None]]


class TaskPool:
    """Tasks by key, on the running loop.

    Parameters
    ----------
    done : callable
        Called when a task has ended.

    Attributes
    ----------
    trouble : str
        Reason of the latest failure without a success since.

    Examples
    --------
    >>> async def run():
    ...     tasks, told = TaskPool(lambda: None), []
    ...     async def tell(): told.append(1)
    ...     tasks.start(("A", 1), tell); tasks.start(("A", 1), tell)
    ...     await asyncio.sleep(0.01); return told
    >>> asyncio.run(run())
    [1]
    """

    def __init__(self, done: Callable[[], None]) -> None:
        self._whys: dict[Key, str] = {}
        self._ended = done
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._pauses: dict[Key, tuple[float, float]] = {}

    @property
    def trouble(self) -> str:
        """Reason of the latest failure without a success since; thread-safe."""
        return next(reversed(tuple(self._whys.values())), "")

    def forget(self, is_over: Callable[[Key], bool]) -> None:
        """Clear the failures of keys that are no longer needed."""
        for key in [key for key in self._whys if is_over(key)]:
            del self._whys[key]

    def start(self, key: Key, work: Work) -> None:
        """Start a task, unless it runs or is in backoff."""
        now_s = asyncio.get_running_loop().time()
        if key in self._tasks or self._pauses.get(key, (0.0, 0.0))[0] > now_s:
            return
        task = self._tasks[key] = asyncio.create_task(self._supervised(key, work))
        task.add_done_callback(lambda _: self._done(key))

    def count(self, is_meant: Callable[[Key], bool]) -> int:
        """Number of running tasks of a kind; thread-safe."""
        return sum(map(is_meant, tuple(self._tasks)))

    def later(self, key: Key, most_s: "float | None" = None) -> None:
        """Back off this key; the pause doubles up to ``AGAIN_MOST_S``."""
        now_s = asyncio.get_running_loop().time()
        longest_s = min(AGAIN_MOST_S, most_s or AGAIN_MOST_S)
        pause_s = min(2 * self._pauses.get(key, (0.0, AGAIN_S / 2))[1], longest_s)
        self._pauses[key] = now_s + pause_s, pause_s

    def well(self, key: Key) -> None:
        """Reset the backoff of this key after success."""
        self._pauses.pop(key, None)

    def forgive(self) -> None:
        """Reset all backoffs: the reason of the failures is gone."""
        self._pauses.clear()

    async def aclose(self) -> None:
        """Cancel all tasks."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, key: Key) -> None:
        self._tasks.pop(key, None)
        self._ended()

    async def _supervised(self, key: Key, work: Work) -> None:
        """Run a task; record a failure for display and back off."""
        try:
            await work()
        except (FeedError, StoreError) as exc:
            if str(exc) not in self._whys.values():
                log.warning("%s", exc)
            self._fail(key, str(exc))
        # Any failure must be shown, and must not be retried five times a second.
        except Exception as exc:
            log.exception("a task failed")
            self._fail(key, f"{type(exc).__name__}: {exc}")
        else:
            self._whys.pop(key, None)

    def _fail(self, key: Key, why: str) -> None:
        """Record the reason, the newest last, and back off."""
        self._whys.pop(key, None)
        self._whys[key] = why
        self.later(key, FAILED_MOST_S)
