"""One recording: a feed into a store, on the loop; its health is there for any thread to read.

This file knows no bars, no statistics and no widget.
"""

import asyncio
import contextlib
import logging
import statistics
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from quantlive_nb.clock import Market
from quantlive_nb.errors import FeedError, StoreBusy
from quantlive_nb.feed import Batch, Feed, Replay, Simulated
from quantlive_nb.health import FeedState, Health
from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.live.listing import Listing
from quantlive_nb.live.source import Options, default_db
from quantlive_nb.store import MEMORY, AlertBook, BarReader, Store
from quantlive_nb.types import Ints, Trades

__all__ = ["Recorder"]

log = logging.getLogger("quantlive.live")

RATE_S = 5.0
LAST = """
SELECT symbol, max(last_id), arg_max(price, trade_id)::DOUBLE
FROM trades WHERE venue = ? GROUP BY symbol
"""
FLUSH_S = 1.0
"""How long a feed may take to hand over what it has received when it is told to end."""
BUSY_S = 2.0
"""How long a database that another process owns is asked for again: a page that is reloaded finds
its elder still closing."""


@dataclass
class Meter:
    """Trades per second over the last seconds of the receive clock, and their lag."""

    n_trades: int = 0
    n_rejected: int = 0
    _recv: deque[Ints] = field(default_factory=deque)
    _first_us: Micros | None = None
    _newest: tuple[Micros, float] = 0, 0.0
    _lags: deque[float] = field(default_factory=lambda: deque(maxlen=10))

    def count(self, batch: Batch, n_new: int) -> None:
        """Take note of one batch."""
        self.n_trades += n_new
        self.n_rejected += batch.n_rejected
        if batch.trades is not None and len(batch.trades):
            recv = batch.trades.ts_recv
            newest_us = max(int(recv.max()), self._newest[0])
            self._first_us = int(recv.min()) if self._first_us is None else self._first_us
            self._newest = newest_us, time.monotonic()
            self._recv.append(recv[recv > newest_us - RATE_S * SECOND])
            while self._recv and not (self._recv[0] > newest_us - RATE_S * SECOND).any():
                self._recv.popleft()
            self._lags.append(float(np.median(recv - batch.trades.ts_exch)) / 1_000)

    def rate(self) -> float:
        """Trades per second over the last 5 s; of a preloaded past no more than that counts."""
        if self._first_us is None:
            return 0.0
        newest_us, at = self._newest
        now_us = newest_us + int((time.monotonic() - at) * SECOND)
        span_s = min(RATE_S, max(1.0, (now_us - self._first_us) / SECOND))
        since_us = now_us - RATE_S * SECOND
        return sum(int((recv > since_us).sum()) for recv in tuple(self._recv)) / span_s

    def lag_ms(self) -> float:
        """Median of the last batches' lags; NaN before the first trade."""
        return statistics.median(self._lags) if self._lags else float("nan")


