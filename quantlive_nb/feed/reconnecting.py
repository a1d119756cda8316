"""A line: one connection after the other for the same symbols, each opened before it must be.

This file knows no exchange's texts; a connection that fails is replaced after a while, one that
grows old is replaced before it is dropped. A refusal ends the line only while none has worked yet.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field

from websockets.exceptions import InvalidStatus, WebSocketException

from quantlive_nb.clock import GRACE_US, Clock
from quantlive_nb.errors import FeedError, FeedRefused, FeedStalled
from quantlive_nb.feed.buffer import TradeBuffer
from quantlive_nb.feed.connection import Connection
from quantlive_nb.health import FeedState
from quantlive_nb.http.backoff import is_transient, sentence
from quantlive_nb.http.rate_limit import RateLimit
from quantlive_nb.http.refusal import TOO_MANY, fall_over, retry_after_s
from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.venue import Exchange

__all__ = ["ConnectionPolicy", "ReconnectingStream", "within"]

log = logging.getLogger("quantlive.feed")

OVERLAP_S = 2.0
"""So long, at most, a connection is heard on until it has brought its successor's first trade."""


@dataclass
class ConnectionPolicy:
    """What all lines of a feed share.

    Attributes
    ----------
    exchange : Exchange
        Replaced by its market-data hosts when it refuses.
    silence_s, rotate_s : float, seconds
        Without a trade for so long a connection is given up; older than that it is renewed.
    gate : RateLimit
        Attempts to connect.
    told : callable
        Called when a line's state changes.
    has_worked : bool
        Whether any attempt to connect has succeeded: from then on no refusal ends the feed.
    """

    exchange: Exchange
    inbox: TradeBuffer
    clock: Clock
    silence_s: float
    rotate_s: float
    waits: Callable[[], Iterator[float]]
    gate: RateLimit
    told: Callable[[], None]
    n_requests: int = field(default=0)
    has_worked: bool = field(default=False)

    def request_id(self) -> int:
        """A number that no control message had before."""
        self.n_requests += 1
        return self.n_requests


