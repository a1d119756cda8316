"""A live exchange over WebSockets: as many lines as its symbols need, as one feed.

This file knows no exchange's texts (wire does), no connection's life (line does) and no store.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass, field

from quantlive_nb.clock import Clock, System
from quantlive_nb.feed.base import Batch
from quantlive_nb.feed.buffer import TradeBuffer
from quantlive_nb.feed.confirmation import ExchangeTime
from quantlive_nb.feed.pool import ConnectionPool
from quantlive_nb.feed.reconnecting import ConnectionPolicy, within
from quantlive_nb.health import FeedState
from quantlive_nb.http.backoff import backoff
from quantlive_nb.http.rate_limit import RateLimit
from quantlive_nb.interval import SECOND
from quantlive_nb.judge import Judge
from quantlive_nb.venue import Exchange

__all__ = ["WebSocketFeed"]

FLUSH_S = 0.1
RUSH_ROWS = 1_000
"""A batch costs as much as some thousand rows; when so many come at once, it waits for more."""


@dataclass
class WebSocketFeed:
    """Trades of some symbols of one exchange, for as long as it is iterated.

    Parameters
    ----------
    exchange : Exchange
        Speaks the venue's language.
    symbols : sequence of str
        What to stream first; :meth:`want` changes it while it runs.
    silence_s : float, seconds
        A connection on which no trade came for this long is DOWN and is replaced.
    clock : Clock
        Stamps the receipt.
    waits : callable
        Makes the generator of back-off seconds.
    rotate_s : float, seconds, optional
        A connection of this age is replaced, the new one first; by default as the exchange's
        limits say.

    Raises
    ------
    FeedRefused
        While iterating, when the exchange refuses for good (HTTP 403, 404, 451), has no other host
        to go to, and has accepted no connection before.

    Examples
    --------
    >>> from quantlive_nb.venue import Binance
    >>> WebSocketFeed(Binance(), ["BTCUSDT"]).venue
    'binance'
    """

    exchange: Exchange
    symbols: Sequence[str]
    silence_s: float = 30.0
    clock: Clock = field(default_factory=System)
    waits: Callable[[], Iterator[float]] = backoff
    rotate_s: float | None = None
    speed: float = 1.0
    _closed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _is_on: bool = field(default=False, repr=False)
    _inbox: TradeBuffer = field(init=False, repr=False)
    _bundle: ConnectionPool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._inbox = TradeBuffer(Judge(set(self.symbols)), time=ExchangeTime(self.clock))
        limits = self.exchange.limits
        gate = RateLimit(limits.connects, limits.connects_s * SECOND)
        terms = ConnectionPolicy(
            self.exchange,
            self._inbox,
            self.clock,
            self.silence_s,
            limits.rotate_s if self.rotate_s is None else self.rotate_s,
            self.waits,
            gate,
            self._inbox.stirred.set,
        )
        self._bundle = ConnectionPool(terms, limits.streams)

    @property
    def venue(self) -> str:
        """The exchange's name."""
        return self.exchange.name

    async def events(self) -> AsyncGenerator[Batch, None]:
        """Batches every 100 ms, in a rush every 200 ms or 5 000 rows; each change of state."""
        if self._closed.is_set():
            return
        self._is_on, last = True, Batch(FeedState.NEW)
        self._bundle.want(self.symbols)
        try:
            while not self._closed.is_set():
                if self._inbox.rows:
                    await within(FLUSH_S, self._inbox.full.wait())
                if len(self._inbox.rows) > RUSH_ROWS:
                    await within(FLUSH_S, self._inbox.full.wait())
                self._bundle.check()
                batch = self._batch()
                if is_news(batch, last):
                    last = batch
                    yield batch
                if not self._closed.is_set():
                    await self._inbox.stirred.wait()
            if self._inbox.rows:
                yield self._batch()
        finally:
            self._is_on = False
            await self._bundle.aclose()

    def want(self, symbols: Sequence[str]) -> None:
        """Stream exactly these symbols from now on; sent as slowly as the exchange wants."""
        self.symbols = tuple(symbols)
        self._inbox.judge.want(symbols)
        if self._is_on:
            self._bundle.want(self.symbols)

    def renew(self, symbol: str) -> None:
        """Replace the connection that should bring a symbol, the new one first."""
        self._bundle.renew(symbol)

    def proof(self, symbol: str) -> Callable[[], bool]:
        """Take this before the exchange is asked for a symbol's newest trade.

        Returns
        -------
        callable
            To be called once the answer is booked: nothing is missing unnoticed from now on. False
            when another connection has begun meanwhile, and the exchange must be asked again.
        """
        n_openings = self._inbox.openings.get(symbol, 0)

        def prove() -> bool:
            is_same = self._inbox.openings.get(symbol, 0) == n_openings
            if is_same:
                self._bundle.prove(symbol)
                self._inbox.stirred.set()
            return is_same

        return prove

    async def aclose(self) -> None:
        """End the iteration at its next wait."""
        self._closed.set()
        self._inbox.stirred.set()
        self._inbox.full.set()

    def _batch(self) -> Batch:
        """What has come, in the state of the worst line."""
        trades, n_rejected, n_dropped, complaint, opened = self._inbox.empty(self.venue)
        state, reason = self._bundle.stand
        has_trades = len(trades) > 0
        if has_trades and state is FeedState.CONNECTING and len(self._bundle) == 1:
            state = FeedState.LIVE
        reason = complaint or ("" if state is FeedState.LIVE else reason)
        return Batch(
            state,
            trades if has_trades else None,
            reason,
            n_rejected,
            n_dropped,
            opened,
            self._bundle.confirmed,
            () if self.exchange.capabilities.has_contiguous_ids else opened,
        )


def is_news(batch: Batch, last: Batch) -> bool:
    """Whether a batch says something that the one before it did not."""
    has_more = batch.trades is not None or batch.opened or batch.n_rejected
    said, before = ((b.state, b.reason, b.confirmed) for b in (batch, last))
    return bool(has_more) or said != before
