"""The REST answers, and the whole real recording asked back over HTTP."""

import itertools
import json
from decimal import Decimal
from urllib.parse import quote

import duckdb
import pytest

from quantlive_nb.testing import LoopbackExchange
from quantlive_nb.testing.market.market import Market
from quantlive_nb.testing.rest.rest import Rest

NOW_MS = 1_723_161_255_342
STEM = "binance_spot_btcusdt_ethusdt_20240808T2354"
FIRST_IDS = {"BTCUSDT": 3_735_683_259, "ETHUSDT": 1_520_538_925}
INF = float("inf")


@pytest.fixture
def market() -> Market:
    """A market that lists DOGEUSDT besides the well-known symbols."""
    return Market(["DOGEUSDT"])


@pytest.fixture
def rest(market) -> Rest:
    """Its endpoints, at a fixed time."""
    return Rest(market, lambda: NOW_MS)


@pytest.fixture
def past(recorded):
    """An exchange where everything recorded is past."""
    with LoopbackExchange(play=recorded, start_at_s=INF) as exchange:
        yield exchange


@pytest.fixture(scope="session")
def truth(data):
    """The recorded trades as id, price, qty, time and side, per symbol."""
    table = duckdb.sql(
        "SELECT symbol, trade_id, price::VARCHAR, qty::VARCHAR, trade_ms, buyer_maker "
        f"FROM '{data / STEM}.trades.parquet' ORDER BY symbol, trade_id"
    ).fetchall()
    return {symbol: [row[1:] for row in table if row[0] == symbol] for symbol in FIRST_IDS}


def rows(rest, path):
    """What a path of the API answers."""
    return json.loads(rest.answer(f"/api/v3/{path}").body)


def pages(get, url, key, first):
    """All rows from an id on, asked for in pages of 1 000."""
    while page := get(f"{url}&limit=1000&fromId={first}").body:
        yield from page
        first = page[-1][key] + 1


def test_exchange_info_has_the_documented_shape(rest):
    """All that a client needs to validate symbols and to pace itself."""
    info = rows(rest, "exchangeInfo")
    listed = {row["symbol"]: row for row in info["symbols"]}
    limits = {limit["rateLimitType"]: limit["limit"] for limit in info["rateLimits"]}

    assert info["timezone"] == "UTC"
    assert info["serverTime"] == NOW_MS
    assert limits["REQUEST_WEIGHT"] == 6_000
    assert {"DOGEUSDT", "BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT"} <= listed.keys()
    assert all(row["status"] == "TRADING" for row in listed.values())


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
    listed = rows(rest, f"exchangeInfo?{query}")["symbols"]

    assert [row["symbol"] for row in listed] == symbols


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("exchangeInfo?symbol=BTCUSTD", -1121),
        ("exchangeInfo?symbol=", -1121),
        ('exchangeInfo?symbols=["BTCUSDT","NOPE"]', -1121),
        ("exchangeInfo?symbols=BTCUSDT", -1100),
        ("exchangeInfo?symbols=[7]", -1100),
        ("exchangeInfo?symbol=BTCUSDT&symbols=[]", -1128),
        ("trades?symbol=BTCUSDT&fromId=1", -1101),
        ("historicalTrades", -1102),
        ("historicalTrades?symbol=NOPE", -1121),
        ("historicalTrades?symbol=BTCUSDT&fromId=x", -1100),
        ("aggTrades?symbol=BTCUSDT&fromId=1&startTime=1", -1128),
        ("aggTrades?symbol=BTCUSDT&fromId=1&endTime=1", -1128),
        ("aggTrades?symbol=BTCUSDT&limit=0", -1130),
        ("klines?symbol=BTCUSDT", -1102),
        ("klines?symbol=BTCUSDT&interval=7m", -1120),
    ],
)
def test_a_bad_request_is_refused(rest, path, code):
    """HTTP 400 and the documented error body."""
    reply = rest.answer(f"/api/v3/{path}")

    assert reply.status == 400
    assert json.loads(reply.body)["code"] == code


def test_an_unknown_path_is_not_found(market, rest):
    """Endpoints that are not served say so; the market-data-only host lacks historicalTrades."""
    bare = Rest(market, has_historical_trades=False)

    assert rest.answer("/api/v3/nothing").status == 404
    assert bare.answer("/api/v3/historicalTrades?symbol=BTCUSDT").status == 404
    assert bare.answer("/api/v3/trades?symbol=BTCUSDT").status == 200


def test_weights_add_up_within_a_minute_and_begin_anew_in_the_next():
    """The used weight is what a client paces itself by."""
    times_ms = iter([0, 1, 59_999, 60_000])
    rest = Rest(Market(), lambda: next(times_ms))

    assert [rest.answer("/api/v3/ping").used_weight for _ in range(4)] == [1, 2, 3, 1]


