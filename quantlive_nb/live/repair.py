"""The repairer: finds what the tape lacks and fetches it, what is looked at first.

This file knows no socket and no screen: it compares a ledger with what the exchange says it has.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from quantlive_nb.feed.backfill import Backfill
from quantlive_nb.feed.line import within
from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.live.block import Block, blocks, distance, plan
from quantlive_nb.live.errand import Errands, Key
from quantlive_nb.store import Coverage, Store
from quantlive_nb.store.coverage import Gap, Range
from quantlive_nb.types import Trades

__all__ = ["Repairer"]

log = logging.getLogger("quantlive.repair")

ROUND_S = 0.2
"""A gap that is still there one round later is no mere reordering."""
AT_ONCE = 4
QUIET_S = 10.0
"""A symbol silent for so long is asked for; after each time in vain, half as often."""
QUIET_MOST_S = 300.0
STRIKES = 2
"""So often in a row a symbol came over REST alone, and its connection is replaced."""
STRAY_US: Micros = 3_600 * SECOND
"""A repaired trade cannot lie further than this outside its gap's times."""
BEGIN, PROBE = -1, -2
"""Work that is no block: asking for a symbol's past, and for its newest trade."""


@dataclass(slots=True)
class Watch:
    """What is known of one symbol.

    Attributes
    ----------
    begun_ts : int or None, µs UTC
        Market time when its past was asked for; None before that.
    heard_s, quiet_s : float
        When it was last heard, and how long it may then be silent.
    n_asked : int
        Ids that were missing when its past was asked for.
    is_suspect, n_strikes : bool, int
        Whether the exchange has trades that its connection did not bring, and how often it had.
    """

    heard_s: float
    quiet_s: float
    begun_ts: "Micros | None" = None
    n_asked: int = 0
    is_suspect: bool = False
    n_strikes: int = 0


