"""One open WebSocket: reads as fast as it can, keeps its subscriptions, notes when it heard what.

This file knows no back-off and no successor; it lives once.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import cast

from websockets.asyncio.client import connect

from quantlive_nb.clock import Clock
from quantlive_nb.errors import WireError
from quantlive_nb.feed.buffer import TradeBuffer
from quantlive_nb.feed.confirmation import Proof
from quantlive_nb.feed.frame_reader import MAX_FRAME, Framed
from quantlive_nb.http.proxy import proxy_of
from quantlive_nb.http.rate_limit import RateLimit
from quantlive_nb.interval import SECOND
from quantlive_nb.types import Notice, Trade
from quantlive_nb.venue import Exchange

__all__ = ["Connection"]

log = logging.getLogger("quantlive.feed")

COALESCE_S = 0.003
"""After a burst of bytes the transport rests this long: at thousands of messages a second the loop
wakes 300 times a second instead of thousands of times. It costs at most 3 ms of latency."""
ASKS_S = 0.9
"""A connection is asked for an answer once a second, and never sooner than this."""
DOUBT_S = 10.0
"""What a message that was not understood may have said is asked for at most so often."""
REMEMBERED = 5_000
"""Opaque ids of a connection among which its successor's first trade is looked for."""
LOGGED = 20
"""Different complaints of one connection that are logged, each once."""


