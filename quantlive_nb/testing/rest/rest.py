"""The REST endpoints: weight and answer of each path.

Target in, reply out: this file knows no socket.
"""

import http
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlsplit

from quantlive_nb.testing.market.market import Market
from quantlive_nb.testing.market.market_trade import Trade
from quantlive_nb.testing.market.trade_history import Book, Order
from quantlive_nb.testing.rest.exchange_info import rate_limits, symbol_row
from quantlive_nb.testing.rest.kline import klines
from quantlive_nb.testing.rest.outage import Outage
from quantlive_nb.testing.rest.query import Query, Refusal
from quantlive_nb.testing.rest.reply import Reply, compact
from quantlive_nb.testing.rest.request_weight import Charge, RequestWeight

__all__ = ["Rest"]

ADVICE = "Please use WebSocket Streams for live updates to avoid"


class Route(NamedTuple):
    """A path's request weight, its parameters, and what answers it."""

    weight: int
    parameters: tuple[str, ...]
    answer: Callable[[Query], object]


class Rest:
    """The public market-data endpoints of one market.

    Parameters
    ----------
    market : Market
    clock_ms : callable, optional
        The exchange's clock, ms UTC; by default that of the market.
    has_historical_trades : bool
        False serves no ``historicalTrades``, as the market-data-only host.
    budget : RequestWeight, optional
    outage : Outage, optional
        What is wrong at the moment; nothing by default.

    Notes
    -----
    Of the klines those of 3 days and more are not served, and ``timeZone`` is not known.

    Examples
    --------
    >>> rest = Rest(Market(), lambda: 1_499_827_319_559)
    >>> rest.answer("/api/v3/time").body
    '{"serverTime":1499827319559}'
    >>> rest.answer("/api/v3/trades?symbol=NOPE").body
    '{"code":-1121,"msg":"Invalid symbol."}'
    """

    def __init__(
        self,
        market: Market,
        clock_ms: Callable[[], int] | None = None,
        *,
        has_historical_trades: bool = True,
        budget: RequestWeight | None = None,
        outage: Outage | None = None,
    ) -> None:
        self._market = market
        self._clock_ms = clock_ms or market.clock_ms
        self._budget = budget or RequestWeight()
        self.outage = outage or Outage()
        page, span = ("symbol", "limit"), ("startTime", "endTime")
        self._routes = {
            "ping": Route(1, (), lambda _: {}),
            "time": Route(1, (), lambda _: {"serverTime": self._clock_ms()}),
            "exchangeInfo": Route(20, ("symbol", "symbols"), self._exchange_info),
            "trades": Route(25, page, self._trades),
            "historicalTrades": Route(25, (*page, "fromId"), self._trades),
            "aggTrades": Route(4, (*page, "fromId", *span), self._agg_trades),
            "klines": Route(2, (*page, "interval", *span), self._klines),
        }
        if not has_historical_trades:
            del self._routes["historicalTrades"]

    def answer(self, target: str) -> Reply:
        """Answer a GET of this path and query, with the faults of the outage."""
        refusal = self.outage.refusal()
        return self.outage.spoil(self._answer(target)) if refusal is None else refusal

    def _answer(self, target: str) -> Reply:
        """The answer without faults."""
        url = urlsplit(target)
        route = self._routes.get(url.path.removeprefix("/api/v3/"))
        charge = self._budget.spend(0 if route is None else route.weight, self._clock_ms())
        if charge.status != http.HTTPStatus.OK:
            return self._too_much(charge)
        if route is None:
            return Reply(404, compact({"msg": f"no such path: {url.path}"}), charge.used_weight)
        try:
            body = compact(route.answer(Query(url.query, route.parameters)))
        except Refusal as refusal:
            return Reply(400, str(refusal), charge.used_weight)
        return Reply(200, body, charge.used_weight)

    def _too_much(self, charge: Charge) -> Reply:
        """The answer to an address over the limit, or banned."""
        over = f"current limit is {self._budget.limit} request weight per 1 MINUTE"
        why = f"Too much request weight used; {over}. {ADVICE} polling the API."
        if charge.status == http.HTTPStatus.IM_A_TEAPOT:
            banned = f"IP banned until {charge.until_ms}"
            why = f"Way too much request weight used; {banned}. {ADVICE} bans."
        body = compact({"code": -1003, "msg": why})
        return Reply(charge.status, body, charge.used_weight, charge.retry_after_s)

    def _exchange_info(self, query: Query) -> object:
        listed = self._market.symbols
        wanted = query.symbols()
        if not set(wanted or ()) <= set(listed):
            raise Refusal(-1121, "Invalid symbol.")
        return {
            "timezone": "UTC",
            "serverTime": self._clock_ms(),
            "rateLimits": rate_limits(self._budget.limit),
            "exchangeFilters": [],
            "symbols": [
                symbol_row(name, is_halted=name in self._market.halted)
                for name in (listed if wanted is None else wanted)
            ],
        }

    def _trades(self, query: Query) -> object:
        book, limit = self._book(query)
        return [
            _trade_row(trade) | self._flaw("qty", [trade])
            for trade in book.page(query.integer("fromId"), limit)
        ]

    def _agg_trades(self, query: Query) -> object:
        book, limit = self._book(query)
        query.exclude("fromId", "startTime", "endTime")
        from_number = query.integer("fromId")
        return [
            _order_row(order) | self._flaw("q", order.trades)
            for order in book.orders(from_number, *query.span_ms(), limit)
        ]

    def _klines(self, query: Query) -> object:
        book, limit = self._book(query)
        start_ms, end_ms = query.span_ms()
        return klines(
            book,
            query.interval_ms(),
            self._market.history.newest_ms,
            start_ms=start_ms,
            end_ms=end_ms,
            limit=limit,
        )

    def _book(self, query: Query) -> tuple[Book, int]:
        """The trades asked for, and how many rows the page may have."""
        asked = query.symbol(self._market.symbols)
        symbol = self.outage.confuse(asked, self._market.history.traded())
        return self._market.history.book(symbol), self.outage.cap(query.limit())

    def _flaw(self, name: str, trades: list[Trade]) -> dict[str, object]:
        """Apply the flaw of a row, if any."""
        ids = (trade.trade_id for trade in trades)
        return {name: "0.00000000"} if self.outage.is_flawed(trades[0].symbol, ids) else {}


def _trade_row(trade: Trade) -> dict[str, object]:
    """A row of ``trades`` and ``historicalTrades``."""
    return {
        "id": trade.trade_id,
        "price": trade.price,
        "qty": trade.qty,
        "quoteQty": f"{Decimal(trade.price) * Decimal(trade.qty):.8f}",
        "time": trade.time_ms,
        "isBuyerMaker": trade.buyer_maker,
        "isBestMatch": True,
    }


def _order_row(order: Order) -> dict[str, object]:
    """A row of ``aggTrades``."""
    first, last = order.trades[0], order.trades[-1]
    qty = sum(Decimal(trade.qty) for trade in order.trades)
    return {
        "a": order.number,
        "p": first.price,
        "q": first.qty if first is last else f"{qty:.8f}",
        "f": first.trade_id,
        "l": last.trade_id,
        "T": first.time_ms,
        "m": first.buyer_maker,
        "M": True,
    }
