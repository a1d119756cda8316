"""Binance spot: trade streams, control messages and the list of symbols.

This file knows Binance's texts and nothing of sockets; see docs of 2026-07 (web-socket-streams.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from quantlive_nb.errors import WireError
from quantlive_nb.interval import Micros
from quantlive_nb.judge import as_micros, flaw
from quantlive_nb.types import Notice, Trade
from quantlive_nb.venue.base import UNREADABLE, Capabilities, Id, Limits, Stamp
from quantlive_nb.venue.binance.limits import LIMITS
from quantlive_nb.venue.binance.rest import BinanceRest

__all__ = ["Binance"]

OWN = "wss://stream.binance.com:9443", "https://api.binance.com"
MARKET_DATA = "wss://data-stream.binance.vision", "https://data-api.binance.vision"
"""Hosts that serve the public market data alone, in more countries; no ``historicalTrades``."""


class TradeEvent(msgspec.Struct):
    """The payload of ``<symbol>@trade``; unknown keys are ignored."""

    e: str
    E: Stamp
    s: str
    t: Id
    p: str
    q: str
    T: Stamp
    m: bool
    """True when the buyer was the maker, so the taker sold."""


class AggregateEvent(msgspec.Struct):
    """The payload of ``<symbol>@aggTrade``: trades f..l of one taker order at one price."""

    e: str
    E: Stamp
    s: str
    f: Id
    l: Id  # noqa: E741  the exchange's own key
    p: str
    q: str
    T: Stamp
    m: bool


class Combined(msgspec.Struct):
    """The envelope of a combined stream around a trade."""

    data: TradeEvent


class Listed(msgspec.Struct):
    """One symbol of ``exchangeInfo``."""

    symbol: str
    status: str = "TRADING"


class Listing(msgspec.Struct):
    """The answer of ``exchangeInfo``, as far as we need it."""

    symbols: list[Listed]


FRAME = msgspec.json.Decoder(Combined)
LISTING = msgspec.json.Decoder(Listing)


@dataclass
class Binance:
    """Binance spot, or a server that speaks like it.

    Parameters
    ----------
    ws_url, rest_url : str
        Endpoints without a path.
    fallback : (str, str) or None
        Where to go when these refuse; the market-data hosts, for the exchange's own endpoints.
    has_trades : bool
        Whether the REST host serves ``historicalTrades``.

    Examples
    --------
    >>> binance = Binance()
    >>> binance.url(["BTCUSDT", "ETHUSDT"]).split("/", 3)[3]
    'stream?streams=btcusdt@trade/ethusdt@trade'
    >>> line = (
    ...     '{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT",'
    ...     '"t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true}}'
    ... )
    >>> (trade,) = binance.parse(line, ts_recv=0)
    >>> trade.price, trade.is_buy
    ('61837.63000000', False)
    """

    ws_url: str = OWN[0]
    rest_url: str = OWN[1]
    name: str = "binance"
    fallback: tuple[str, str] | None = None
    has_trades: bool = True

    def __post_init__(self) -> None:
        if (self.ws_url, self.rest_url) == OWN and self.fallback is None:
            self.fallback = MARKET_DATA
        if self.rest_url == MARKET_DATA[1]:
            self.has_trades = False

    @property
    def history(self) -> BinanceRest:
        """Its past, over REST."""
        return BinanceRest(self.name)

    @property
    def limits(self) -> Limits:
        """Those of Binance spot."""
        return LIMITS

    @property
    def capabilities(self) -> Capabilities:
        """Raw trades with contiguous ids, each of which can be asked for at the full hosts."""
        return Capabilities(history="id" if self.has_trades else "time")

    @property
    def alternative(self) -> str:
        """Binance.US, which is open where Binance is not; for its own users nothing."""
        return "binance-us" if self.name == "binance" else ""

    def elsewhere(self) -> "Binance | None":
        """The market-data hosts, when these are others."""
        if self.fallback is None:
            return None
        return Binance(*self.fallback, self.name, has_trades=False)

    def url(self, symbols: Sequence[str]) -> str:
        """The combined stream of these symbols' trades."""
        streams = "/".join(quote(s, safe="@") for s in streams_of(symbols))
        return f"{self.ws_url.rstrip('/')}/stream?streams={streams}"

    def hello(self, symbols: Sequence[str]) -> list[str]:  # noqa: ARG002  the URL says it all
        """Nothing: the URL names the streams."""
        return []

    def subscribe(self, symbols: Sequence[str], request_id: int) -> str:
        """A SUBSCRIBE for all of them at once."""
        return control("SUBSCRIBE", symbols, request_id)

    def unsubscribe(self, symbols: Sequence[str], request_id: int) -> str:
        """An UNSUBSCRIBE for all of them at once."""
        return control("UNSUBSCRIBE", symbols, request_id)

    def parse(self, raw: "str | bytes", ts_recv: Micros) -> list[Trade | Notice]:
        """A trade, or the notice that the message is something else.

        Raises
        ------
        WireError
            If it is not JSON, or a trade with an impossible field.
        """
        try:
            event = FRAME.decode(raw).data
        except UNREADABLE:
            return self._unusual(raw, ts_recv)
        if event.e != "trade":
            return self._unusual(raw, ts_recv)
        return [self._trade(event, event.t, event.t, raw, ts_recv)]

    def listing_path(self) -> str:
        """``exchangeInfo`` of every symbol."""
        return "/api/v3/exchangeInfo"

    def listing(self, body: bytes) -> dict[str, bool]:
        """Symbols, sorted, and whether their status is TRADING; a halted one has BREAK.

        Raises
        ------
        WireError
            If the answer is not an ``exchangeInfo``.
        """
        try:
            symbols = LISTING.decode(body).symbols
        except UNREADABLE as exc:
            raise WireError(self.name, body, "not an exchangeInfo") from exc
        return {s.symbol: s.status == "TRADING" for s in sorted(symbols, key=lambda s: s.symbol)}

    def _trade(
        self,
        event: "TradeEvent | AggregateEvent",
        first: int,
        last: int,
        raw: "str | bytes",
        ts_recv: Micros,
    ) -> Trade:
        """A checked trade; what cannot be true is refused, not stored."""
        stamps = as_micros(event.T), as_micros(event.E), ts_recv
        trade = Trade(self.name, event.s, first, last, event.p, event.q, not event.m, *stamps)
        if why := flaw(trade):
            raise WireError(self.name, raw, why)
        return trade

    def _unusual(self, raw: "str | bytes", ts_recv: Micros) -> list[Trade | Notice]:
        """Everything but a trade in a combined envelope."""
        try:
            message = msgspec.json.decode(raw)
        except UNREADABLE as exc:
            raise WireError(self.name, raw, "not JSON") from exc
        if not isinstance(message, dict):
            raise WireError(self.name, raw, "not an object")
        data = message.get("data", message)
        kind = data.get("e") if isinstance(data, dict) else None
        kind = kind if isinstance(kind, str) else None
        if kind in ("trade", "aggTrade"):
            return [self._convert(data, kind, raw, ts_recv)]
        return [notice(message, kind)]

    def _convert(self, data: object, kind: str, raw: "str | bytes", ts_recv: Micros) -> Trade:
        """A bare trade, an aggregate, or a trade with a field of the wrong kind."""
        try:
            if kind == "trade":
                trade = msgspec.convert(data, TradeEvent)
                return self._trade(trade, trade.t, trade.t, raw, ts_recv)
            event = msgspec.convert(data, AggregateEvent)
        except msgspec.ValidationError as exc:
            raise WireError(self.name, raw, f"a malformed {kind} ({exc})") from exc
        return self._trade(event, event.f, event.l, raw, ts_recv)


def streams_of(symbols: Sequence[str]) -> list[str]:
    """Stream names: the symbol in lower case and the kind."""
    return [f"{symbol.lower()}@trade" for symbol in symbols]


def control(method: str, symbols: Sequence[str], request_id: int) -> str:
    """A control message as Binance documents it."""
    message = {"method": method, "params": streams_of(symbols), "id": request_id}
    return msgspec.json.encode(message).decode()


def notice(message: dict[str, Any], kind: "str | None") -> Notice:
    """What a message that carries no trade says."""
    error = message.get("error", message)
    if isinstance(error, dict) and "code" in error:
        return Notice("error", f"{error.get('msg', 'error')} (code {error['code']})")
    if kind == "serverShutdown":
        return Notice("shutdown", "the exchange restarts this server")
    if "result" in message:
        return Notice("ack", str(message.get("id")))
    return Notice("ignored", str(message.get("stream", kind or "")))
