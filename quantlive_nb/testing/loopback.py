"""A market-data exchange on 127.0.0.1 that plays recordings or scripted trades."""

import asyncio
import contextlib
import errno
import math
from collections.abc import AsyncIterator, Iterable
from os import PathLike
from types import TracebackType
from typing import Any, Literal, Self

from quantlive_nb.errors import UsageError
from quantlive_nb.testing.exchange.clients import Clients
from quantlive_nb.testing.exchange.loop_thread import LoopThread
from quantlive_nb.testing.exchange.playback import Playback
from quantlive_nb.testing.exchange.random_trades import RandomWalk
from quantlive_nb.testing.exchange.server import Server
from quantlive_nb.testing.faults.fault import Faults
from quantlive_nb.testing.market.event_frame import EventFrame
from quantlive_nb.testing.market.market import Market, Number
from quantlive_nb.testing.market.pace import Throttle
from quantlive_nb.testing.rest.outage import Outage
from quantlive_nb.testing.rest.request_weight import WEIGHT_LIMIT, RequestWeight
from quantlive_nb.testing.rest.rest import Rest

__all__ = ["LoopbackExchange"]

HOST = "127.0.0.1"


class LoopbackExchange(Faults):
    """A local stand-in for Binance's spot market-data servers.

    Parameters
    ----------
    play : path, optional
        Recording (``*.frames.jsonl.gz``) to play once, byte for byte, to whoever is subscribed.
    speed : float
        Times the recorder's pace; ``inf`` is as fast as the slowest client reads.
    start : {"subscribe", "now"}
        When the recording begins: with the first subscription to one of its streams, or at once.
    start_when : iterable of str
        Begin only when all these streams are subscribed, whatever ``start`` says.
    at_end : {"stay", "close"}
        After the last frame keep the connections open and silent, or close them.
    start_at_s : float
        Begin this many seconds into the recording: earlier trades are available over REST only.
        ``inf`` skips all of it.
    has_historical_trades : bool
        False serves no ``historicalTrades`` over REST, as the market-data-only host.
    weight_limit : int
        Request weight that may be used in a minute, before 429 and 418 are answered.
    minute_s : float, seconds
        How long that minute is.
    symbols : str or iterable of str
        Symbols listed besides the recorded and the well-known ones; a str is split at commas.
    rate : float, trades/s
        Above 0: endless random trades of ``symbols``, in real time, from the start.
    seed : int
        Of the random trades, and of reordering.
    max_age_s : float, seconds
        Close each connection at this age; at the exchange it is 24 h.
    port : int
        0 picks a free one.

    Attributes
    ----------
    port : int
        Where it listens, once started.
    symbols : tuple of str
        What trades here: the recording's symbols once started, or those of ``symbols``.
    n_frames : int
        Frames of the recording, once started.
    n_connections, n_open, n_sent, control, requests, streams, is_finished and more
        What has happened so far: see ``Counters``, also for ``wait_until`` and similar methods.
    drop, silence, rest_refuse and more
        Faults to inject: see ``Faults``.

    Raises
    ------
    UsageError
        If an argument is invalid.

    Notes
    -----
    All connections share one playback: a client that connects late, or is away, misses earlier
    events, and the slowest reader delays the others. A raw ``/ws`` socket gets the payload cut out
    of the recorded text. All trades are available over REST, whether or not they were received;
    those of one taker order are available as soon as the first was sent. Two things differ from the
    exchange: ``timeUnit`` and its REST header are ignored, and pings and pongs do not count towards
    the five messages per second that a client may send.

    Examples
    --------
    >>> from websockets.sync.client import connect
    >>> with LoopbackExchange() as exchange, connect(exchange.ws_url + "/ws/ethusdt@trade") as ws:
    ...     _ = exchange.wait_subscribed("ethusdt@trade")
    ...     exchange.trade("ETHUSDT", "2683.8", "0.5", buyer_maker=True, ts_ms=1723161255611)
    ...     print(ws.recv()[:76])
    1
    {"e":"trade","E":1723161255611,"s":"ETHUSDT","t":1,"p":"2683.80000000","q":"
    """

    def __init__(
        self,
        *,
        play: str | PathLike[str] | None = None,
        speed: float = 1.0,
        start: Literal["subscribe", "now"] = "subscribe",
        start_when: Iterable[str] = (),
        at_end: Literal["stay", "close"] = "stay",
        start_at_s: float = 0.0,
        has_historical_trades: bool = True,
        weight_limit: int = WEIGHT_LIMIT,
        minute_s: float = 60.0,
        symbols: str | Iterable[str] = (),
        rate: float = 0.0,
        seed: int = 1,
        max_age_s: float = math.inf,
        port: int = 0,
    ) -> None:
        listed = _names(symbols)
        _check(play is not None, rate, port, max_age_s)
        super().__init__()
        self.port = port
        self.symbols = tuple(listed)
        self.n_frames = 0
        choices: Any = {"speed": speed, "start": start, "at_end": at_end, "start_at_s": start_at_s}
        self._tape = None if play is None else Playback(play, start_when=start_when, **choices)
        self._walk = RandomWalk(listed, rate, seed) if rate else None
        self._market = Market(listed)
        self._outage = Outage(self.faults)
        rest = Rest(
            self._market,
            has_historical_trades=has_historical_trades,
            budget=RequestWeight(weight_limit, minute_s),
            outage=self._outage,
        )
        self._clients = Clients(self, seed, max_age_s)
        self._server = Server(rest, self._clients, self)
        self._throttle = Throttle()
        self._thread = LoopThread("LoopbackExchange", self._open)

    def start(self) -> Self:
        """Read the recording and listen; idempotent.

        Raises
        ------
        ReplayError
            If the recording cannot be read.
        UsageError
            If the port is occupied, or ``start_when`` names a stream that is not recorded.
        Closed
            If it was closed.
        """
        if self._tape is not None and not self.n_frames:
            recording = self._tape.load(self._market.history)
            self.n_frames = len(recording.frames)
            self.symbols = tuple(recording.last_ids) or recording.symbols
            self._market.enlist(dict.fromkeys(recording.symbols, 0) | recording.last_ids)
        self._thread.start()
        return self

    def close(self) -> None:
        """Close every connection and the port; idempotent."""
        self._thread.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def ws_url(self) -> str:
        """Base of the WebSocket endpoints, such as ``ws://127.0.0.1:9443``."""
        return f"ws://{HOST}:{self.port}"

    @property
    def rest_url(self) -> str:
        """Base of the REST endpoints: the same port."""
        return f"http://{HOST}:{self.port}"

    # What it sends

    def trade(
        self,
        symbol: str,
        price: Number,
        qty: Number,
        *,
        buyer_maker: bool = False,
        ts_ms: int | None = None,
        trade_id: int | None = None,
    ) -> int:
        """Make a trade and push it to the subscribers of its symbol; from any thread.

        Parameters
        ----------
        symbol : str
        price, qty : str, Decimal or int
            At most 8 decimals.
        buyer_maker : bool
            True when the taker sold.
        ts_ms : int, ms UTC
            Trade and event time; now by default.
        trade_id : int, optional
            The next one by default, which continues the recording's; any other opens a gap or
            repeats an id, and the next trade counts on from there.

        Returns
        -------
        int
            The trade id.
        """
        fields = symbol.upper(), price, qty, buyer_maker, ts_ms, trade_id
        (number,) = self._market.make([fields], self._post)
        return number

    def send(self, text: str | bytes, stream: str | None = None) -> None:
        """Push any text as it is, to the subscribers of a stream or, by default, to everyone."""
        self._post([EventFrame.odd(text, stream)])

    def _post(self, frames: list[EventFrame]) -> None:
        """Push frames, from any thread."""
        self._thread.post(lambda: self._clients.push(frames))

    # What runs in its loop

    @contextlib.asynccontextmanager
    async def _open(self) -> AsyncIterator[None]:
        """Listen and play."""
        try:
            listener = await self._server.listen(HOST, self.port)
        except OSError as exc:
            raise UsageError(_why_not(self.port, exc)) from exc
        self.port = listener.sockets[0].getsockname()[1]
        async with listener, asyncio.TaskGroup() as group:
            player = group.create_task(self._play())
            yield
            player.cancel()
            await self._server.farewell(listener)
        await self._server.hang_up()

    async def _play(self) -> None:
        if (player := self._tape or self._walk) is not None:
            await player.play(self._clients, self._market, self._throttle)
            self.is_finished = True
            self.notify()


def _names(symbols: str | Iterable[str]) -> list[str]:
    """Split and upper-case symbols."""
    names = symbols.split(",") if isinstance(symbols, str) else symbols
    return [name.strip().upper() for name in names if name.strip()]


def _check(plays: bool, rate: float, port: int, max_age_s: float) -> None:
    """Validate the arguments."""
    if not 0 <= port <= 65_535:
        raise UsageError(f"port {port} does not exist: give 1 to 65535, or 0 for a free one")
    if not max_age_s > 0:
        raise UsageError(f"max_age_s is {max_age_s}: give seconds above 0, or inf")
    if rate and plays:
        raise UsageError("a recording and random trades exclude each other: leave out play or rate")


def _why_not(port: int, exc: OSError) -> str:
    """Why the port cannot be opened, in a sentence."""
    if exc.errno == errno.EADDRINUSE:
        return f"port {port} is occupied: choose another, or 0 for a free one"
    return f"cannot listen on port {port} ({exc.strerror}): choose another, or 0 for a free one"
