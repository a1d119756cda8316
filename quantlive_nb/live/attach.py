"""Where trades are: a file of ours that others read, a file of theirs that we read, or memory.

This file knows no feed, no bars and no widget.
"""

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path

from quantlive_nb.clock import Market
from quantlive_nb.errors import StoreBusy, StoreError, StoreLost
from quantlive_nb.health import FeedState, Health
from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.live.attachment import Attachment
from quantlive_nb.live.source import Options, default_db
from quantlive_nb.share.client import RemoteStore
from quantlive_nb.share.message import COMMANDS
from quantlive_nb.share.publisher import Owner
from quantlive_nb.share.server import find
from quantlive_nb.share.subscriber import Follower
from quantlive_nb.store import (
    MEMORY,
    AlertReader,
    AlertRepository,
    BarReader,
    Reader,
    Store,
    Writer,
)

__all__ = ["Station", "beside"]

log = logging.getLogger("quantlive.live")

BUSY_S = 6.0
"""How long a database that another process owns is asked for again: a page that is reloaded finds
its previous still closing, and an owner that has just started does not share yet."""
QUIET_US: Micros = 3 * SECOND
"""A feed that is not confirmed for so long is said to be so."""
MOVED_S = 30.0
"""How long a viewer waits for a new owner before it records for itself, in memory."""


