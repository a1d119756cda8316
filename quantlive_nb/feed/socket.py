"""A live exchange over a WebSocket: connect, read, batch, and connect anew when it breaks.

This file knows no exchange's texts (wire does) and no store.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from quantlive_nb.clock import Clock, System
from quantlive_nb.errors import FeedRefused, FeedStalled, WireError
from quantlive_nb.feed.base import Batch
from quantlive_nb.feed.retry import backoff, is_transient, sentence
from quantlive_nb.health import FeedState
from quantlive_nb.types import Notice, Trade, Trades
from quantlive_nb.wire import Exchange

__all__ = ["Socket"]

log = logging.getLogger("quantlive.feed")

FLUSH_S = 0.1
FLUSH_ROWS = 5_000
COALESCE_S = 0.003
"""After a burst of bytes the transport rests this long: at thousands of messages a second the loop
wakes 300 times a second instead of thousands of times. It costs at most 3 ms of latency."""
CONTROL_S = 0.25
"""Pause between two control messages: 4 a second, where the exchange allows 5."""
MAX_FRAME = 4 * 1024 * 1024


@dataclass
class Inbox:
    """What the reader has taken and the batcher has not."""

    rows: list[Trade] = field(default_factory=list)
    n_rejected: int = 0
    complaint: str = ""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    full: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, events: Sequence[Trade | Notice]) -> None:
        """Keep the trades, remember an error, pass over the rest."""
        for event in events:
            if isinstance(event, Trade):
                self.rows.append(event)
                self.arrived.set()
            elif event.kind == "error":
                self.complaint = event.text
        if len(self.rows) >= FLUSH_ROWS:
            self.full.set()

    def empty(self) -> tuple[Trades, int, str]:
        """Hand everything over and start again."""
        taken = Trades.of(self.rows), self.n_rejected, self.complaint
        self.rows, self.n_rejected, self.complaint = [], 0, ""
        self.arrived.clear()
        self.full.clear()
        return taken


@dataclass
class Socket:
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

    Raises
    ------
    FeedRefused
        While iterating, when the exchange refuses for good (HTTP 403, 404, 451).

    Examples
    --------
    >>> from quantlive_nb.wire import Binance
    >>> Socket(Binance(), ["BTCUSDT"]).venue
    'binance'
    """

    exchange: Exchange
    symbols: Sequence[str]
    silence_s: float = 30.0
    clock: Clock = field(default_factory=System)
    waits: Callable[[], Iterator[float]] = backoff
    speed: float = 1.0
    _changed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _closed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _request_id: int = 0

    @property
    def venue(self) -> str:
        """The exchange's name."""
        return self.exchange.name

    async def events(self) -> AsyncGenerator[Batch, None]:
        """Batches every 100 ms or 5 000 rows while data comes; a state whenever it changes."""
        waits = self.waits()
        while not self._closed.is_set():
            yield Batch(FeedState.CONNECTING, reason=f"connecting to {self.venue}")
            try:
                async with contextlib.aclosing(self._connection()) as batches:
                    async for batch in batches:
                        if batch.trades is not None:
                            waits = self.waits()
                        yield batch
            except Exception as exc:
                if not is_transient(exc):
                    raise FeedRefused(self.venue, self.exchange.url([]), sentence(exc)) from exc
                wait_s = next(waits)
                reason = f"{self.venue}: {sentence(exc)}; trying again in {wait_s:.1f} s"
                yield Batch(FeedState.DOWN, reason=reason)
                await self._sleep(wait_s)

    def want(self, symbols: Sequence[str]) -> None:
        """Stream exactly these symbols from now on; sent at most 4 messages a second."""
        self.symbols = tuple(symbols)
        self._changed.set()

    async def aclose(self) -> None:
        """End the iteration at its next wait."""
        self._closed.set()

    async def _connection(self) -> AsyncGenerator[Batch, None]:
        """Batches of one connection; raises when it breaks or falls silent."""
        symbols = tuple(self.symbols)
        async with connect(
            self.exchange.url(symbols),
            compression=None,
            max_queue=None,
            max_size=MAX_FRAME,
            ping_timeout=60,
            close_timeout=1,
        ) as ws:
            inbox = Inbox()
            async with _cancelled_at_exit(
                asyncio.create_task(self._read(ws, inbox)),
                asyncio.create_task(self._converse(ws, symbols)),
            ) as tasks:
                yield Batch(FeedState.CONNECTING, reason="connected, waiting for the first trade")
                while await self._first_trade(inbox, tasks):
                    await _within(FLUSH_S, inbox.full.wait())
                    trades, n_rejected, complaint = inbox.empty()
                    yield Batch(FeedState.LIVE, trades, complaint, n_rejected)

    async def _read(self, ws: ClientConnection, inbox: Inbox) -> None:
        """Take every message as soon as it is there, letting bursts gather in the kernel."""
        loop, transport = asyncio.get_running_loop(), ws.transport
        while True:
            raw = await ws.recv(decode=False)
            try:
                inbox.take(self.exchange.parse(raw, self.clock.now_us()))
            except WireError as exc:
                inbox.n_rejected += 1
                log.warning("%s", exc)
            if transport.is_reading():
                transport.pause_reading()
                loop.call_later(COALESCE_S, transport.resume_reading)

    async def _converse(self, ws: ClientConnection, connected: Sequence[str]) -> None:
        """Say hello, then keep the subscription what :meth:`want` asked for, slowly."""
        for text in self.exchange.hello(connected):
            await ws.send(text)
            await asyncio.sleep(CONTROL_S)
        streamed = set(connected)
        while True:
            wanted = set(self.symbols)
            for ask, names in (
                (self.exchange.subscribe, sorted(wanted - streamed)),
                (self.exchange.unsubscribe, sorted(streamed - wanted)),
            ):
                if names:
                    self._request_id += 1
                    await ws.send(ask(names, self._request_id))
                    await asyncio.sleep(CONTROL_S)
            streamed = wanted
            await self._changed.wait()
            self._changed.clear()

    async def _first_trade(self, inbox: Inbox, tasks: "tuple[asyncio.Task[None], ...]") -> bool:
        """Wait for a trade; False when closed. A broken connection or a long silence raises."""
        arrived = asyncio.create_task(inbox.arrived.wait())
        closed = asyncio.create_task(self._closed.wait())
        async with _cancelled_at_exit(arrived, closed):
            await asyncio.wait(
                {arrived, closed, *tasks},
                timeout=self.silence_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if inbox.arrived.is_set() or self._closed.is_set():
                return inbox.arrived.is_set()
        for task in tasks:
            if task.done():
                task.result()
        raise FeedStalled(self.venue, self.silence_s)

    async def _sleep(self, seconds: float) -> None:
        """Wait, but not past :meth:`aclose`."""
        await _within(seconds, self._closed.wait())


async def _within(seconds: float, waiting: "Coroutine[object, object, object]") -> None:
    """Wait for something, but not longer than this."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(waiting, seconds)


@contextlib.asynccontextmanager
async def _cancelled_at_exit(
    *tasks: "asyncio.Task[Any]",
) -> "AsyncIterator[tuple[asyncio.Task[Any], ...]]":
    """Tasks that do not outlive the block, whatever ends it."""
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
