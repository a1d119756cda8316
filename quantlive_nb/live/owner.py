"""The owner's part: shares what it records, streams what viewers want, does what they ask.

This file knows viewers by their words alone, and no widget.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from quantlive_nb.clock import System
from quantlive_nb.errors import StoreError
from quantlive_nb.health import Health
from quantlive_nb.interval import Micros
from quantlive_nb.store import BarReader, Coverage, Store
from quantlive_nb.store.share import Share
from quantlive_nb.store.tail import KEPT_US, STEP_US, Tail

__all__ = ["Owner", "tape_told"]

log = logging.getLogger("quantlive.share")

ROUND_S = 0.175
"""Viewers are told so often what has changed."""
LATE_TOLD = 200
"""So many repairs are told one by one; a viewer that missed more forgets all it had."""
Wish = dict[str, Any]


class Owner:
    """Shares a recorded store for as long as it runs.

    Parameters
    ----------
    store : Store
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
    n_viewers : int
        How many want something.
    """

    def __init__(
        self,
        store: Store,
        health: Callable[[], Health],
        now_us: Callable[[], Micros],
        lend: Callable[[tuple[str, ...]], None],
        grant: Callable[[Wish], None],
        *,
        n_alerts: Callable[[], int] = int,
    ) -> None:
        self.trouble, self.n_viewers = "", 0
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
        loop, hand = asyncio.get_running_loop(), ThreadPoolExecutor(1, "quantlive-share")
        self._store.on_late.append(self._note)
        share: Share | None = None
        try:
            share = await loop.run_in_executor(hand, self._open)
            while True:
                lent, wishes = await loop.run_in_executor(hand, self._round, share)
                if lent != self._lent:
                    self._lent = lent
                    self._lend(lent)
                for wish in wishes:
                    self._grant(wish)
                await asyncio.sleep(ROUND_S)
        except StoreError as exc:
            self.trouble = str(exc)
            log.warning("%s", exc)
        finally:
            self._store.on_late.remove(self._note)
            if share is not None:
                hand.submit(share.close).result()
            hand.shutdown(wait=False)

    def _open(self) -> Share:
        """Share it; who finds it hears how things stand, however busy the loop is."""
        self._told = self._tell()
        share = Share(self._store)
        share.tell(self._told)
        return share

    def _round(self, share: Share) -> tuple[tuple[str, ...], list[Wish]]:
        """Tell what is new; what viewers want and wish."""
        told = self._tell()
        if told != self._told:
            self._told = told
            share.tell(told)
        leases = share.leases(System().now_us())
        self.n_viewers = len({viewer for viewer, _ in leases})
        lent = tuple(sorted({symbol for _, symbol in leases}))
        return lent, [json.loads(wish) for wish in share.wishes()]

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
        return Tail.of(bars, start_us, newest_us).told()

    def _note(self, venue: str, symbol: str, ts: Micros) -> None:
        """Something was written into the past: viewers must forget what they had of it."""
        self._n_late += 1
        self._late.append((self._n_late, venue, symbol, ts))


def tape_told(store: Store, venue: str) -> dict[str, dict[str, Any]]:
    """Coverage and newest time of each symbol of a venue, for JSON."""
    coverage = store.coverage.get(venue, Coverage())
    return {
        symbol: {
            "held": coverage.ranges.get(symbol, []),
            "skipped": coverage.skipped.get(symbol, []),
            "wanted": coverage.wanted.get(symbol),
            "newest": store.newest[venue, symbol],
        }
        for symbol in store.symbols(venue)
    }
