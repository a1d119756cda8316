"""The life of a Live: started, stopped, switched and closed, each as often as one likes.

This file knows sessions and threads, and none of the questions that are asked of them.
"""

import asyncio
import atexit
import concurrent.futures
import threading
import weakref
from enum import Enum
from typing import Self

from quantlive_nb.alert import Rule
from quantlive_nb.errors import Closed
from quantlive_nb.health import FeedState, Health
from quantlive_nb.live.loop import LoopThread
from quantlive_nb.live.session import Session
from quantlive_nb.live.source import Options
from quantlive_nb.panel import Panel

__all__ = ["Lifecycle", "State"]


class State(Enum):
    """Where a Live stands in its life.

    Examples
    --------
    >>> State.NEW.value
    'new'
    """

    NEW = "new"  # made; nothing runs, nothing is open
    RUNNING = "running"  # records
    STOPPED = "stopped"  # records no more; may be started again
    FAILED = "failed"  # the recording gave up; health() says why
    CLOSED = "closed"  # over; a newer Live may have taken its name


_living: "weakref.WeakValueDictionary[str, Lifecycle]" = weakref.WeakValueDictionary()


class Lifecycle:
    """``NEW → RUNNING ⇄ STOPPED → CLOSED``, plus ``FAILED``; every verb may be said twice."""

    def __init__(self, name: str, options: Options) -> None:
        self.name = name
        self.options = options
        self.panels: dict[str, Panel] = {}
        self._why_closed = ""
        self._loop: LoopThread | None = None
        self._session: Session | None = None
        self._running = False
        self._turn = threading.RLock()
        self._changes = threading.Condition()
        self._version = 0

    def start(self) -> Self:
        """Begin to record; a Live of the same name that runs already is closed first.

        Raises
        ------
        Closed
            After :meth:`close`.
        ReplayError
            When the recording to be played cannot be read.
        """
        with self._turn:
            self._alive()
            elder = _living.get(self.name)
            if elder is not None and elder is not self:
                elder.close(f"a newer Live({self.name}) took over: run this cell again")
            _living[self.name] = self
            if not self._running:
                self._begin(self.options)
        return self

    def stop(self) -> Self:
        """Record no more; what was recorded stays to be asked, :meth:`start` goes on with it."""
        with self._turn:
            self._alive()
            if self._running and self._session is not None:
                self._running = False
                self._session.pause()
        return self

    def switch(self, source: str, speed: "float | None" = None) -> None:
        """Record another source from now on; alerts and panels come along.

        Raises
        ------
        UsageError, ReplayError
            When the source cannot be; the old one goes on.
        """
        with self._turn:
            self._alive()
            self._begin(self.options.at(source, speed))

    def close(self, why: str = "closed") -> None:
        """End everything and give the database back."""
        with self._turn:
            if self._why_closed:
                return
            self._why_closed, self._running = why, False
            if self._session is not None:
                self._session.stop()
            if self._loop is not None:
                self._loop.close()
        self._touch()

    async def aclose(self) -> None:
        """:meth:`close`, without holding up the caller's loop."""
        await asyncio.to_thread(self.close)

    async def wait(self) -> None:
        """Until the recording ends by itself; raises what made it fail.

        Raises
        ------
        QuantliveError
        """
        if self._session is not None and self._session.future is not None:
            await asyncio.wrap_future(self._session.future)

    def join(self, timeout_s: "float | None" = None) -> bool:
        """Wait like :meth:`wait`, in a thread; whether the recording has ended by itself.

        Raises
        ------
        QuantliveError
            What made it fail.
        """
        if self._session is None or self._session.future is None:
            return True
        try:
            self._session.future.result(timeout_s)
        except concurrent.futures.TimeoutError:
            return False
        return True

    @property
    def state(self) -> State:
        """Where it stands."""
        if self._why_closed:
            return State.CLOSED
        if self._session is None:
            return State.NEW
        if self._session.recorder.state is FeedState.FAILED:
            return State.FAILED
        return State.RUNNING if self._running else State.STOPPED

    @property
    def version(self) -> int:
        """Grows whenever there is something new to show."""
        return self._version

    def wait_change(self, version: int, timeout_s: float) -> int:
        """Wait until :attr:`version` is another one, but not longer; the version then."""
        with self._changes:
            self._changes.wait_for(lambda: self._version != version, timeout_s)
            return self._version

    def health(self) -> Health:
        """How the recording is doing."""
        if self._session is None:
            return Health(FeedState.NEW, self.options.source, "not started")
        health = self._session.recorder.health()
        if self._why_closed:
            return health.but(state=FeedState.STOPPED, reason=self._why_closed)
        return health

    def __repr__(self) -> str:
        """One line: state, source, rate, lag, tape."""
        if self.state is State.NEW:
            return f"Live({self.name}) new · {self.options.source}"
        return f"Live({self.name}) {self.state.value} · {self.health()}"

    def _begin(self, options: Options) -> None:
        """Replace the session by a new one; a source that cannot be leaves the old one at work."""
        elder, store = self._session, None
        rules: tuple[Rule, ...] = ()
        options.check()
        if elder is not None:
            rules = tuple(status.rule for status in elder.watcher.statuses())
            is_same = (elder.options.path, elder.options.source) == (options.path, options.source)
            store = elder.recorder.store if is_same else None
            elder.stop(keep_store=is_same)
        session = Session(options, self.panels, self._touch, store)
        self._loop = self._loop or LoopThread(self.name)
        self.options, self._session, self._running = options, session, True
        session.start(self._loop)
        if rules:
            session.carry(rules)

    def _alive(self) -> None:
        if self._why_closed:
            raise Closed(f"Live({self.name})")

    def _touch(self) -> None:
        with self._changes:
            self._version += 1
            self._changes.notify_all()


@atexit.register
def _close_all() -> None:
    """Flush and close what still runs when the kernel shuts down."""
    for live in list(_living.values()):
        live.close("the kernel ended")