@pytest.mark.parametrize(
    ("path", "weight"),
    [
        ("ping", 1),
        ("time", 1),
        ("exchangeInfo", 20),
        ("exchangeInfo?symbol=NOPE", 20),
        ("trades?symbol=BTCUSDT&limit=1", 25),
        ("historicalTrades?symbol=BTCUSDT", 25),
        ("aggTrades?symbol=BTCUSDT", 4),
        ("klines?symbol=BTCUSDT&interval=1m", 2),
        ("nothing", 0),
    ],
)
def test_each_request_has_its_documented_weight(rest, path, weight):
    """A refused request costs as much as a good one."""
    assert rest.answer(f"/api/v3/{path}").used_weight == weight


def test_a_trade_is_told_in_the_documented_shape(market, rest):
    """Every name and form of the documents' example, in their order."""
    market.trade("BTCUSDT", "4.000001", "12", True, 1_499_865_549_590, 28_457)
    for path in ("trades", "historicalTrades"):
        assert rest.answer(f"/api/v3/{path}?symbol=BTCUSDT").body == (
            '[{"id":28457,"price":"4.00000100","qty":"12.00000000","quoteQty":"48.00001200",'
            '"time":1499865549590,"isBuyerMaker":true,"isBestMatch":true}]'
        )


def test_an_aggregate_is_told_in_the_documented_shape(market, rest):
    """Two fills of one order are one row, which names their ids."""
    for number, qty in ((27_781, "4.5"), (27_782, "0.2")):
        market.trade("BTCUSDT", "0.01633102", qty, True, 1_498_793_709_153, number)

    assert rest.answer("/api/v3/aggTrades?symbol=BTCUSDT").body == (
        '[{"a":1,"p":"0.01633102","q":"4.70000000","f":27781,"l":27782,'
        '"T":1498793709153,"m":true,"M":true}]'
    )


def test_the_newest_trades_come_by_default_and_by_id_the_oldest_first(market, rest):
    """A page is in order of ids either way."""
    for price in range(1, 601):
        market.trade("BTCUSDT", price, "1", False, 7)

    def ids(path):
        return [row["id"] for row in rows(rest, path)]

    assert ids("trades?symbol=BTCUSDT") == list(range(101, 601))
    assert ids("trades?symbol=BTCUSDT&limit=2") == [599, 600]
    assert ids("historicalTrades?symbol=BTCUSDT&limit=2") == [599, 600]
    assert ids("historicalTrades?symbol=BTCUSDT&limit=2&fromId=7") == [7, 8]
    assert ids("historicalTrades?symbol=ETHUSDT&fromId=7") == []


@pytest.mark.parametrize("symbol", FIRST_IDS)
def test_the_whole_recording_can_be_asked_back(past, get, truth, symbol):
    """Page by page over HTTP: ids, letters of prices, quantities, times and sides."""
    url = f"{past.rest_url}/api/v3/historicalTrades?symbol={symbol}"
    told = [
        (row["id"], row["price"], row["qty"], row["time"], row["isBuyerMaker"])
        for row in pages(get, url, "id", FIRST_IDS[symbol])
    ]

    assert told == truth[symbol]


@pytest.mark.parametrize("symbol", FIRST_IDS)
def test_the_aggregates_of_the_recording_tile_its_ids(past, get, truth, symbol):
    """No hole, no overlap, and each sums up its trades."""
    told = list(pages(get, f"{past.rest_url}/api/v3/aggTrades?symbol={symbol}", "a", 1))
    price_of = {row[0]: row[1] for row in truth[symbol]}
    qty_up_to = dict(
        zip(
            (row[0] for row in truth[symbol]),
            itertools.accumulate(Decimal(row[2]) for row in truth[symbol]),
            strict=True,
        )
    )

    assert [row["a"] for row in told] == list(range(1, len(told) + 1))
    assert told[0]["f"] == truth[symbol][0][0]
    assert told[-1]["l"] == truth[symbol][-1][0]
    for row, after in itertools.pairwise(told):
        assert row["l"] + 1 == after["f"]
    for row in told:
        before = qty_up_to.get(row["f"] - 1, 0)
        assert Decimal(row["q"]) == qty_up_to[row["l"]] - before
        assert row["p"] == price_of[row["f"]] == price_of[row["l"]]
    assert any(row["l"] > row["f"] for row in told)


def test_aggregates_can_be_asked_for_by_time(past, get):
    """Both ends are included; a start gives the oldest, an end alone the newest."""
    url = f"{past.rest_url}/api/v3/aggTrades?symbol=BTCUSDT"
    told = list(pages(get, url, "a", 1))
    times = [row["T"] for row in told]
    start_ms, end_ms = times[100], times[3_000]
    inside = [row for row in told if start_ms <= row["T"] <= end_ms]

    assert get(f"{url}&startTime={start_ms}&endTime={end_ms}").body == inside[:500]
    assert get(f"{url}&startTime={start_ms}000&limit=7").body == inside[:7]
    assert get(f"{url}&endTime={end_ms}&limit=1000").body == inside[-1_000:]
    assert get(f"{url}&limit=3").body == told[-3:]
