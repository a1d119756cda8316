"""The REST answers: what each path costs and says.

Target in, reply out: this file knows no socket.
"""

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from quantlive_nb.testing.market import Market, now_ms

__all__ = ["Reply", "Rest"]

WEIGHT_MOST = 6_000
QUOTES = ("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USD", "BTC", "ETH", "BNB", "EUR", "TRY")
RATE_LIMITS = [
    {
        "rateLimitType": "REQUEST_WEIGHT",
        "interval": "MINUTE",
        "intervalNum": 1,
        "limit": WEIGHT_MOST,
    },
    {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 300_000},
]

Query = dict[str, str]
"""The parameters of a request; of a repeated one, the last."""


class Reply(NamedTuple):
    """An HTTP answer: status, JSON text, and the weight used in this minute."""

    status: int
    body: str
    used_weight: int


class Refusal(Exception):
    """A request that gets an error body."""

    def __init__(self, status: int, code: int, why: str) -> None:
        super().__init__(_compact({"code": code, "msg": why}))
        self.status = status


class Route(NamedTuple):
    """A path's request weight and what answers it."""

    weight: int
    answer: Callable[[Query], object]


class Rest:
    """The public market-data endpoints of one market.

    Parameters
    ----------
    market : Market
    clock_ms : callable
        The exchange's clock, ms UTC.

    Examples
    --------
    >>> rest = Rest(Market(), lambda: 1_499_827_319_559)
    >>> rest.answer("/api/v3/time")
    Reply(status=200, body='{"serverTime":1499827319559}', used_weight=1)
    >>> rest.answer("/api/v3/exchangeInfo?symbol=NOPE")
    Reply(status=400, body='{"code":-1121,"msg":"Invalid symbol."}', used_weight=21)
    """

    def __init__(self, market: Market, clock_ms: Callable[[], int] = now_ms) -> None:
        self._market = market
        self._clock_ms = clock_ms
        self._minute, self._used_weight = 0, 0
        self._routes = {
            "/api/v3/ping": Route(1, lambda _: {}),
            "/api/v3/time": Route(1, lambda _: {"serverTime": clock_ms()}),
            "/api/v3/exchangeInfo": Route(20, self._exchange_info),
        }

    def answer(self, target: str) -> Reply:
        """Answer a GET of this path and query."""
        url = urlsplit(target)
        route = self._routes.get(url.path)
        if route is None:
            return Reply(404, _compact({"msg": f"no such path: {url.path}"}), self._spend(0))
        used_weight = self._spend(route.weight)
        fields = parse_qs(url.query, keep_blank_values=True)
        query = {name: values[-1] for name, values in fields.items()}
        try:
            body = _compact(route.answer(query))
        except Refusal as refusal:
            return Reply(refusal.status, str(refusal), used_weight)
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
        wanted = _wanted_symbols(query)
        if not set(wanted or ()) <= set(listed):
            raise Refusal(400, -1121, "Invalid symbol.")
        return {
            "timezone": "UTC",
            "serverTime": self._clock_ms(),
            "rateLimits": RATE_LIMITS,
            "exchangeFilters": [],
            "symbols": [_symbol_row(name) for name in (listed if wanted is None else wanted)],
        }


def _compact(body: object) -> str:
    """JSON as the exchange writes it."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def _wanted_symbols(query: Query) -> Sequence[str] | None:
    """The symbols asked for; None means all."""
    if "symbol" in query and "symbols" in query:
        raise Refusal(400, -1128, "Combination of optional parameters invalid.")
    if "symbol" in query:
        return [query["symbol"]]
    if "symbols" not in query:
        return None
    try:
        names = json.loads(query["symbols"])
    except json.JSONDecodeError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Refusal(400, -1100, "Illegal characters found in parameter 'symbols'.")
    return names


def _symbol_row(symbol: str) -> dict[str, object]:
    """One row of ``exchangeInfo``."""
    quote = next((quote for quote in QUOTES if symbol.endswith(quote) and symbol != quote), "")
    precision = dict.fromkeys(
        (
            "baseAssetPrecision",
            "quotePrecision",
            "quoteAssetPrecision",
            "baseCommissionPrecision",
            "quoteCommissionPrecision",
        ),
        8,
    )
    return {
        "symbol": symbol,
        "status": "TRADING",
        "baseAsset": symbol.removesuffix(quote),
        "quoteAsset": quote,
        **precision,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            _filter("PRICE_FILTER", minPrice="0.01", maxPrice="1000000", tickSize="0.01"),
            _filter("LOT_SIZE", minQty="0.00001", maxQty="9000", stepSize="0.00001"),
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
    }


def _filter(kind: str, **bounds: str) -> dict[str, str]:
    """A trading rule, its numbers with the exchange's 8 decimals."""
    return {"filterType": kind} | {name: f"{float(value):.8f}" for name, value in bounds.items()}
