"""The REST answers."""

import json
from urllib.parse import quote

import pytest

from quantlive_nb.testing.market import Market
from quantlive_nb.testing.rest import Rest

NOW_MS = 1_723_161_255_342


@pytest.fixture
def rest() -> Rest:
    """A market that lists DOGEUSDT besides the well-known symbols, at a fixed time."""
    return Rest(Market(["DOGEUSDT"]), lambda: NOW_MS)


def listed(reply):
    """The symbols in a reply."""
    return [row["symbol"] for row in json.loads(reply.body)["symbols"]]


def test_exchange_info_has_the_documented_shape(rest):
    """All that a client needs to validate symbols and to pace itself."""
    info = json.loads(rest.answer("/api/v3/exchangeInfo").body)
    rows = {row["symbol"]: row for row in info["symbols"]}
    filters = {rule["filterType"]: rule for rule in rows["DOGEUSDT"]["filters"]}
    limits = {limit["rateLimitType"]: limit["limit"] for limit in info["rateLimits"]}

    assert info["timezone"] == "UTC"
    assert info["serverTime"] == NOW_MS
    assert limits["REQUEST_WEIGHT"] == 6_000
    assert {"DOGEUSDT", "BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT"} <= rows.keys()
    assert all(row["status"] == "TRADING" for row in rows.values())
    assert (rows["BTCUSDC"]["baseAsset"], rows["BTCUSDC"]["quoteAsset"]) == ("BTC", "USDC")
    assert filters["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert filters["LOT_SIZE"]["stepSize"] == "0.00001000"


@pytest.mark.parametrize(
    ("query", "symbols"),
    [
        ("symbol=ETHUSDT", ["ETHUSDT"]),
        (f"symbols={quote(json.dumps(['ETHUSDT', 'BTCUSDT']))}", ["ETHUSDT", "BTCUSDT"]),
        ('symbols=["ETHUSDT"]', ["ETHUSDT"]),
    ],
)
def test_exchange_info_can_be_asked_for_some_symbols(rest, query, symbols):
    """By one name or by a JSON list, encoded or not."""
    assert listed(rest.answer(f"/api/v3/exchangeInfo?{query}")) == symbols


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("symbol=BTCUSTD", -1121),
        ("symbol=", -1121),
        ('symbols=["BTCUSDT","NOPE"]', -1121),
        ("symbols=BTCUSDT", -1100),
        ("symbols=[7]", -1100),
        ("symbol=BTCUSDT&symbols=[]", -1128),
    ],
)
def test_a_bad_symbol_is_a_bad_request(rest, query, code):
    """HTTP 400 and the documented error body."""
    reply = rest.answer(f"/api/v3/exchangeInfo?{query}")

    assert reply.status == 400
    assert json.loads(reply.body)["code"] == code


def test_an_unknown_path_is_not_found(rest):
    """Endpoints that are not served say so."""
    assert rest.answer("/api/v3/nothing").status == 404


def test_weights_add_up_within_a_minute_and_begin_anew_in_the_next():
    """The used weight is what a client paces itself by."""
    times_ms = iter([0, 1, 59_999, 60_000])
    rest = Rest(Market(), lambda: next(times_ms))

    assert [rest.answer("/api/v3/ping").used_weight for _ in range(4)] == [1, 2, 3, 1]


def test_a_heavy_request_costs_more(rest):
    """exchangeInfo weighs 20, ping and time 1, a refused request as much as a good one."""
    paths = ("ping", "exchangeInfo", "time", "exchangeInfo?symbol=NOPE")

    assert [rest.answer(f"/api/v3/{path}").used_weight for path in paths] == [1, 21, 22, 42]
