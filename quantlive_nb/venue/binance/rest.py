"""Binance spot's past over REST: trades by id, aggregates by time, bars.

This file knows Binance's texts and nothing of HTTP; see docs of 2026-07 (rest-api.md).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from quantlive_nb.errors import UsageError, WireError
from quantlive_nb.interval import Micros, every_name
from quantlive_nb.judge import MOST_ID, as_micros, flaw, is_price
from quantlive_nb.types import Trade
from quantlive_nb.venue.base import UNREADABLE, VOLUME, Id, Kline, Request, Stamp

__all__ = ["BinanceRest"]

T = TypeVar("T")
INTERVALS = {
    "1s": "1s",
    "1min": "1m",
    "3min": "3m",
    "5min": "5m",
    "15min": "15m",
    "30min": "30m",
    "1h": "1h",
    "2h": "2h",
    "4h": "4h",
    "6h": "6h",
    "8h": "8h",
    "12h": "12h",
    "1d": "1d",
}
"""The exchange's names of those bar lengths that it has and whose opening times are ours."""


class TradeRow(msgspec.Struct):
    """One row of ``historicalTrades``."""

    id: Id
    price: str
    qty: str
    time: Stamp
    isBuyerMaker: bool  # noqa: N815  the exchange's own key


class AggregateRow(msgspec.Struct):
    """One row of ``aggTrades``; f and l are -1 where the exchange took it back."""

    a: Id
    p: str
    q: str
    f: int
    l: int  # noqa: E741  the exchange's own key
    T: Stamp
    m: bool


class KlineRow(msgspec.Struct, array_like=True):
    """The first nine of the twelve fields of a bar."""

    opened: Stamp
    open: str
    high: str
    low: str
    close: str
    volume: str
    closed: int
    quote_volume: str
    n_trades: Id


DECODERS: dict[type, Any] = {
    TradeRow: msgspec.json.Decoder(list[TradeRow]),
    AggregateRow: msgspec.json.Decoder(list[AggregateRow]),
}
RAW = msgspec.json.Decoder(list[msgspec.Raw])
KLINES = msgspec.json.Decoder(list[KlineRow])


