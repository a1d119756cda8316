"""An event loop in a daemon thread that other threads can call."""

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from quantlive_nb.errors import Closed, UsageError

__all__ = ["LoopThread"]

T = TypeVar("T")

PATIENCE_S = 60.0


class LoopThread:
    """Runs one async context manager in its own event loop, from start to close.

    Parameters
    ----------
    name : str
        Name of the thread, also used in messages.
    context : callable
        Creates the async context manager to enter.

    Examples
    --------
    >>> @contextlib.asynccontextmanager
    ... async def nothing():
    ...     yield
    >>> thread = LoopThread("demo", nothing)
    >>> thread.start()
    >>> thread.call(lambda: 6 * 7)
    42
    >>> thread.close()
    """

    def __init__(self, name: str, context: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        self._name = name
        self._context = context
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._is_closed = False

    def start(self) -> None:
        """Enter the context; idempotent.

        Raises
        ------
        Closed
            If it was closed; and whatever entering the context raises.
        """
        if self._is_closed:
            raise Closed(self._name)
        if self._thread is None:
            entered: concurrent.futures.Future[None] = concurrent.futures.Future()
            thread = threading.Thread(
                target=lambda: asyncio.run(self._run(entered)), name=self._name, daemon=True
            )
            thread.start()
            if (error := entered.exception()) is not None:
                thread.join()
                raise error
            self._thread = thread

    def close(self) -> None:
        """Leave the context and end the thread; idempotent."""
        self._is_closed = True
        if self._loop is not None and self._thread is not None:
            with contextlib.suppress(RuntimeError):  # a failed context has ended the loop already
                self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
            self._loop = None

    def post(self, action: Callable[[], object]) -> None:
        """Schedule a function on the loop, in order."""
        self._running().call_soon_threadsafe(action)

    def call(self, action: Callable[[], T]) -> T:
        """Run a function on the loop and wait for its result."""
        loop = self._running()

        async def act() -> T:
            """The action, as a coroutine."""
            return action()

        return asyncio.run_coroutine_threadsafe(act(), loop).result(PATIENCE_S)

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._is_closed:
            raise Closed(self._name)
        if self._loop is None:
            raise UsageError(f"this {self._name} is not running: start it first")
        return self._loop

    async def _run(self, entered: "concurrent.futures.Future[None]") -> None:
        try:
            async with self._context():
                self._loop = asyncio.get_running_loop()
                entered.set_result(None)
                await self._stop.wait()
        except Exception as exc:
            if entered.done():
                raise
            entered.set_exception(exc)