class ReconnectingStream:
    """Keeps some symbols streaming.

    Parameters
    ----------
    terms : ConnectionPolicy
    symbols : sequence of str
        At most as many as one connection may carry.

    Attributes
    ----------
    state : FeedState
    reason : str
    """

    def __init__(self, terms: ConnectionPolicy, symbols: Sequence[str]) -> None:
        self.symbols = tuple(symbols)
        self.state, self.reason = FeedState.CONNECTING, f"connecting to {terms.exchange.name}"
        self._terms = terms
        self._open: list[Connection] = []
        self._is_to_renew = False
        self._asked = terms.exchange
        self._confirmed: dict[str, Micros] = {}
        self._traded_us: Micros = 0

    @property
    def confirmed(self) -> dict[str, Micros]:
        """Up to when all trades of each symbol have come, µs UTC; 0 when nothing is known."""
        self._confirm()
        return {symbol: self._confirmed[symbol] for symbol in self.symbols}

    def prove(self, symbol: str) -> None:
        """Its newest trade was asked for after all open connections had begun to bring it."""
        for connection in self._open:
            if symbol in connection.streamed:
                connection.proof.symbols.add(symbol)

    def want(self, symbols: Sequence[str]) -> None:
        """Stream exactly these symbols from now on."""
        self.symbols = tuple(symbols)
        for connection in self._open:
            connection.want(symbols)

    def renew(self) -> None:
        """Replace the connection: it does not bring what it should."""
        self._is_to_renew = True
        for connection in self._open:
            connection.stirred.set()

    async def run(self) -> None:
        """Stream until cancelled.

        Raises
        ------
        FeedRefused
            When the exchange refuses for good, and never accepted a connection of this feed.
        """
        waits = self._terms.waits()
        try:
            while True:
                try:
                    await self._succeed()
                    waits = self._terms.waits()
                    await self._watch()
                except Exception as exc:  # noqa: BLE001  what is not transient is raised there
                    await self._give_up(exc, waits)
        finally:
            for connection in [*self._open]:
                await self._close(connection)

    async def _succeed(self) -> None:
        """Open a connection; when it has brought a trade, the one before is closed."""
        terms = self._terms
        await self._close_dead()
        previous = self._open[-1] if self._open else None
        if previous is None:
            self._become(FeedState.CONNECTING, f"connecting to {terms.exchange.name}")
        await terms.gate.turn()
        self._asked = terms.exchange
        successor = Connection(self._asked, self.symbols, terms.inbox, terms.clock)
        self._open.append(successor)
        try:
            await successor.open(terms.request_id)
            terms.has_worked = True
            has_contiguous_ids = self._asked.capabilities.has_contiguous_ids
            if has_contiguous_ids or previous is None:
                terms.inbox.open(successor.symbols)
            if previous is None:
                self._become(FeedState.CONNECTING, "connected, waiting for the first trade")
            await self._until_seen(successor)
        except BaseException:
            await self._close(successor)
            raise
        self._is_to_renew = False
        self._become(FeedState.LIVE, "")
        if previous is not None and successor.first is not None:
            await within(OVERLAP_S, previous.reach(successor.first))
            if previous.has_brought(successor.first):
                successor.proof.symbols |= previous.proof.symbols & successor.streamed
            elif not has_contiguous_ids:
                terms.inbox.open(successor.symbols)
            await self._close(previous)

    async def _until_seen(self, connection: Connection) -> None:
        """Wait for a connection's first trade; raise what ended it, or its silence."""
        await within(self._terms.silence_s, connection.seen.wait())
        connection.check()
        if not connection.seen.is_set():
            raise FeedStalled(self._terms.exchange.name, self._terms.silence_s)

    async def _watch(self) -> None:
        """Return when the connection should be renewed; close it when it fails."""
        connection = self._open[-1]
        try:
            await self._until_due(connection)
        except BaseException:
            await self._close(connection)
            raise

    async def _until_due(self, connection: Connection) -> None:
        """Wait until a connection should be renewed; raise what ended it, or its silence."""
        loop, terms = asyncio.get_running_loop(), self._terms
        while True:
            connection.check()
            now_s = loop.time()
            left_s = connection.opened_s + terms.rotate_s - now_s
            if left_s <= 0 or connection.is_leaving or self._is_to_renew:
                return
            patience_s = connection.heard_s + terms.silence_s - now_s
            if patience_s <= 0:
                raise FeedStalled(terms.exchange.name, terms.silence_s)
            await within(min(left_s, patience_s), connection.stirred.wait())
            connection.stirred.clear()

    async def _give_up(self, exc: Exception, waits: Iterator[float]) -> None:
        """Say what failed and wait; a connection that still works is kept meanwhile."""
        await self._close_dead()
        wait_s, name = next(waits), self._asked.name
        said = sentence(exc, self._asked.alternative)
        if (pause_s := told_pause_s(exc)) > 0:
            self._terms.gate.shut(int(pause_s * SECOND))
            wait_s = max(wait_s, pause_s)
        why = f"{name}: {said}; trying again in {wait_s:.1f} s"
        if self._falls_over(exc):
            why = f"{name} is closed to this address: going to its market-data hosts"
        elif not (is_transient(exc) or self._open):
            if not self._terms.has_worked:
                if isinstance(exc, FeedError):  # it never came as far as the exchange
                    raise exc
                raise FeedRefused(name, self._asked.url(self.symbols), said) from exc
            log.warning("%s", why, exc_info=not isinstance(exc, WebSocketException))
        if isinstance(exc, FeedStalled) and not self._open:
            self._take_back()
        if self._open:
            await within(wait_s, self._open[-1].ended())
        else:
            self._become(FeedState.DOWN, why)
            await asyncio.sleep(wait_s)

    def _falls_over(self, exc: Exception) -> bool:
        """Whether the hosts are closed to us and there are others, to which all lines go."""
        if not isinstance(exc, InvalidStatus):
            return False
        other = fall_over(exc.response.status_code, self._asked, self._terms.exchange)
        self._terms.exchange = other or self._terms.exchange
        return other is not None

    def _confirm(self) -> None:
        """Take note of what the open connections prove."""
        for symbol in self.symbols:
            found = [connection.proof.upto(symbol) for connection in self._open]
            self._confirmed[symbol] = max(self._confirmed.get(symbol, 0), *found, 0)

    def _take_back(self) -> None:
        """Confirm nothing after the newest trade: a silent connection's answers meant nothing."""
        upto_us = max(self._traded_us - GRACE_US, 0)
        self._confirmed = {symbol: min(ts, upto_us) for symbol, ts in self._confirmed.items()}

    async def _close_dead(self) -> None:
        """Close what has ended, and what has been silent for too long."""
        since_s = asyncio.get_running_loop().time() - self._terms.silence_s
        for connection in [c for c in self._open if not c.works or c.heard_s <= since_s]:
            await self._close(connection)

    async def _close(self, connection: Connection) -> None:
        if connection in self._open:
            self._traded_us = max(self._traded_us, connection.proof.traded_us)
            self._confirm()
            self._open.remove(connection)
        await connection.aclose()

    def _become(self, state: FeedState, reason: str) -> None:
        self.state, self.reason = state, reason
        self._terms.told()


def told_pause_s(exc: Exception) -> float:
    """How long an exchange that answered a handshake with 429 or 418 wants to be left alone."""
    if not (isinstance(exc, InvalidStatus) and exc.response.status_code in TOO_MANY):
        return 0.0
    told = exc.response.headers.get("Retry-After")
    return retry_after_s(told) if told else 0.0


async def within(seconds: float, waiting: "Coroutine[object, object, object]") -> None:
    """Wait for something, but not longer than this."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # wait_for of Python 3.11 may swallow a cancellation
            await waiting
