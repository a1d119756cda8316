"""The owner's task: publishes snapshots, collects subscriptions, executes clients' commands."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb
import msgspec

from quantlive_nb.clock import System
from quantlive_nb.errors import StoreError
from quantlive_nb.health import Health
from quantlive_nb.interval import Micros
from quantlive_nb.share.message import (
    COMMANDS,
    MessageError,
    Snapshot,
    Status,
    Tape,
    decode_command,
    encode,
)
from quantlive_nb.share.server import Share
from quantlive_nb.store import BarReader, Coverage, Reader, Writer
from quantlive_nb.store.aggregate.recent_bars import KEPT_US, STEP_US, RecentBars

__all__ = ["Owner", "tapes_of"]

log = logging.getLogger("quantlive.share")

ROUND_S = 0.175
"""Seconds between snapshots, where something has changed."""
CHECK_S = 2.0
"""Seconds between checks that clients find the share and are answered there."""
FAILED_ROUNDS = 5
"""So many rounds may fail in a row before the share is opened anew."""
LEAST_S, MOST_S, LASTED_S = 0.2, 30.0, 10.0
"""Wait between the end of a share and the next, doubled unless it lasted."""
MOST_SYMBOLS = 100
"""Symbols that are streamed for clients, at most."""
MOST_COMMANDS = 100
"""Commands of one round, at most."""
MOST_LATE = 200
"""Writes into the past that a snapshot names, at most."""


class Owner:
    """Shares a recorded store for as long as it runs.

    Parameters
    ----------
    store : Writer
    health : callable
        How the recording is doing.
    now_us : callable
        Market time.
    stream : callable
        Called with all symbols that clients subscribe to, when they change.
    execute : callable
        Called with each command of a client.
    n_alerts : callable
        A number that grows whenever an alert or a firing has changed.

    Attributes
    ----------
    trouble : str
        Why it is not shared; empty while it is.
    was_shared : bool
        Whether it has been: then a share that ends is opened anew.
    n_viewers : int
        How many want something.
    """

    def __init__(
        self,
        store: Writer,
        health: Callable[[], Health],
        now_us: Callable[[], Micros],
        stream: Callable[[tuple[str, ...]], None],
        execute: Callable[[COMMANDS], None],
        *,
        n_alerts: Callable[[], int] = int,
    ) -> None:
        self.trouble, self.n_viewers, self.was_shared = "", 0, False
        self._checked_s = 0.0
        self._n_alerts = n_alerts
        self._store, self._health, self._now_us = store, health, now_us
        self._stream, self._execute = stream, execute
        self._late: deque[tuple[int, str, str, Micros]] = deque(maxlen=MOST_LATE)
        self._n_late = 0
        self._published = b""
        self._recent: dict[tuple[str, str], tuple[object, list[Any]]] = {}
        self._subscribed: tuple[str, ...] = ()
        self._reader = BarReader(store)

    async def run(self) -> None:
        """Share until cancelled; a database that cannot be shared is recorded all the same."""
        hand = ThreadPoolExecutor(1, "quantlive-share")
        self._store.on_late.append(self._note)
        wait_s = LEAST_S
        try:
            while True:
                began_s = time.monotonic()
                try:
                    await self._share(hand)
                except StoreError as exc:
                    if not self.was_shared:  # where it cannot be shared at all
                        self.trouble = str(exc)
                        log.warning("%s", exc)
                        return
                    self._fail(exc)
                # Whatever it is, the recording goes on, and so must the viewers.
                except Exception as exc:  # noqa: BLE001
                    self._fail(exc)
                wait_s = LEAST_S if time.monotonic() - began_s > LASTED_S else wait_s
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, MOST_S)
        finally:
            self._store.on_late.remove(self._note)
            hand.shutdown(wait=False)

    async def _share(self, hand: ThreadPoolExecutor) -> None:
        """Share once, until cancelled or until it cannot go on."""
        loop = asyncio.get_running_loop()
        share = await loop.run_in_executor(hand, self._open)
        self.was_shared, self.trouble = True, ""
        n_failed = 0
        try:
            while True:
                try:
                    symbols, commands = await loop.run_in_executor(hand, self._round, share)
                    n_failed = 0
                except duckdb.Error as exc:  # one round may find no memory
                    n_failed += 1
                    if n_failed > FAILED_ROUNDS:
                        raise
                    log.info("a round of the share failed: %s", exc)
                    symbols, commands = self._subscribed, []
                if symbols != self._subscribed:
                    self._subscribed = symbols
                    self._stream(symbols)
                for command in commands:
                    self._execute(command)
                await asyncio.sleep(ROUND_S)
        finally:
            try:
                hand.submit(share.close).result()
            except RuntimeError:  # no thread takes work any more while the interpreter ends
                share.close()

    def _fail(self, exc: Exception) -> None:
        """Say why nothing is shared now; it is tried again."""
        said = str(exc).splitlines()[0] if str(exc) else type(exc).__name__
        self.trouble = f"the database is not shared ({said}): it is tried again"
        log.warning("%s", self.trouble)

    def _open(self) -> Share:
        """Share it; a client gets its first snapshot however busy the loop is."""
        self._published = self._snapshot()
        share = Share(self._store)
        share.publish(self._published)
        self._checked_s = time.monotonic()
        return share

    def _round(self, share: Share) -> tuple[tuple[str, ...], list[COMMANDS]]:
        """Publish a snapshot if it is new; the symbols subscribed to, and the commands."""
        if time.monotonic() - self._checked_s > CHECK_S:
            share.check()
            self._checked_s = time.monotonic()
        snapshot = self._snapshot()
        if snapshot != self._published:
            self._published = snapshot
            share.publish(snapshot)
        subscriptions = share.subscriptions(System().now_us())
        self.n_viewers = len({client for client, _ in subscriptions})
        symbols = tuple(sorted({symbol for _, symbol in subscriptions})[:MOST_SYMBOLS])
        return symbols, commands_of(share.commands()[:MOST_COMMANDS])

    def _snapshot(self) -> bytes:
        """Everything that a client must know and cannot ask of the tables."""
        health = self._health()
        return encode(
            Snapshot(
                status=Status.of(health),
                source=health.source,
                now_us=self._now_us(),
                n_alerts=self._n_alerts(),
                tapes={venue: self._tapes(venue) for venue in self._store.venues()},
                late=list(self._late),
            )
        )

    def _tapes(self, venue: str) -> dict[str, Tape]:
        """The tape of each symbol; of those subscribed to, the newest seconds too."""
        tapes = tapes_of(self._store, venue)
        for symbol in tapes.keys() & set(self._subscribed):
            tape = tapes[symbol]
            stored = tape.newest, tuple(tape.held), self._n_late
            known = self._recent.get((venue, symbol))
            if known is None or known[0] != stored:
                known = stored, self._recent_bars(venue, symbol, tape.newest)
                self._recent[venue, symbol] = known
            tapes[symbol] = msgspec.structs.replace(tape, recent=known[1])
        return tapes

    def _recent_bars(self, venue: str, symbol: str, newest_us: Micros) -> list[Any]:
        """The newest seconds of a symbol; asked of the tables when something has been stored."""
        start_us = (newest_us - KEPT_US) // STEP_US * STEP_US
        ends = {"now_us": newest_us, "start_us": start_us}
        bars = self._reader.bars(venue, symbol, STEP_US, **ends)
        return RecentBars.of(bars, start_us, newest_us).pack()

    def _note(self, venue: str, symbol: str, ts: Micros) -> None:
        """Something was written into the past: clients must drop what they cached of it."""
        self._n_late += 1
        self._late.append((self._n_late, venue, symbol, ts))


def commands_of(texts: Iterable[bytes]) -> list[COMMANDS]:
    """The commands of clients; of one that cannot be read a line in the log.

    Examples
    --------
    >>> commands_of([b'{"type":"cancel_fill","version":1}', b"{", b"[1]"])
    [CancelFill(version=1)]
    """
    found = []
    for text in texts:
        try:
            found.append(decode_command(text))
        except MessageError as exc:
            log.warning("the command of a client is ignored: %s", exc)
    return found


def tapes_of(store: Reader, venue: str) -> dict[str, Tape]:
    """What is stored of each symbol of a venue."""
    confirmed = dict(store.confirmed)  # first: the rest may only be newer
    coverage = store.coverage.get(venue, Coverage())
    return {
        symbol: Tape(
            held=coverage.ranges.get(symbol, []),
            skipped=coverage.skipped.get(symbol, []),
            wanted=coverage.wanted.get(symbol),
            era=coverage.era(symbol),
            past=coverage.past.get(symbol, []),
            newest=store.newest[venue, symbol],
            confirmed=confirmed.get((venue, symbol), 0),
        )
        for symbol in store.symbols(venue)
    }
