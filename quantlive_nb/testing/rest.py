"""The REST answers: what each path costs and says.

Target in, reply out: this file knows no socket.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlsplit

from quantlive_nb.testing.history import Order
from quantlive_nb.testing.listing import rate_limits, symbol_row
from quantlive_nb.testing.market import Market, now_ms
from quantlive_nb.testing.query import Query, Refusal, compact
from quantlive_nb.testing.trade import Trade

__all__ = ["Reply", "Rest"]

WEIGHT_MOST = 6_000


class Reply(NamedTuple):
    """An HTTP answer: status, JSON text, and the weight used in this minute."""

    status: int
    body: str
    used_weight: int


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
    clock_ms : callable
        The exchange's clock, ms UTC.
    has_historical_trades : bool
        False serves no ``historicalTrades``, as the market-data-only host.

    Examples
    --------
    >>> rest = Rest(Market(), lambda: 1_499_827_319_559)
    >>> rest.answer("/api/v3/time")
    Reply(status=200, body='{"serverTime":1499827319559}', used_weight=1)
    >>> rest.answer("/api/v3/trades?symbol=NOPE")
    Reply(status=400, body='{"code":-1121,"msg":"Invalid symbol."}', used_weight=26)
    """

    def __init__(
        self,
        market: Market,
        clock_ms: Callable[[], int] = now_ms,
        has_historical_trades: bool = True,
    ) -> None:
        self._market = market
        self._clock_ms = clock_ms
        self._minute, self._used_weight = 0, 0
        span = ("startTime", "endTime")
        self._routes = {
            "ping": Route(1, (), lambda _: {}),
            "time": Route(1, (), lambda _: {"serverTime": clock_ms()}),
            "exchangeInfo": Route(20, ("symbol", "symbols"), self._exchange_info),
            "trades": Route(25, ("symbol", "limit"), self._trades),
            "historicalTrades": Route(25, ("symbol", "limit", "fromId"), self._trades),
            "aggTrades": Route(4, ("symbol", "limit", "fromId", *span), self._agg_trades),
        }
        if not has_historical_trades:
            del self._routes["historicalTrades"]

    def answer(self, target: str) -> Reply:
        """Answer a GET of this path and query."""
        url = urlsplit(target)
        route = self._routes.get(url.path.removeprefix("/api/v3/"))
        if route is None:
            return Reply(404, compact({"msg": f"no such path: {url.path}"}), self._spend(0))
        used_weight = self._spend(route.weight)
        try:
            body = compact(route.answer(Query(url.query, route.parameters)))
        except Refusal as refusal:
            return Reply(400, str(refusal), used_weight)
        return Reply(200, body, used_weight)

    def _spend(self, weight: int) -> int:
        """Book a request; the weight used in this minute of the exchange's clock."""
        minute = self._clock_ms() // 60_000
        if minute != self._minute:
            self._minute, self._used_weight = minute, 0
        self._used_weight += weight
        return self._used_weight

    def _exchange_info(self, query: Query) -> object:
        listed = self._market.symbols
        wanted = query.symbols()
        if not set(wanted or ()) <= set(listed):
            raise Refusal(-1121, "Invalid symbol.")
        return {
            "timezone": "UTC",
            "serverTime": self._clock_ms(),
            "rateLimits": rate_limits(WEIGHT_MOST),
            "exchangeFilters": [],
            "symbols": [symbol_row(name) for name in (listed if wanted is None else wanted)],
        }

    def _trades(self, query: Query) -> object:
        book = self._market.history.book(query.symbol(self._market.symbols))
        return [_trade_row(trade) for trade in book.page(query.integer("fromId"), query.limit())]

    def _agg_trades(self, query: Query) -> object:
        book = self._market.history.book(query.symbol(self._market.symbols))
        query.exclude("fromId", "startTime", "endTime")
        from_number, limit = query.integer("fromId"), query.limit()
        span_ms = query.time_ms("startTime"), query.time_ms("endTime")
        return [_order_row(order) for order in book.orders(from_number, *span_ms, limit)]


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
