"""The repairer: finds missing trades in the coverage and fetches them, those on the page first."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from quantlive_nb.feed import Backfill, Batch
from quantlive_nb.feed.reconnecting import within
from quantlive_nb.health import FeedState
from quantlive_nb.interval import Micros
from quantlive_nb.live.repair.extent import Extent
from quantlive_nb.live.repair.followed import Followed
from quantlive_nb.live.repair.gap_age import GapAge
from quantlive_nb.live.repair.gap_plan import Block, due, likely
from quantlive_nb.live.repair.task_pool import Key, TaskPool
from quantlive_nb.live.repair.untold_ids import UntoldIds
from quantlive_nb.store import Coverage, Writer
from quantlive_nb.types import Trades

__all__ = ["Repairer"]

log = logging.getLogger("quantlive.repair")

ROUND_S = 0.2
"""A gap that is still there one round later is no mere reordering."""
AT_ONCE = 4
STRAY = "a trade of another time than those beside it"
NOT_THERE = "it has none with this id"
BEGIN, PROBE = -1, -2
"""Work that is no block: asking for a symbol's past, and for its newest trade."""


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
    proof : callable
        Taken before a symbol's newest trade is asked for, called once the answer is booked.

    Attributes
    ----------
    symbols : tuple of str
        Whose tape is kept.
    focus_us : int or None, µs UTC
        What is looked at; None for the newest.
    is_live : bool
        Whether connections bring trades: only then does a symbol's silence mean anything, and can
        what is held be all there is.

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
        store: Callable[[], Writer],
        append: Callable[[Trades], Awaitable[int]],
        renew: Callable[[str], None],
        *,
        preload_us: Micros = 0,
        begun: Callable[[Micros], object] = int,
        proof: Callable[[str], Callable[[], object]] = lambda _: int,
    ) -> None:
        self.backfill, self.preload_us = backfill, preload_us
        self.symbols: tuple[str, ...] = ()
        self.focus_us: Micros | None = None
        self.is_live = False
        self._store, self._append, self._renew = store, append, renew
        self._followed: dict[str, Followed] = {}
        self._proof = proof
        self._gap_age = GapAge(ROUND_S)
        self._wake = asyncio.Event()
        self._tasks = TaskPool(self._wake.set)
        self._untold = UntoldIds(backfill.exchange.name)
        self._extent = Extent(backfill, store, self._untold, begun)

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
            await self._tasks.aclose()
            await self.backfill.aclose()

    def take(self, batch: Batch) -> None:
        """What a feed has said, once its trades are stored."""
        is_live = batch.state is FeedState.LIVE
        self.opened(batch.opened)
        if batch.trades is not None:
            self.heard(set(batch.trades.symbol.tolist()), batch.trades)
        if batch.state is FeedState.DOWN or (self.is_live and not is_live):
            now_s = asyncio.get_running_loop().time()
            for followed in self._followed.values():
                followed.change(now_s, is_open=False)
        self.is_live = is_live

    def opened(self, symbols: Iterable[str]) -> None:
        """A connection has begun to bring these: ask what was missed before it."""
        now_s = asyncio.get_running_loop().time()
        for symbol in symbols:
            self._follow(symbol).change(now_s, is_open=True)
            if self._follow(symbol).begun_ts is not None:
                self._probe(symbol, is_quiet=False)

    def heard(self, symbols: Iterable[str], trades: "Trades | None" = None) -> None:
        """Trades of these have come on a connection."""
        now_s = asyncio.get_running_loop().time()
        for symbol in symbols:
            followed = self._follow(symbol)
            followed.hear(now_s)
            if followed.first_id is None and trades is not None:
                followed.first_id = int(trades.trade_id[trades.symbol == symbol].min())
            self._extent.compare(symbol, followed)

    def forgive(self) -> None:
        """What could not be stored can be now: fetch it without a pause."""
        self._tasks.forgive()
        self._wake.set()

    def fill(self, back_us: "Micros | None" = None) -> None:
        """Fetch what was skipped; with a length of time, everything back to so long ago."""
        for symbol in self.symbols:
            self._store().unskip(self.backfill.exchange.name, symbol)
            if back_us is None:
                self._follow(symbol).n_asked = self._coverage.n_missing(symbol)
            else:
                self.preload_us = back_us
                self._follow(symbol).begun_ts = None
        self._wake.set()

    def look_at(self, ts: "Micros | None") -> None:
        """Fetch what is missing near this moment first; None: the newest first."""
        self.focus_us = ts
        self._wake.set()

    def cancel(self) -> None:
        """Fill the history no further; what is missing of it is booked as skipped."""
        for symbol in self.symbols:
            followed = self._follow(symbol)
            for gap in self._coverage.gaps(symbol):
                if followed.begun_ts is not None and gap.from_ts <= followed.begun_ts:
                    self._store().skip(self.backfill.exchange.name, symbol, gap)
            followed.n_asked = 0

    @property
    def is_repairing(self) -> bool:
        """Whether something that is missing is being fetched."""
        return self._tasks.count(is_block) > 0

    @property
    def filled(self) -> float:
        """Part of the history asked for that is there, 0 to 1; NaN when none is awaited."""
        n_asked = sum(followed.n_asked for followed in tuple(self._followed.values()))
        if not n_asked:
            return float("nan")
        return max(1.0 - self._coverage.n_missing(*self.symbols) / n_asked, 0.0)

    @property
    def trouble(self) -> str:
        """Why what is missing, or not known, does not come, in a sentence."""
        n_missing = self._coverage.n_missing(*self.symbols)
        if not self.n_unconfirmed and not n_missing:
            return ""
        hindrance = self._tasks.trouble or self.backfill.trouble
        doubt = self._store().doubt.said(self.backfill.exchange.name, self.symbols)
        return doubt or hindrance or self._untold.sentence(self._coverage, self.symbols)

    @property
    def n_unconfirmed(self) -> int:
        """Symbols of which trades may be missing that nothing has told of; from any thread."""
        if not self.is_live:
            return len(self.symbols)
        known, doubt, venue = self._followed, self._store().doubt, self.backfill.exchange.name
        return sum(
            s not in known or not known[s].is_confirmed or doubt.since(venue, s) is not None
            for s in self.symbols
        )

    @property
    def _coverage(self) -> Coverage:
        return self._store().coverage.setdefault(self.backfill.exchange.name, Coverage())

    def _follow(self, symbol: str) -> Followed:
        now_s, proof = asyncio.get_running_loop().time(), partial(self._proof, symbol)
        return self._followed.setdefault(symbol, Followed(now_s, proof=proof))

    def _round(self) -> None:
        """Begin what can be begun."""
        now_s = asyncio.get_running_loop().time()
        for symbol in self.symbols:
            followed = self._follow(symbol)
            if followed.note_era(self._coverage.era(symbol)):
                self._untold.forget(symbol)
                self._tasks.well((symbol, BEGIN))
            if followed.begun_ts is None:
                self._tasks.start((symbol, BEGIN), partial(self._begin, symbol))
            elif followed.is_open and not followed.is_confirmed:
                self._probe(symbol, is_quiet=False)
            elif self.is_live and followed.is_silent(now_s):
                self._probe(symbol, is_quiet=True)
        found = [(symbol, gap) for symbol in self.symbols for gap in self._coverage.gaps(symbol)]
        broken = {symbol for symbol, _ in found}
        self._tasks.forget(lambda key: is_block(key) and key[0] not in broken)
        lasting = self._gap_age.of(found, now_s)
        for block in due(lasting, is_by_id=self.backfill.is_by_id, focus_us=self.focus_us):
            if self._tasks.count(is_block) >= AT_ONCE:
                break
            self._tasks.start(block.key, partial(self._fetch, block))
        if not self._coverage.n_missing(*self.symbols):
            for followed in self._followed.values():
                followed.n_asked = 0

    async def _begin(self, symbol: str) -> None:
        """Ask for a symbol's past."""
        await self._extent.begin(symbol, self._follow(symbol), self.preload_us)

    def _probe(self, symbol: str, *, is_quiet: bool) -> None:
        """Ask for a symbol's newest trade, unless that is being asked."""
        probe = partial(self._extent.probe, symbol, self._follow(symbol), is_quiet=is_quiet)
        self._tasks.start((symbol, PROBE), probe)

    async def _fetch(self, block: Block) -> None:
        """One page into the store; what did not come is left for later."""
        gap, symbol, era = block.gap, block.symbol, self._coverage.era(block.symbol)
        flaws: dict[int, str] = {}
        trades = await self.backfill.page(symbol, gap.from_id, gap.to_id, gap.from_ts, flaws)
        await self._extent.compare_before(symbol, self._follow(symbol), gap)
        if self._coverage.era(symbol) != era:
            return  # its ids began anew meanwhile: this is of the era before
        mine = likely(trades, gap)
        flaws |= dict.fromkeys(set(trades.trade_id.tolist()) - set(mine.trade_id.tolist()), STRAY)
        n_new = await self._append(mine)
        if n_new:
            self._tasks.well(block.key)
        else:
            flaws = flaws or {gap.from_id: NOT_THERE}
            self._tasks.later(block.key)
        self._untold.note(symbol, flaws)
        if n_new and self._follow(block.symbol).strike():
            self._renew(block.symbol)


def is_block(key: Key) -> bool:
    """Whether a task fetches trades."""
    return key[1] >= 0