class Repairer:
    """Keeps the tape of some symbols whole, on the feed's loop.

    Parameters
    ----------
    backfill : Backfill
    store : callable
        The store of now, with the ledger.
    append : callable
        Stores trades that came over REST; how many rows were new.
    renew : callable
        Replaces the connection of a symbol.
    preload_us : int, µs
        How far back the tape is filled at the start; what is older is booked as skipped.
    begun : callable
        Told the market time at which a symbol's past was asked for.

    Attributes
    ----------
    symbols : tuple of str
        Whose tape is kept.
    focus_us : int or None, µs UTC
        What is looked at; None for the newest.
    is_live : bool
        Whether a connection brings trades: only then does a symbol's silence mean anything.

    Notes
    -----
    Gaps are arithmetic on ids: between two stored ids, between the last stored and the newest that
    the exchange has, between the beginning of the preload window and the first stored. Four pages
    are fetched at a time; each is stored and booked as it comes, so whatever ends the process
    costs nothing that was fetched.
    """

    def __init__(
        self,
        backfill: Backfill,
        store: Callable[[], Store],
        append: Callable[[Trades], Awaitable[int]],
        renew: Callable[[str], None],
        *,
        preload_us: Micros = 0,
        begun: Callable[[Micros], object] = int,
    ) -> None:
        self.backfill, self.preload_us = backfill, preload_us
        self.symbols: tuple[str, ...] = ()
        self.focus_us: Micros | None = None
        self.is_live = False
        self._store, self._append, self._renew = store, append, renew
        self._begun = begun
        self._watches: dict[str, Watch] = {}
        self._seen: dict[Key, float] = {}
        self._wake = asyncio.Event()
        self._errands = Errands(self._wake.set)

    async def run(self) -> None:
        """Repair until cancelled."""
        try:
            while True:
                # The repairer must outlive any one failure: it is logged, and tried again.
                try:
                    self._round()
                except Exception:
                    log.exception("the repairer stumbled")
                await within(ROUND_S, self._wake.wait())
                self._wake.clear()
        finally:
            await self._errands.aclose()
            await self.backfill.aclose()

    def opened(self, symbols: Iterable[str]) -> None:
        """A connection has begun to bring these: ask what was missed before it."""
        for symbol in symbols:
            if self._watch(symbol).begun_ts is not None:
                self._errands.start((symbol, PROBE), partial(self._probe, symbol, is_quiet=False))

    def heard(self, symbols: Iterable[str]) -> None:
        """Trades of these have come on a connection."""
        now_s = asyncio.get_running_loop().time()
        for symbol in symbols:
            watch = self._watch(symbol)
            watch.heard_s, watch.quiet_s = now_s, QUIET_S
            watch.is_suspect, watch.n_strikes = False, 0

    def forgive(self) -> None:
        """What could not be stored can be now: fetch it without a pause."""
        self._errands.forgive()
        self._wake.set()

    def fill(self, back_us: "Micros | None" = None) -> None:
        """Fetch what was skipped; with a length of time, everything back to so long ago."""
        for symbol in self.symbols:
            self._store().unskip(self.backfill.exchange.name, symbol)
            if back_us is None:
                self._watch(symbol).n_asked = self._coverage.n_missing(symbol)
            else:
                self.preload_us = back_us
                self._watch(symbol).begun_ts = None
        self._wake.set()

    def look_at(self, ts: "Micros | None") -> None:
        """Fetch what is missing near this moment first; None: the newest first."""
        self.focus_us = ts
        self._wake.set()

    def cancel(self) -> None:
        """Fill the history no further; what is missing of it is booked as skipped."""
        for symbol in self.symbols:
            watch = self._watch(symbol)
            for gap in self._coverage.gaps(symbol):
                if watch.begun_ts is not None and gap.from_ts <= watch.begun_ts:
                    self._store().skip(self.backfill.exchange.name, symbol, gap)
            watch.n_asked = 0

    @property
    def is_repairing(self) -> bool:
        """Whether something that is missing is being fetched."""
        return self._errands.count(is_block) > 0

    @property
    def filled(self) -> float:
        """Part of the history asked for that is there, 0 to 1; NaN when none is awaited."""
        n_asked = sum(watch.n_asked for watch in tuple(self._watches.values()))
        if not n_asked:
            return float("nan")
        return max(1.0 - self._coverage.n_missing(*self.symbols) / n_asked, 0.0)

    @property
    def trouble(self) -> str:
        """Why what is missing does not come, in a sentence."""
        if self._coverage.n_missing(*self.symbols):
            return self._errands.trouble or self.backfill.trouble
        return ""

    @property
    def _coverage(self) -> Coverage:
        return self._store().coverage.setdefault(self.backfill.exchange.name, Coverage())

    def _watch(self, symbol: str) -> Watch:
        now_s = asyncio.get_running_loop().time()
        return self._watches.setdefault(symbol, Watch(now_s, QUIET_S))

    def _round(self) -> None:
        """Begin what can be begun."""
        now_s = asyncio.get_running_loop().time()
        for symbol in self.symbols:
            watch = self._watch(symbol)
            if watch.begun_ts is None:
                self._errands.start((symbol, BEGIN), partial(self._begin, symbol))
            elif self.is_live and now_s - watch.heard_s > watch.quiet_s:
                watch.heard_s = now_s
                watch.quiet_s = min(2 * watch.quiet_s, QUIET_MOST_S)
                self._errands.start((symbol, PROBE), partial(self._probe, symbol, is_quiet=True))
        for block in self._due(now_s):
            if self._errands.count(is_block) >= AT_ONCE:
                break
            self._errands.start(block.key, partial(self._fetch, block))
        if not self._coverage.n_missing(*self.symbols):
            for watch in self._watches.values():
                watch.n_asked = 0

    def _due(self, now_s: float) -> "Iterator[Block]":
        """Blocks of the gaps that have lasted a round, those nearest to the focus first."""
        found = [(symbol, gap) for symbol in self.symbols for gap in self._coverage.gaps(symbol)]
        ends = {(symbol, end) for symbol, gap in found for end in gap[:2]}
        self._seen = {end: self._seen.get(end, now_s) for end in ends}
        lasting = [
            (symbol, gap)
            for symbol, gap in found
            if min(self._seen[symbol, end] for end in gap[:2]) <= now_s - ROUND_S
        ]
        focus_us = self.focus_us
        far = [distance(gap, focus_us) for _, gap in lasting]
        for at in np.argsort(far, kind="stable"):
            symbol, gap = lasting[at]
            yield from blocks(symbol, gap, is_by_id=self.backfill.is_by_id, focus_us=focus_us)

    async def _begin(self, symbol: str) -> None:
        """Ask what there is of a symbol, and decide what of it should be here."""
        newest = await self.backfill.newest(symbol)
        watch = self._watch(symbol)
        if newest is None:
            watch.begun_ts = 0
            return
        first = None
        if self.preload_us:
            first = await self.backfill.first(symbol, newest.ts_exch - self.preload_us)
        self._begun(newest.ts_exch)
        coverage = self._coverage
        skipped, wanted = plan(coverage, symbol, newest, first)
        for gap in skipped:
            self._store().skip(self.backfill.exchange.name, symbol, gap)
        if wanted is not None:
            coverage.want(symbol, wanted)
        watch.begun_ts, watch.n_asked = newest.ts_exch, coverage.n_missing(symbol)

    async def _probe(self, symbol: str, *, is_quiet: bool) -> None:
        """Ask for the newest trade of a symbol: what lies before it is here, or is missing."""
        newest = await self.backfill.newest(symbol)
        held = self._coverage.ranges.get(symbol)
        if newest is not None and held and newest.last_id > held[-1].to_id:
            end = newest.last_id
            self._coverage.want(symbol, Range(end, end, newest.ts_exch, newest.ts_exch))
            self._watch(symbol).is_suspect = is_quiet

    async def _fetch(self, block: Block) -> None:
        """One page into the store; what did not come is left for later."""
        gap = block.gap
        trades = await self.backfill.page(block.symbol, gap.from_id, gap.to_id, gap.from_ts)
        n_new = await self._append(likely(trades, gap))
        if n_new:
            self._errands.well(block.key)
        else:
            self._errands.later(block.key)
        watch = self._watch(block.symbol)
        if n_new and watch.is_suspect:
            watch.is_suspect, watch.n_strikes = False, watch.n_strikes + 1
            if watch.n_strikes >= STRIKES:
                watch.n_strikes = 0
                self._renew(block.symbol)


def is_block(key: Key) -> bool:
    """Whether an errand fetches trades."""
    return key[1] >= 0


def likely(trades: Trades, gap: Gap) -> Trades:
    """The trades whose times can be those of a gap's."""
    near = (trades.ts_exch >= gap.from_ts - STRAY_US) & (trades.ts_exch <= gap.to_ts + STRAY_US)
    return trades if near.all() else trades.select(near)
