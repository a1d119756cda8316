"""The owner's part: shares what it records, streams what viewers want, does what they ask.

This file knows viewers by their words alone, and no widget.
"""

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb

from quantlive_nb.clock import System
from quantlive_nb.errors import StoreError
from quantlive_nb.health import Health
from quantlive_nb.interval import Micros
from quantlive_nb.share.server import Share
from quantlive_nb.store import BarReader, Coverage, Reader, Writer
from quantlive_nb.store.aggregate.recent_bars import KEPT_US, STEP_US, RecentBars

__all__ = ["Owner", "tape_told"]

log = logging.getLogger("quantlive.share")

ROUND_S = 0.175
"""Viewers are told so often what has changed."""
CHECK_S = 2.0
"""So often it is looked whether viewers still find the share and are answered there."""
FAILED_ROUNDS = 5
"""So many rounds may fail in a row before the share is opened anew."""
LEAST_S, MOST_S, LASTED_S = 0.2, 30.0, 10.0
"""Wait between the end of a share and the next, doubled unless it lasted."""
MOST_LENT = 100
"""Symbols that are streamed for viewers, at most."""
MOST_WISHES = 100
"""Commands of one round, at most."""
LATE_TOLD = 200
"""So many repairs are told one by one; a viewer that missed more forgets all it had."""
Wish = dict[str, Any]


class Owner:
    """Shares a recorded store for as long as it runs.

    Parameters
    ----------
    store : Writer
    health : callable
        How the recording is doing.
    now_us : callable
        Market time.
    lend : callable
        Told which symbols viewers want.
    grant : callable
        Does what a viewer wishes.
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
        lend: Callable[[tuple[str, ...]], None],
        grant: Callable[[Wish], None],
        *,
        n_alerts: Callable[[], int] = int,
    ) -> None:
        self.trouble, self.n_viewers, self.was_shared = "", 0, False
        self._checked_s = 0.0
        self._n_alerts = n_alerts
        self._store, self._health, self._now_us = store, health, now_us
        self._lend, self._grant = lend, grant
        self._late: deque[tuple[int, str, str, Micros]] = deque(maxlen=LATE_TOLD)
        self._n_late = 0
        self._told = ""
        self._tails: dict[tuple[str, str], tuple[object, list[Any]]] = {}
        self._lent: tuple[str, ...] = ()
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
                    lent, wishes = await loop.run_in_executor(hand, self._round, share)
                    n_failed = 0
                except duckdb.Error as exc:  # one round may find no memory
                    n_failed += 1
                    if n_failed > FAILED_ROUNDS:
                        raise
                    log.info("a round of the share failed: %s", exc)
                    lent, wishes = self._lent, []
                if lent != self._lent:
                    self._lent = lent
                    self._lend(lent)
                for wish in wishes:
                    self._grant(wish)
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
        """Share it; who finds it hears how things stand, however busy the loop is."""
        self._told = self._tell()
        share = Share(self._store)
        share.tell(self._told)
        self._checked_s = time.monotonic()
        return share

    def _round(self, share: Share) -> tuple[tuple[str, ...], list[Wish]]:
        """Tell what is new; what viewers want and wish."""
        if time.monotonic() - self._checked_s > CHECK_S:
            share.check()
            self._checked_s = time.monotonic()
        told = self._tell()
        if told != self._told:
            self._told = told
            share.tell(told)
        leases = share.leases(System().now_us())
        self.n_viewers = len({viewer for viewer, _ in leases})
        lent = tuple(sorted({symbol for _, symbol in leases})[:MOST_LENT])
        wishes = map(as_wish, share.wishes()[:MOST_WISHES])
        return lent, [wish for wish in wishes if wish is not None]

    def _tell(self) -> str:
        """Everything that a viewer must know and cannot ask of the tables."""
        health = self._health()
        return json.dumps(
            {
                "health": {
                    "state": health.state.value,
                    "reason": health.reason,
                    "trades_per_s": health.trades_per_s,
                    "lag_ms": health.lag_ms,
                    "n_trades": health.n_trades,
                    "n_rejected": health.n_rejected,
                    "n_dropped": health.n_dropped,
                    "n_differing": health.n_differing,
                    "n_unconfirmed": health.n_unconfirmed,
                    "is_repairing": health.is_repairing,
                    "filled": health.filled,
                    "trouble": health.trouble,
                },
                "source": health.source,
                "now_us": self._now_us(),
                "n_alerts": self._n_alerts(),
                "tape": {venue: self._tape(venue) for venue in self._store.venues()},
                "late": tuple(self._late),
            }
        )

    def _tape(self, venue: str) -> dict[str, dict[str, Any]]:
        """The tape of each symbol; of those that viewers want, the newest seconds too."""
        told = tape_told(self._store, venue)
        for symbol in told.keys() & set(self._lent):
            stored = (told[symbol]["newest"], tuple(told[symbol]["held"]), self._n_late)
            known = self._tails.get((venue, symbol))
            if known is None or known[0] != stored:
                known = self._tails[venue, symbol] = stored, self._tail(venue, symbol, stored[0])
            told[symbol]["tail"] = known[1]
        return told

    def _tail(self, venue: str, symbol: str, newest_us: Micros) -> list[Any]:
        """The newest seconds of a symbol; asked of the tables when something has been stored."""
        start_us = (newest_us - KEPT_US) // STEP_US * STEP_US
        ends = {"now_us": newest_us, "start_us": start_us}
        bars = self._reader.bars(venue, symbol, STEP_US, **ends)
        return RecentBars.of(bars, start_us, newest_us).told()

    def _note(self, venue: str, symbol: str, ts: Micros) -> None:
        """Something was written into the past: viewers must forget what they had of it."""
        self._n_late += 1
        self._late.append((self._n_late, venue, symbol, ts))


def as_wish(text: bytes) -> "Wish | None":
    """What a viewer asks for; None, and a line in the log, where it makes no sense.

    Examples
    --------
    >>> as_wish(b'{"do": "fill"}'), as_wish(b"{"), as_wish(b"[1]")
    ({'do': 'fill'}, None, None)
    """
    try:
        wish = json.loads(text)
    except (ValueError, RecursionError):
        wish = None
    if not isinstance(wish, dict):
        log.warning("a viewer sent a command that cannot be read")
        return None
    return wish


def tape_told(store: Reader, venue: str) -> dict[str, dict[str, Any]]:
    """Coverage and newest time of each symbol of a venue, for JSON."""
    confirmed = dict(store.confirmed)  # first: what is told with it may only be newer
    coverage = store.coverage.get(venue, Coverage())
    return {
        symbol: {
            "held": coverage.ranges.get(symbol, []),
            "skipped": coverage.skipped.get(symbol, []),
            "wanted": coverage.wanted.get(symbol),
            "era": coverage.era(symbol),
            "past": coverage.past.get(symbol, []),
            "newest": store.newest[venue, symbol],
            "confirmed": confirmed.get((venue, symbol), 0),
        }
        for symbol in store.symbols(venue)
    }