class Connection:
    """A socket that brings the trades of some symbols.

    Parameters
    ----------
    exchange : Exchange
    symbols : sequence of str
        Subscribed from the first moment; :meth:`want` changes them.
    inbox : TradeBuffer
        Where everything that is heard goes.
    clock : Clock
        Stamps the receipt.

    Attributes
    ----------
    heard_s : float
        When the last trade came, on the loop's clock; at first, when it was opened.
    seen : Event
        The first trade has come: the connection works.
    stirred : Event
        It has ended, or should be replaced.
    first : Trade or None
        The first that came.
    is_leaving : bool
        The exchange has announced that it will end it.
    streamed : set of str
        Symbols of which it has begun to bring trades.
    proof : Proof
        What it proves of them.
    """

    def __init__(
        self, exchange: Exchange, symbols: Sequence[str], inbox: TradeBuffer, clock: Clock
    ) -> None:
        self.symbols = tuple(symbols)
        self.seen, self.stirred = asyncio.Event(), asyncio.Event()
        self.is_leaving = False
        self.opened_s = self.heard_s = 0.0
        self._exchange, self._inbox, self._clock = exchange, inbox, clock
        self.streamed: set[str] = set()
        self.proof, self._doubted_s = Proof(), float("-inf")
        self.first: Trade | None = None
        self._newest: dict[str, int] = {}
        self._opaque: deque[str] = deque(maxlen=REMEMBERED)
        self._goal: Trade | None = None
        self._met, self._changed = asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._control = RateLimit(exchange.limits.control_per_s, SECOND)
        self._known: set[str] = set()
        self._ws: Framed | None = None

    async def open(self, request_id: Callable[[], int]) -> None:
        """Connect and begin to read.

        Raises
        ------
        OSError, WebSocketException
            When it cannot be.
        FeedError
            When a proxy is set that cannot be used.
        """
        connected = self.symbols
        url = self._exchange.url(connected)
        opening = connect(
            url,
            proxy=proxy_of(url),
            create_connection=Framed,
            compression=None,
            max_queue=None,
            max_size=MAX_FRAME,
            ping_timeout=60,
            close_timeout=1,
        )
        self._ws = cast("Framed", await opening)
        self.opened_s = self.heard_s = asyncio.get_running_loop().time()
        self.streamed = set(connected)
        self._tasks = [
            asyncio.create_task(self._read(self._ws)),
            asyncio.create_task(self._converse(self._ws, connected, request_id)),
            asyncio.create_task(self._ask(self._ws)),
        ]
        for task in self._tasks:
            task.add_done_callback(lambda _: self.stir())

    def want(self, symbols: Sequence[str]) -> None:
        """Bring exactly these symbols from now on."""
        self.symbols = tuple(symbols)
        self._changed.set()

    def stir(self) -> None:
        """Wake whoever watches this connection, and whoever waits for its first trade."""
        self.stirred.set()
        self.seen.set()
        self._met.set()

    @property
    def works(self) -> bool:
        """Whether it is open and reads."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    def check(self) -> None:
        """Raise what ended it, if it has ended."""
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.result()

    async def reach(self, trade: Trade) -> None:
        """Wait until it has brought a trade, and so all that came before, or has ended."""
        if not self.has_brought(trade) and self.works:
            self._goal = trade
            await self._met.wait()

    def has_brought(self, trade: Trade) -> bool:
        """Whether it has brought a trade, and so all that came before."""
        if trade.venue_trade_id:
            return trade.venue_trade_id in self._opaque
        return self._newest.get(trade.symbol, -1) >= trade.trade_id

    async def ended(self) -> None:
        """Wait until it has ended by itself."""
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def aclose(self) -> None:
        """End it; may be called twice."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        try:
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._ws is not None:
                await self._ws.close()
        finally:
            if self._ws is not None:  # a farewell that is interrupted leaves nothing open
                self._ws.transport.abort()

    async def _read(self, ws: Framed) -> None:
        """Take every message as soon as it is there; most come many at a time."""
        ws.listen(self._hear)
        while True:
            self._hear([await ws.recv(decode=False)])

    def _hear(self, texts: list[bytes]) -> None:
        """Take a burst of messages, then let the next one gather in the kernel."""
        loop, now_us = asyncio.get_running_loop(), self._clock.now_us()
        events: list[Trade | Notice] = []
        n_lost = self._inbox.n_rejected + self._inbox.n_dropped
        for text in texts:
            try:
                events += self._exchange.parse(text, now_us)
            except WireError as exc:
                self._inbox.reject()
                self._say_once(exc.why)
        self._take(events, loop.time())
        if self._inbox.n_rejected + self._inbox.n_dropped > n_lost:
            self._doubt(loop.time())
        if self._ws is not None and (transport := self._ws.transport).is_reading():
            transport.pause_reading()
            loop.call_later(COALESCE_S, transport.resume_reading)

    def _take(self, events: "list[Trade | Notice]", now_s: float) -> None:
        """Hand on what a burst says, and note what it means for this connection."""
        trades, objection = self._inbox.take(events)
        if objection:
            self._say_once(objection)
        if trades:
            self.heard_s = now_s
            self.proof.trades(trades)
            self._note(trades)
            self.seen.set()
        if len(trades) < len(events) and any(map(is_shutdown, events)):
            self.is_leaving = True
            self.stirred.set()

    def _note(self, trades: list[Trade]) -> None:
        """How far it has come; whether that is as far as somebody waits for."""
        self.first = self.first or trades[0]
        newest = self._newest
        for trade in trades:
            if trade.last_id > newest.get(trade.symbol, -1):
                newest[trade.symbol] = trade.last_id
        if self.first.venue_trade_id:
            self._opaque.extend(trade.venue_trade_id for trade in trades)
        if self._goal is not None and self.has_brought(self._goal):
            self._met.set()

    def _doubt(self, now_s: float) -> None:
        """Something that came is lost: until its next trade, or an answer, no symbol is certain."""
        doubted = sorted(self.proof.symbols)
        self.proof.symbols.clear()
        if doubted and now_s > self._doubted_s + DOUBT_S:
            self._doubted_s = now_s
            self._inbox.open(doubted)

    async def _ask(self, ws: Framed) -> None:
        """Ping when nothing has come that could confirm the bars of the last second."""
        clock, proof = self._inbox.time, self.proof
        while True:
            now_us = clock.now_us()
            wait_us = proof.due_us(now_us) if now_us else SECOND // 10
            if wait_us > 0:
                await asyncio.sleep(wait_us / SECOND)
                continue
            await self._control.turn()
            asked_s, asked_us = asyncio.get_running_loop().time(), clock.now_us()
            await (await ws.ping())
            if ws.is_direct:  # else messages that came before the answer may wait to be read
                proof.answered(asked_us)
                self._inbox.stirred.set()
            await asyncio.sleep(asked_s + ASKS_S - asyncio.get_running_loop().time())

    def _say_once(self, what: str) -> None:
        """A complaint goes into the log once a connection, however often it recurs."""
        if what not in self._known and len(self._known) < LOGGED:
            self._known.add(what)
            log.warning("%s sent %s", self._exchange.name, what)

    async def _converse(
        self, ws: Framed, connected: Sequence[str], request_id: Callable[[], int]
    ) -> None:
        """Say hello, then keep the subscription what :meth:`want` asked for, slowly."""
        for text in self._exchange.hello(connected):
            await self._control.turn()
            await ws.send(text)
        while True:
            wanted = set(self.symbols)
            added, ended = sorted(wanted - self.streamed), sorted(self.streamed - wanted)
            for ask, names in (
                (self._exchange.subscribe, added),
                (self._exchange.unsubscribe, ended),
            ):
                if names:
                    await self._control.turn()
                    await ws.send(ask(names, request_id()))
            self.streamed = wanted
            self.proof.symbols.difference_update(added, ended)
            if added:
                self._inbox.open(added)
                self._inbox.stirred.set()
            await self._changed.wait()
            self._changed.clear()


def is_shutdown(event: Trade | Notice) -> bool:
    """Whether the exchange announces that it will end the connection."""
    return isinstance(event, Notice) and event.kind == "shutdown"
