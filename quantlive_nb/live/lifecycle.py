"""The lifecycle of a Live: start, stop, switch and close, all idempotent."""

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
    """Lifecycle states of a Live.

    Examples
    --------
    >>> State.NEW.value
    'new'
    """

    NEW = "new"  # created; nothing runs, nothing is open
    RUNNING = "running"  # records
    STOPPED = "stopped"  # stopped; may be started again
    FAILED = "failed"  # the recording failed; health() says why
    CLOSED = "closed"  # closed; a newer Live may use its name


class Changes:
    """A version number that increases with every change, and a way to wait for the next change.

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
        """Increase the version and wake all waiters."""
        with self._condition:
            self.version += 1
            self._condition.notify_all()

    def wait(self, version: int, timeout_s: float) -> int:
        """Wait until the version changes, or a timeout; return the version."""
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
"""Every Live that was started and not closed, by name, so that it can be closed."""


class Lifecycle:
    """``NEW → RUNNING ⇄ STOPPED → CLOSED``, plus ``FAILED``; every method is idempotent."""

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
        """Start to record, replacing any Live of the same name.

        A previous Live that records the same source into the same database passes on its recording,
        so running a cell again loses no trade; any other previous Live is closed.

        Raises
        ------
        Closed
            After :meth:`close`.
        ReplayError
            When the recording to be played cannot be read.
        """
        with self._turn:
            self._alive()
            previous = _living.get(self.name)
            if self._session is None and previous is not None and previous.records(self.options):
                self._inherit(previous)
            elif self.state is not State.RUNNING:
                self._begin(self.options, resumes=True)
        return self

    def hand_over(self) -> "Estate":
        """Close this Live and return everything that runs, for a newer Live of this name."""
        with self._turn:
            self._why_closed, self._running = TAKEN.format(self.name), False
            return Estate(self.panels, self._changes, self._loop, self._session)

    def records(self, options: Options) -> bool:
        """Whether exactly this is being recorded now."""
        future = None if self._session is None else self._session.future
        is_going_on = future is not None and not future.done()
        return is_going_on and self.state is State.RUNNING and self.options == options

    def stop(self) -> Self:
        """Stop recording; the data stay readable, and :meth:`start` continues."""
        with self._turn:
            if self._running and self._session is not None:
                self._running = False
                self._session.pause()
        return self

    def switch(self, source: str, speed: "float | None" = None) -> None:
        """Record another source from now on; alerts and panels are kept.

        Raises
        ------
        UsageError, ReplayError
            When the source is invalid; the old one continues.
        """
        with self._turn:
            self._alive()
            options = self.options.at(judged(source, self._first.source), speed)
            if options.source == self._first.source:
                options = replace(options, db=self._first.db)
            self._begin(options, resumes=False)

    def close(self, why: str = "closed") -> None:
        """End everything and close the database."""
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
        """:meth:`close`, without blocking the caller's loop."""
        await asyncio.to_thread(self.close)

    async def wait(self) -> None:
        """Wait until the recording ends by itself; raises the error that made it fail.

        Raises
        ------
        QuantliveError
        """
        future = None if self._session is None else self._session.future
        if future is None:
            return
        try:
            # Shielded: cancelling the wait does not stop the recording.
            await asyncio.shield(asyncio.wrap_future(future))
        except asyncio.CancelledError:
            if not future.cancelled():
                raise

    def join(self, timeout_s: "float | None" = None) -> bool:
        """Like :meth:`wait`, blocking; returns whether the recording has ended by itself.

        Raises
        ------
        QuantliveError
            The error that made it fail.
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
        """The current state."""
        if self._why_closed:
            return State.CLOSED
        if self._session is None:
            return State.NEW
        if self._session.recorder.state is FeedState.FAILED:
            return State.FAILED
        return State.RUNNING if self._running else State.STOPPED

    @property
    def version(self) -> int:
        """Increases whenever there is something new to show."""
        return self._changes.version

    def wait_change(self, version: int, timeout_s: float) -> int:
        """Wait until :attr:`version` changes, or a timeout; return the version."""
        return self._changes.wait(version, timeout_s)

    def health(self) -> Health:
        """The health of the recording."""
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
        """Replace the session by a new one; if the source is invalid, the old one continues."""
        options.check()
        previous, kept = self._session, None
        if previous is not None:
            held = previous.recorder.attached
            kept = held if resumes or held.reader.path == options.path != MEMORY else None
        session = Recording(options, self.panels, self._changes.touch, kept)
        self._take_over()
        self.options, self._session, self._running = options, session, True
        rules: tuple[Rule, ...] = ()
        if previous is not None:
            rules = tuple(status.rule for status in previous.watcher.statuses())
            previous.stop(keep_store=kept is not None)
        self._loop = self._loop or LoopThread(self.name)
        session.start(self._loop)
        if rules:
            session.carry(rules)

    def _inherit(self, previous: "Lifecycle") -> None:
        """Take over the previous Live's recording, alerts and panels, and close it."""
        estate = previous.hand_over()
        self.panels, self._changes, self._loop, self._session = estate
        self._running = True
        _living[self.name] = self
        self._changes.touch()

    def _take_over(self) -> None:
        """Close the Live that had this name."""
        previous = _living.get(self.name)
        if previous is not None and previous is not self:
            previous.close(TAKEN.format(self.name))
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