class Recorder:
    """Feed and store of one source, from :meth:`run` to its end.

    Parameters
    ----------
    options : Options
    changed : callable
        Called after every batch and every change of state, on the loop.
    """

    def __init__(
        self, options: Options, changed: Callable[[], None], store: Store | None = None
    ) -> None:
        self.options = options
        self._given = store
        self.feed: Feed
        self.feed, self.symbols = options.feed()
        self.venue = self.feed.venue
        # A fast replay brings seconds at a time: between them only as much time passes as here, or
        # bars would close before their trades have come.
        self.market = Market(speed=self.feed.speed)
        self.past_us: Micros = 0
        self.listing = Listing(options.exchange())
        self.role = ""
        self.meter = Meter()
        self.state, self.reason = FeedState.NEW, ""
        self.opened = threading.Event()
        self._changed = changed
        self._task: asyncio.Task[None] | None = None
        self._reopen(store or Store(MEMORY))

    async def run(self) -> None:
        """Open, check the symbols, record until the feed ends or the task is cancelled."""
        self._task = asyncio.current_task()
        try:
            try:
                self._reopen(await self._open())
                self._resume()
            finally:
                self.opened.set()
            self._become(FeedState.CONNECTING, f"connecting to {self.venue}")
            if self.options.is_exchange:
                await self._check()
            async with contextlib.aclosing(self.feed.events()) as batches:  # type: ignore[type-var]
                async for batch in batches:
                    self._take(batch)
            if self.state is not FeedState.ENDED:
                self._become(FeedState.STOPPED, "stopped")
        except asyncio.CancelledError:
            self._become(FeedState.STOPPED, "stopped")
            raise
        # A background failure must become a state that the screen shows, whatever it is.
        except Exception as exc:
            log.exception("the recording failed")
            self._become(FeedState.FAILED, str(exc) or type(exc).__name__)
            raise

    def want(self, symbols: tuple[str, ...]) -> None:
        """Stream exactly these symbols (on the loop)."""
        self.symbols = symbols
        self.feed.want(symbols)
        self._changed()

    def health(self) -> Health:
        """One reading, for any thread."""
        coverage = self.store.coverage.get(self.venue)
        return Health(
            self.state,
            self.options.source,
            self.reason,
            self.symbols,
            self.meter.rate(),
            self.meter.lag_ms(),
            self.meter.n_trades,
            coverage.n_missing(*self.symbols) if coverage else 0,
            self.meter.n_rejected,
            self.role,
        )

    async def pause(self) -> None:
        """End the recording, whatever has arrived stored; the store stays open to be asked."""
        if self._task is None:
            return
        await self.feed.aclose()
        await asyncio.wait({self._task}, timeout=FLUSH_S)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _open(self) -> Store:
        """The database meant, or memory with the reason why."""
        path = self.options.path if self._given is None else self._given.path
        self.role = "recording in memory" if path == MEMORY else f"recording into {path}"
        if path == MEMORY or self._given is not None:
            return self.store
        if path == default_db():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        until = time.monotonic() + BUSY_S
        while True:
            try:
                store = Store(path)
            except StoreBusy as exc:
                if self.options.must_own:
                    raise
                if time.monotonic() > until:
                    self.role = f"recording in memory: {exc}"
                    return self.store
                await asyncio.sleep(0.1)
            else:
                self.store.close()
                return store

    def _reopen(self, store: Store) -> None:
        """Everything that asks this store; market time stands at its newest trade."""
        self.store, self.reader, self.book = store, BarReader(store), AlertBook(store)
        if newest := [ts for (venue, _), ts in store.newest.items() if venue == self.venue]:
            self.market.observe(max(newest))
            self.market.pause()

    def _resume(self) -> None:
        """Go on where the store ends; what is past is not played again, nor judged by alerts."""
        self.past_us = self.market.now_us()
        if isinstance(self.feed, Simulated):
            self.feed.resume(self._last())
            self.past_us = self.past_us or self.feed.clock.now_us()
        elif isinstance(self.feed, Replay):
            self.feed.blocks = map(self._unstored, self.feed.blocks)

    def _unstored(self, block: Trades) -> Trades:
        """The trades of a recording that the store does not hold."""
        coverage = self.store.coverage.get(block.venue)
        return block if coverage is None else block.select(coverage.fresh(block))

    async def _check(self) -> None:
        """Refuse symbols that the exchange does not list, where it can be asked."""
        try:
            await asyncio.to_thread(self.listing.load)
        except FeedError as exc:
            log.info("%s", exc)
        self.listing.check(self.symbols)

    def _last(self) -> dict[str, tuple[int, float]]:
        """Newest id and price of each symbol of this venue."""
        rows = self.store.cursor().execute(LAST, [self.venue]).fetchall()
        return {symbol: (last_id, price) for symbol, last_id, price in rows}

    def _take(self, batch: Batch) -> None:
        """Store one batch and tell the readers."""
        n_new = 0
        if batch.trades is not None and len(batch.trades):
            n_new = self.store.append(batch.trades)
            self.venue = batch.trades.venue
            self.market.observe(int(batch.trades.ts_exch.max()))
        self.meter.count(batch, n_new)
        self._become(batch.state, batch.reason)

    def _become(self, state: FeedState, reason: str) -> None:
        self.state, self.reason = state, reason
        if state is not FeedState.LIVE:
            self.market.pause()
        self._changed()