@dataclass(frozen=True, slots=True)
class BinanceRest:
    """Requests and rows of the market-data endpoints; implements :class:`History`.

    Parameters
    ----------
    name : str
        The venue that its trades carry.

    Examples
    --------
    >>> BinanceRest("binance").trades("BTCUSDT", 7, 1000)
    Request(path='/api/v3/historicalTrades?symbol=BTCUSDT&fromId=7&limit=1000', weight=25)
    """

    name: str

    def trades(self, symbol: str, from_id: int, limit: int) -> Request:
        """``historicalTrades``; ``fromId`` is inclusive."""
        return ask("historicalTrades", 25, symbol=symbol, fromId=from_id, limit=limit)

    def aggregates(self, symbol: str, from_number: int, limit: int) -> Request:
        """``aggTrades`` by the aggregates' own numbers."""
        return ask("aggTrades", 4, symbol=symbol, fromId=from_number, limit=limit)

    def aggregates_since(self, symbol: str, ts: Micros, limit: int) -> Request:
        """``aggTrades`` from the millisecond that holds a moment."""
        return ask("aggTrades", 4, symbol=symbol, startTime=max(ts, 0) // 1_000, limit=limit)

    def newest(self, symbol: str, limit: int = 1) -> Request:
        """``aggTrades`` without a start: the newest."""
        return ask("aggTrades", 4, symbol=symbol, limit=limit)

    def klines(self, symbol: str, every_us: Micros, start_us: Micros, limit: int) -> Request:
        """``klines`` from a moment on.

        Raises
        ------
        UsageError
            If the exchange has no bars of this length.
        """
        name = INTERVALS.get(every_name(every_us))
        if name is None:
            raise UsageError(f"{self.name} has no bars of {every_name(every_us)}: use 1min or 1h")
        start_ms = start_us // 1_000
        return ask("klines", 2, symbol=symbol, interval=name, startTime=start_ms, limit=limit)

    def read_trades(
        self, body: bytes, symbol: str, ts_recv: Micros, flaws: "dict[int, str] | None" = None
    ) -> list[Trade]:
        """Trades in the order of their ids; E is not told over REST, so T stands for it."""
        trades = []
        for row in self._rows(TradeRow, body, "historicalTrades", flaws):
            t = as_micros(row.time)
            fields = (row.id, row.id, row.price, row.qty, not row.isBuyerMaker, t, t, ts_recv)
            trade = Trade(self.name, symbol, *fields)
            if self._is_true(trade, body, flaws):
                trades.append(trade)
        return trades

    def read_aggregates(
        self, body: bytes, symbol: str, ts_recv: Micros, flaws: "dict[int, str] | None" = None
    ) -> list[tuple[int, Trade]]:
        """Aggregates with their numbers; those that the exchange marked invalid are left out."""
        found = []
        for row in self._rows(AggregateRow, body, "aggTrades", flaws):
            if row.f < 0:
                continue  # corrected in 2022: p and q are 0, f and l are -1
            t = as_micros(row.T)
            fields = (row.f, row.l, row.p, row.q, not row.m, t, t, ts_recv)
            trade = Trade(self.name, symbol, *fields)
            if self._is_true(trade, body, flaws):
                found.append((row.a, trade))
        return found

    def read_klines(self, body: bytes) -> list[Kline]:
        """Open, high, low, close, volume and count of each bar."""
        bars = []
        for row in self._read(KLINES.decode, body, "klines"):
            prices = row.open, row.high, row.low, row.close
            if not (all(map(is_price, prices)) and VOLUME.fullmatch(row.volume)):
                raise WireError(self.name, body, "a bar without exact prices or a volume")
            bars.append(Kline(as_micros(row.opened), *prices, row.volume, row.n_trades))
        return bars

    def _read(self, decode: Callable[[bytes], Sequence[T]], body: bytes, what: str) -> Sequence[T]:
        try:
            return decode(body)
        except UNREADABLE as exc:
            raise WireError(self.name, body, f"not an answer of {what} ({exc})") from exc

    def _rows(
        self, kind: "type[T]", body: bytes, what: str, flaws: "dict[int, str] | None"
    ) -> Sequence[T]:
        """The rows of an answer; one by one where one of them cannot be read, if that is asked."""
        try:
            return self._read(DECODERS[kind].decode, body, what)
        except WireError:
            if flaws is None:
                raise
        rows, bad = [], {}
        for raw in self._read(RAW.decode, body, what):
            try:
                rows.append(msgspec.json.decode(raw, type=kind))
            except UNREADABLE as exc:
                bad[id_of(raw)] = f"a row that cannot be read ({exc})"
        if not rows and -1 in bad:
            raise WireError(self.name, body, f"not an answer of {what} ({bad[-1]})")
        flaws |= bad
        return rows

    def _is_true(self, trade: Trade, body: bytes, flaws: "dict[int, str] | None") -> bool:
        """Whether a trade can be; else its flaw is kept, or raised where none are kept."""
        why = flaw(trade)
        if why and flaws is None:
            raise WireError(self.name, body, why)
        if why and flaws is not None:
            flaws[trade.trade_id] = why
        return not why


def id_of(row: "bytes | msgspec.Raw") -> int:
    """The first id of a row that cannot be read as a whole; -1 where it cannot be told.

    Examples
    --------
    >>> id_of(b'{"id":7,"price":null}'), id_of(b'{"f":"7"}'), id_of(b"[7]")
    (7, -1, -1)
    """
    try:
        fields = msgspec.json.decode(row)
    except UNREADABLE:
        return -1
    told = fields.get("id", fields.get("f")) if isinstance(fields, dict) else None
    return told if isinstance(told, int) and 0 <= told <= MOST_ID else -1


def ask(endpoint: str, weight: int, **query: object) -> Request:
    """A request of the public API, version 3."""
    return Request(f"/api/v3/{endpoint}?{urlencode(query)}", weight)
