"""The life of a Live: started, stopped, switched and closed, each as often as one likes.

This file knows sessions and threads, and none of the questions that are asked of them.
"""

import asyncio
import atexit
import concurrent.futures
import threading
from dataclasses import replace
from enum import Enum
from typing import NamedTuple, Self

from quantlive_nb.alert import Rule
from quantlive_nb.errors import Closed, UsageError
from quantlive_nb.health import FeedState, Health
from quantlive_nb.live.recording import Recording
from quantlive_nb.live.replay_folder import judged
from quantlive_nb.live.runtime.daemon_thread import end_threads
from quantlive_nb.live.runtime.event_loop import LoopThread
from quantlive_nb.live.source import Options
from quantlive_nb.panel import Panel
from quantlive_nb.store import MEMORY

__all__ = ["Lifecycle", "State"]

TAKEN = "a newer Live({}) took over: run this cell again"


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


class Changes:
    """A number that grows with every change, and a way to wait for the next one.

    Examples
    --------
    >>> changes = Changes()
    >>> changes.touch()
    >>> changes.wait(0, timeout_s=9)
    1
    """

    def __init__(self) -> None:
        self.version = 0
        self._condition = threading.Condition()

    def touch(self) -> None:
        """Something can be shown that could not be shown before."""
        with self._condition:
            self.version += 1
            self._condition.notify_all()

    def wait(self, version: int, timeout_s: float) -> int:
        """Wait until the version is another one, but not longer; the version then."""
        with self._condition:
            self._condition.wait_for(lambda: self.version != version, timeout_s)
            return self.version


class Estate(NamedTuple):
    """What runs in a Live."""

    panels: dict[str, Panel]
    changes: Changes
    loop: LoopThread | None
    session: Recording | None


_living: dict[str, "Lifecycle"] = {}
"""Every Live that was started and not closed, by name: what runs must be found to be ended."""


class Lifecycle:
    """``NEW → RUNNING ⇄ STOPPED → CLOSED``, plus ``FAILED``; every verb may be said twice."""

    def __init__(self, name: str, options: Options) -> None:
        self.name = name
        self.options = self._first = options
        self.panels: dict[str, Panel] = {}
        self._why_closed, self._running = "", False
        self._loop: LoopThread | None = None
        self._session: Recording | None = None
        self._turn = threading.RLock()
        self._changes = Changes()

    def start(self) -> Self:
        """Begin to record, in the place of any Live of the same name.

        An elder that records the same source into the same database hands its recording over as
        it is, so a cell that is run again loses no trade; any other elder is closed.

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
            if self._session is None and elder is not None and elder.records(self.options):
                self._inherit(elder)
            elif self.state is not State.RUNNING:
                self._begin(self.options, resumes=True)
        return self

    def hand_over(self) -> "Estate":
        """Everything that runs, for a newer Live of this name; this one is closed."""
        with self._turn:
            self._why_closed, self._running = TAKEN.format(self.name), False
            return Estate(self.panels, self._changes, self._loop, self._session)

    def records(self, options: Options) -> bool:
        """Whether exactly this is being recorded now."""
        future = None if self._session is None else self._session.future
        is_going_on = future is not None and not future.done()
        return is_going_on and self.state is State.RUNNING and self.options == options

    def stop(self) -> Self:
        """Record no more; what was recorded stays to be asked, :meth:`start` goes on with it."""
        with self._turn:
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
            options = self.options.at(judged(source, self._first.source), speed)
            if options.source == self._first.source:
                options = replace(options, db=self._first.db)
            self._begin(options, resumes=False)

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
            if _living.get(self.name) is self:
                del _living[self.name]
        self._changes.touch()

    async def aclose(self) -> None:
        """:meth:`close`, without holding up the caller's loop."""
        await asyncio.to_thread(self.close)

    async def wait(self) -> None:
        """Until the recording ends by itself; raises what made it fail.

        Raises
        ------
        QuantliveError
        """
        future = None if self._session is None else self._session.future
        if future is None:
            return
        try:
            # Shielded: who stops waiting does not stop the recording.
            await asyncio.shield(asyncio.wrap_future(future))
        except asyncio.CancelledError:
            if not future.cancelled():
                raise

    def join(self, timeout_s: "float | None" = None) -> bool:
        """Wait like :meth:`wait`, in a thread; whether the recording has ended by itself.

        Raises
        ------
        QuantliveError
            What made it fail.
        """
        future = None if self._session is None else self._session.future
        if future is None:
            return True
        done, _ = concurrent.futures.wait({future}, timeout_s)
        if done and not future.cancelled():
            future.result()
        return bool(done)

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
        return self._changes.version

    def wait_change(self, version: int, timeout_s: float) -> int:
        """Wait until :attr:`version` is another one, but not longer; the version then."""
        return self._changes.wait(version, timeout_s)

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

    def _begin(self, options: Options, *, resumes: bool) -> None:
        """Replace the session by a new one; a source that cannot be leaves the old one at work."""
        options.check()
        elder, kept = self._session, None
        if elder is not None:
            held = elder.recorder.attached
            kept = held if resumes or held.reader.path == options.path != MEMORY else None
        session = Recording(options, self.panels, self._changes.touch, kept)
        self._take_over()
        self.options, self._session, self._running = options, session, True
        rules: tuple[Rule, ...] = ()
        if elder is not None:
            rules = tuple(status.rule for status in elder.watcher.statuses())
            elder.stop(keep_store=kept is not None)
        self._loop = self._loop or LoopThread(self.name)
        session.start(self._loop)
        if rules:
            session.carry(rules)

    def _inherit(self, elder: "Lifecycle") -> None:
        """Go on with the elder's recording, alerts and panels; the elder is closed."""
        estate = elder.hand_over()
        self.panels, self._changes, self._loop, self._session = estate
        self._running = True
        _living[self.name] = self
        self._changes.touch()

    def _take_over(self) -> None:
        """Close the Live that had this name."""
        elder = _living.get(self.name)
        if elder is not None and elder is not self:
            elder.close(TAKEN.format(self.name))
        _living[self.name] = self

    def _asked(self) -> Recording:
        """The session, once its database is open.

        Raises
        ------
        UsageError, Closed
            Before the first start; after the close.
        """
        self._alive()
        if self._session is None:
            raise UsageError(f"Live({self.name}) was not started: call live.start() first")
        return self._session.ready()

    def _alive(self) -> None:
        if self._why_closed:
            raise Closed(f"Live({self.name})")


@atexit.register
def _close_all() -> None:
    """Flush and close what still runs when the kernel shuts down."""
    end_threads()
    for live in list(_living.values()):
        live.close("the kernel ended")
