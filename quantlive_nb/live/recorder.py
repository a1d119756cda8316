"""One recording: runs a feed into a store on the event loop; any thread can read its health."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from quantlive_nb.clock import Market
from quantlive_nb.errors import FeedError
from quantlive_nb.feed import Backfill, Batch, Feed, Replay, Simulated, WebSocketFeed
from quantlive_nb.health import FeedState, Health
from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.live.attach import Station, beside
from quantlive_nb.live.attachment import Attachment
from quantlive_nb.live.repair.audit import Auditor
from quantlive_nb.live.repair.repairer import Repairer
from quantlive_nb.live.runtime.rate_meter import RateMeter
from quantlive_nb.live.source import Options
from quantlive_nb.live.symbol_list import SymbolList
from quantlive_nb.live.writer import TradeWriter
from quantlive_nb.name import is_symbol
from quantlive_nb.store import Coverage
from quantlive_nb.store.tape.era import contradicting
from quantlive_nb.types import Trades

__all__ = ["Recorder"]

log = logging.getLogger("quantlive.live")

LAST = """
SELECT symbol, arg_max(last_id, (era, last_id)), arg_max(price, (era, trade_id))::DOUBLE,
       epoch_us(max(ts_recv)) FROM trades WHERE venue = ? GROUP BY symbol