class Station:
    """A store, ours or another process's, and everything that asks it.

    Parameters
    ----------
    options : Options
    changed : callable
        Called after every change, on the loop.
    market : Market
        Stands at the newest trade of a store that is opened.
    venue : str
    attached : Attachment or None
        A database that is open already.

    Attributes
    ----------
    attached : Attachment
        The open database; the one place that says whether this process may write.
    alerts : AlertReader
    own_alerts : AlertRepository or None
        The same, where this process may write.
    role : str
        What this process does about the database, in a sentence.
    n_roles, n_alerts : int
        Grow with every store that is opened, and with every change of an alert or a firing.
    owner, follower : Owner or None, Follower or None
        Whichever of the two this process is.
    execute : callable
        Called with each command of a client.
    """

    def __init__(
        self,
        options: Options,
        changed: Callable[[], None],
        market: Market,
        venue: str,
        attached: Attachment | None = None,
    ) -> None:
        self.options, self.market, self.venue = options, market, venue
        self.symbols: tuple[str, ...] = ()
        self.role = ""
        self.n_roles = self.n_alerts = 0
        self.state, self.reason = FeedState.NEW, ""
        self.owner: Owner | None = None
        self.follower: Follower | None = None
        self.owner_health = Health(FeedState.NEW, options.source)
        self.execute: Callable[[COMMANDS], None] = log.info
        self.opened = threading.Event()
        self._changed = changed
        self._given = attached
        self._reopen(attached or Attachment.own(Store(MEMORY)))

    def begin(self) -> None:
        """The recording is about to run: from now on it is no longer new."""
        self._become(FeedState.CONNECTING, self.options.opening)

    @property
    def is_viewer(self) -> bool:
        """Whether another process records."""
        return self.attached.client is not None

    @property
    def store(self) -> Reader:
        """The open database, to be asked."""
        return self.attached.reader

    def writer(self) -> Writer:
        """The open database, to write into."""
        return self.attached.writer

    def health(self) -> Health:
        """One reading, for any thread."""
        raise NotImplementedError

    def stream_for_clients(self, symbols: tuple[str, ...]) -> None:
        """Stream these for clients too."""
        raise NotImplementedError

    async def _follow(self, store: RemoteStore) -> None:
        """Show what another process records, until it is gone."""
        pid = store.address.pid
        self.role = f"viewing what process {pid} records into {store.path}"
        self.follower = Follower(store, lambda: self.symbols, lambda: self._take_over(store))
        self._take_over(store)
        try:
            await self.follower.run()
        except StoreLost as exc:
            log.info("%s", exc)
            self._become(FeedState.CONNECTING, "the recorder moved")
        finally:
            self.follower = None

    def _take_over(self, store: RemoteStore) -> None:
        """Show what the owner's newest snapshot says."""
        snapshot = store.snapshot
        self.owner_health = snapshot.status.health(self.options.source)
        self.n_alerts = snapshot.n_alerts
        if snapshot.now_us:
            self.market.observe(snapshot.now_us)
        self._become(self.owner_health.state, self.owner_health.reason)

    async def _open(self) -> Attachment:
        """The database meant, or memory with the reason why."""
        path = self.options.path if self._given is None else self._given.reader.path
        self.role = "recording in memory" if path == MEMORY else f"recording into {path}"
        if path == MEMORY or self._given is not None:
            return self.attached
        if path == default_db():
            with contextlib.suppress(OSError):  # what is wrong is said when it is opened
                Path(path).parent.mkdir(parents=True, exist_ok=True)
        until = time.monotonic() + (MOVED_S if self.is_viewer or is_supervised(path) else BUSY_S)
        while True:
            try:
                return await asyncio.to_thread(self._own_or_follow, path)
            except StoreError as exc:
                if self.options.must_own or not isinstance(exc, StoreBusy | StoreLost):
                    raise
                if time.monotonic() > until:
                    self.role = f"recording in memory: {exc}"
                    return Attachment.own(Store(MEMORY))
                await asyncio.sleep(0.1)

    def _own_or_follow(self, path: str) -> Attachment:
        """The database as ours, or as that of the process that shares it.

        Raises
        ------
        StoreBusy, StoreLost
            When it is another's and not shared, or not any more.
        """
        address = None if self.options.must_own else find(path)
        if address is not None and address.pid != os.getpid():
            with contextlib.suppress(StoreLost):
                store = RemoteStore(path, address)
                if store.snapshot.source in ("", self.options.source):
                    return Attachment.follow(store)
                store.close()  # another market's recorder has the file
                raise StoreBusy(path, address.pid)
        if is_supervised(path) and not self.options.must_own:
            raise StoreBusy(path, None)  # its supervisor starts a recorder anew
        return Attachment.own(Store(path, memory_mb=self.options.memory_mb))

    def _reopen(self, attached: Attachment) -> None:
        """Everything that asks this database; market time stands at its newest trade."""
        previous: Attachment | None = getattr(self, "attached", None)
        store, owned = attached.reader, attached.owned
        self.n_roles += 1
        self.attached, self.reader = attached, BarReader(store)
        self.own_alerts = None if owned is None else AlertRepository(owned)
        self.alerts = self.own_alerts or AlertReader(store)
        if previous is not None and previous.reader is not store:
            previous.reader.close()
        if newest := of(self.venue, store.newest):
            self.market.observe(max(newest))
            self.market.pause()

    @contextlib.asynccontextmanager
    async def _sharing(self) -> AsyncIterator[None]:
        """While the block runs, other processes may read; a store in memory is nobody else's."""
        store = self.attached.writer
        if store.path == MEMORY:
            yield
            return
        self.owner = Owner(
            store,
            self.health,
            self.market.now_us,
            self.stream_for_clients,
            self.execute,
            n_alerts=lambda: self.n_alerts,
        )
        async with beside(self.owner.run()):
            yield

    def _become(self, state: FeedState, reason: str) -> None:
        self.state, self.reason = state, reason
        if state is not FeedState.LIVE:
            self.market.pause(self._confirmed_us())
        self._changed()

    def _unconfirmed(self) -> str:
        """For how long a feed that should be live has not been confirmed; empty when it is."""
        quiet_us = self.market.now_us() - self._confirmed_us()
        if self.state is not FeedState.LIVE or quiet_us < QUIET_US:
            return ""
        return f"nothing has been heard for {quiet_us // SECOND} s: later bars are unconfirmed"

    def _confirmed_us(self) -> Micros:
        """Up to when the venue's trades are known: what was shown after it is taken back."""
        store = self.store
        known = [ts for told in (store.newest, store.confirmed) for ts in of(self.venue, told)]
        return max(known, default=0)


def of(venue: str, told: "dict[tuple[str, str], Micros]") -> list[Micros]:
    """What is known of each symbol of a venue."""
    return [ts for (name, _), ts in tuple(told.items()) if name == venue]


def is_supervised(path: str) -> bool:
    """Whether somebody restarts the recorder of this database: then no viewer takes its place."""
    supervised = os.environ.get("QUANTLIVE_SUPERVISED", "")
    return bool(supervised) and os.path.realpath(supervised) == os.path.realpath(path)


@contextlib.asynccontextmanager
async def beside(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Something goes on while the block runs, and no longer."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