"""
T = TypeVar("T")
FLUSH_S = 1.0
"""How long a feed may take to hand over what it has received when it is told to end."""
RETRY_S = 1.0


class Recorder(Station):
    """Feed and store of one source, from :meth:`run` to its end.

    Parameters
    ----------
    options : Options
    changed : callable
        Called after every batch and every change of state, on the loop.
    """

    def __init__(
        self, options: Options, changed: Callable[[], None], attached: Attachment | None = None
    ) -> None:
        self.feed: Feed
        self.feed, symbols = options.feed()
        # A fast replay brings seconds at a time: between them only as much time passes as here, or
        # bars would close before their trades have come.
        market = Market(speed=self.feed.speed)
        super().__init__(options, changed, market, self.feed.venue, attached)
        self.symbols = symbols
        self.past_us: Micros = 0
        self._first_us: Micros | None = None
        self.listing = SymbolList(options.exchange())
        self.meter, self.intake = RateMeter(), TradeWriter(self.writer)
        self.repairer: Repairer | None = None
        self.auditor: Auditor | None = None
        self._for_clients: tuple[str, ...] = ()
        self._writer = ThreadPoolExecutor(1, "quantlive-write")
        self._task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Open, check the symbols, record until the feed ends or the task is cancelled."""
        self._task = asyncio.current_task()
        try:
            while True:
                try:
                    self._reopen(await self._open())
                    self._resume()
                finally:
                    self.opened.set()
                if self.attached.client is None:
                    break
                await self._follow(self.attached.client)
            await self._record()
        except asyncio.CancelledError:
            self._become(FeedState.STOPPED, "stopped")
            raise
        # A background failure must become a state that the screen shows, whatever it is.
        except Exception as exc:
            log.exception("the recording failed")
            self._become(FeedState.FAILED, str(exc) or type(exc).__name__)
            raise
        finally:
            self._writer.shutdown(wait=False)

    async def _record(self) -> None:
        """Record until the feed ends, and share what is recorded."""
        self.begin()
        if self.options.is_exchange:
            await self._check()
        events = contextlib.aclosing(self.feed.events())  # type: ignore[type-var]
        async with self._sharing(), beside(self._retry()), self._repairing(), events as batches:
            async for batch in batches:
                self.writer().check()
                await self._take(batch)
        if self.state is not FeedState.ENDED:
            self._become(FeedState.STOPPED, "stopped")

    def want(self, symbols: tuple[str, ...]) -> None:
        """Stream exactly these symbols (on the loop)."""
        self.symbols = symbols
        self._stream()
        self._changed()

    def stream_for_clients(self, symbols: tuple[str, ...]) -> None:
        """Stream these for clients too, where the exchange lists or may list them (on the loop)."""
        listing = self.listing
        known = {*listing.symbols, *listing.halted} if self.options.is_exchange else set()
        self._for_clients = tuple(s for s in symbols if (s in known if known else is_symbol(s)))
        self._stream()

    def _stream(self) -> None:
        """Ask the feed for what is wanted here and elsewhere."""
        streamed = tuple(dict.fromkeys((*self.symbols, *self._for_clients)))
        self.feed.want(streamed)
        if self.repairer is not None:
            self.repairer.symbols = streamed

    def health(self) -> Health:
        """One reading, for any thread."""
        coverage = self.store.coverage.get(self.venue, Coverage())
        repairer, symbols, owned = self.repairer, self.symbols, self.attached.owned
        if self.follower is not None:
            return self.owner_health.but(
                state=self.state,
                reason=self.reason,
                symbols=symbols,
                role=self.role,
                n_missing=coverage.n_missing(*symbols),
                n_held=coverage.n_held(*symbols),
                n_skipped=coverage.n_skipped(*symbols),
                n_eras=coverage.n_turns(*symbols),
                n_lost=coverage.n_lost(*symbols),
            )
        return Health(
            self.state,
            self.options.source,
            self.reason,
            symbols,
            self.meter.rate(),
            self.meter.lag_ms() if self.options.is_exchange else float("nan"),
            self.intake.n_stored,
            coverage.n_missing(*symbols),
            self.meter.n_rejected + (0 if owned is None else owned.doubt.n_refused),
            self.role,
            n_held=coverage.n_held(*symbols),
            n_skipped=coverage.n_skipped(*symbols),
            n_eras=coverage.n_turns(*symbols),
            n_lost=coverage.n_lost(*symbols),
            n_dropped=self.meter.n_dropped + self.intake.n_dropped,
            is_repairing=repairer is not None and repairer.is_repairing,
            filled=float("nan") if repairer is None else repairer.filled,
            n_unconfirmed=0 if repairer is None else repairer.n_unconfirmed,
            n_differing=0 if self.auditor is None else self.auditor.n_differing,
            trouble=self._trouble(),
        )

    def _trouble(self) -> str:
        """What hinders the recording, or those who read it, while the feed is well: the gravest."""
        owner = self.owner
        unshared = owner.trouble if owner is not None and owner.was_shared else ""
        repairs = "" if self.repairer is None else self.repairer.trouble
        coverage = self.store.coverage.get(self.venue, Coverage())
        anew = "; ".join(filter(None, map(coverage.said, self.symbols)))
        silent = self.listing.silence(self.symbols) or self._unconfirmed()
        return self.intake.trouble or unshared or repairs or silent or anew

    async def pause(self) -> None:
        """End the recording, whatever has arrived stored; the store stays open to be asked."""
        if self._task is None:
            return
        await self.feed.aclose()
        await asyncio.wait({self._task}, timeout=FLUSH_S)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self.intake.flush()

    def _resume(self) -> None:
        """Go on where the store ends; what is past is not played again, nor judged by alerts."""
        self.past_us = self.market.now_us()
        if isinstance(self.feed, Simulated) and not self.is_viewer:
            self.feed.resume(*self._last())
            self.past_us = self.past_us or self.feed.clock.now_us()
        elif isinstance(self.feed, Replay):
            self.feed.blocks = map(self._unstored, self.feed.blocks)

    def _unstored(self, block: Trades) -> Trades:
        """The trades of a recording that the store does not hold."""
        coverage, slow = self.store.coverage.get(block.venue), list[str]()
        if coverage is None or block.venue_trade_id is not None:  # those the store itself knows
            return block
        fresh = coverage.fresh(block, slow)
        return block.select(fresh | contradicting(self.writer().cursor(), coverage, block, slow))

    async def _check(self) -> None:
        """Refuse symbols that are not listed; those that the store holds were listed once."""
        try:
            await asyncio.to_thread(self.listing.load)
        except FeedError as exc:
            log.info("%s", exc)
        known = {symbol for venue, symbol in self.store.newest if venue == self.venue}
        self.listing.check([symbol for symbol in self.symbols if symbol not in known])

    def _last(self) -> tuple[dict[str, tuple[int, float]], Micros]:
        """Newest id and price of each symbol of this venue; when the latest was received."""
        rows = self.store.cursor().execute(LAST, [self.venue]).fetchall()
        return {s: (i, price) for s, i, price, _ in rows}, max((us for *_, us in rows), default=0)

    @contextlib.asynccontextmanager
    async def _repairing(self) -> AsyncIterator[None]:
        """While the block runs, what the tape of an exchange lacks is fetched."""
        feed = self.feed
        if not isinstance(feed, WebSocketFeed) or not feed.exchange.capabilities.is_repairable:
            yield
            return
        backfill = Backfill(self.options.exchange())
        self.auditor = Auditor(backfill, self.writer, self.market.now_us, lambda: self.symbols)
        self.repairer = repairer = Repairer(
            backfill,
            self.writer,
            self._mend,
            feed.renew,
            preload_us=int(self.options.preload_s * SECOND),
            begun=self._begun,
            proof=feed.proof,
        )
        self._stream()
        async with beside(repairer.run()), beside(self.auditor.run()):
            yield

    async def _retry(self) -> None:
        """Store what waits for the disk, when no batch comes to do it."""
        while True:
            await asyncio.sleep(RETRY_S)
            if self.intake.trouble:
                await self._store(None)
                self._changed()

    async def _take(self, batch: Batch) -> None:
        """Store one batch and tell the readers."""
        self.intake.interrupt(self.venue, batch.broken)
        if batch.trades is not None:
            await self._store(batch.trades)
        self.intake.confirm(self.venue, batch.confirmed)
        if batch.trades is not None and len(batch.trades):
            self.listing.heard(batch.trades.symbol)
            self.venue = batch.trades.venue
            if isinstance(self.feed, Replay):  # what is recorded is known as it is played
                self.symbols = tuple(dict.fromkeys((*self.symbols, *batch.trades.symbol)))
            self.market.observe(int(batch.trades.ts_exch.max()))
            if self._first_us is None:
                self._first_us = int(batch.trades.ts_exch.min())
        self.meter.count(batch)
        if self.repairer is not None:
            self.repairer.take(batch)
        self._become(batch.state, batch.reason)

    async def _store(self, trades: "Trades | None") -> None:
        """Store a batch and what waits; once the disk takes it again, repairs need not wait."""
        was_full = bool(self.intake.trouble)
        await self._written(self.intake.take, trades)
        if was_full and not self.intake.trouble and self.repairer is not None:
            self.repairer.forgive()

    async def _mend(self, trades: Trades) -> int:
        """Store what came over REST, once what came before it has found its place."""
        n_new = await self._written(self.intake.mend, trades)
        self._changed()
        return n_new

    async def _written(self, write: "Callable[[T], int]", what: T) -> int:
        """Write on the thread that writes: the loop goes on receiving meanwhile."""
        try:
            writing = asyncio.get_running_loop().run_in_executor(self._writer, write, what)
        except RuntimeError:  # no thread takes work any more while the interpreter ends
            return write(what)
        return await writing

    def _begun(self, ts: Micros) -> None:
        """The market stood here at the start: no alert is judged on what is older."""
        first_us = ts if self._first_us is None else min(self._first_us - 1, ts)
        self.past_us = max(self.past_us, first_us)
