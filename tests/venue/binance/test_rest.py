"""Binance's past: the requests as documented, and what becomes of each kind of answer."""

import contextlib
import http.client
import json
from decimal import Decimal
from urllib.parse import unquote

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.errors import UsageError, WireError
from quantlive_nb.interval import SECOND
from quantlive_nb.testing import LoopbackExchange
from quantlive_nb.types import Trade
from quantlive_nb.venue.base import Kline
from quantlive_nb.venue.binance.rest import BinanceRest

STEM = "binance_spot_btcusdt_ethusdt_20240808T2354"
REST = BinanceRest("binance")
TRADE = (
    '{"id":28457,"price":"4.00000100","qty":"12.00000000","quoteQty":"48.000012",'
    '"time":1499865549590,"isBuyerMaker":true,"isBestMatch":true}'
)
AGGREGATE = (
    '{"a":26129,"p":"0.01633102","q":"4.70443515","f":27781,"l":27783,"T":1498793709153,'
    '"m":true,"M":true}'
)
INVALID = (
    '{"a":7,"p":"0.00000000","q":"0.00000000","f":-1,"l":-1,"T":1498793709153,"m":true,"M":true}'
)
KLINE = (
    '[1499040000000,"0.01634790","0.80000000","0.01575800","0.01577100","148976.11427815",'
    '1499644799999,"2434.19055334",308,"1756.87402397","28.46694368","0"]'
)


def altered(text, **changes):
    """A documented row as an answer of one row, with some fields changed."""
    return json.dumps([json.loads(text) | changes]).encode()


def each(values):
    """Every name with each of its values."""
    return [(name, value) for name, several in values.items() for value in several]


def test_requests_are_those_of_the_documents():
    """Path, parameters, and the weight that each costs."""
    asked = [
        REST.trades("BTCUSDT", 28457, 1_000),
        REST.aggregates("BTCUSDT", 26129, 1_000),
        REST.aggregates_since("BTCUSDT", 1_498_793_709_153_999, 500),
        REST.newest("BTCUSDT"),
        REST.klines("BTCUSDT", 60 * SECOND, 1_499_040_000 * SECOND, 10),
    ]

    assert [(ask.weight, ask.path.removeprefix("/api/v3/")) for ask in asked] == [
        (25, "historicalTrades?symbol=BTCUSDT&fromId=28457&limit=1000"),
        (4, "aggTrades?symbol=BTCUSDT&fromId=26129&limit=1000"),
        (4, "aggTrades?symbol=BTCUSDT&startTime=1498793709153&limit=500"),
        (4, "aggTrades?symbol=BTCUSDT&limit=1"),
        (2, "klines?symbol=BTCUSDT&interval=1m&startTime=1499040000000&limit=10"),
    ]


def test_a_symbol_need_not_be_ascii():
    """It is escaped, as a URL must be."""
    path = REST.newest("这是测试币456").path

    assert path.isascii()
    assert "symbol=这是测试币456&" in unquote(path)


def test_a_bar_length_that_the_exchange_lacks_is_refused():
    """With one that it has."""
    with pytest.raises(UsageError, match="binance has no bars of 7s: use 1min"):
        REST.klines("BTCUSDT", 7 * SECOND, 0, 10)


def test_the_documented_trade():
    """Numbers as they stand; the maker's side turned round; T stands for E, which is not told."""
    (row,) = REST.read_trades(f"[{TRADE}]".encode(), "BNBBTC", 5)
    numbers, t = (28457, 28457, "4.00000100", "12.00000000"), 1_499_865_549_590_000

    assert row == Trade("binance", "BNBBTC", *numbers, False, t, t, 5)


def test_the_documented_aggregate():
    """It covers the ids f to l, and is told with its own number, by which one can go on."""
    ((number, row),) = REST.read_aggregates(f"[{AGGREGATE}]".encode(), "BNBBTC", 5)
    numbers, t = (27781, 27783, "0.01633102", "4.70443515"), 1_498_793_709_153_000

    assert number == 26129
    assert row == Trade("binance", "BNBBTC", *numbers, False, t, t, 5)


def test_the_documented_bar():
    """Exact text; the ninth of the twelve is the number of trades."""
    prices = ("0.01634790", "0.80000000", "0.01575800", "0.01577100")

    assert REST.read_klines(f"[{KLINE}]".encode()) == [
        Kline(1_499_040_000_000_000, *prices, "148976.11427815", 308)
    ]


def test_a_bar_without_trades_is_one():
    """Its volume is nothing, and its prices are those of the bar before."""
    row = json.loads(KLINE)
    row[5], row[8] = "0.00000000", 0
    (bar,) = REST.read_klines(json.dumps([row]).encode())

    assert (bar.volume, bar.n_trades) == ("0.00000000", 0)


def test_aggregates_that_the_exchange_took_back_are_left_out():
    """In 2022 it marked duplicates by nothing at all: p and q 0, f and l -1."""
    body = f"[{INVALID},{AGGREGATE},{INVALID}]".encode()

    assert [number for number, _ in REST.read_aggregates(body, "BNBBTC", 0)] == [26129]


def test_microseconds_and_new_fields_change_nothing():
    """Times are told apart by their magnitude; a key that is not known yet is passed over."""
    ms = REST.read_trades(f"[{TRADE}]".encode(), "A", 0)

    assert REST.read_trades(altered(TRADE, time=1_499_865_549_590_000, new={"a": 1}), "A", 0) == ms


BAD_TRADE = {
    "price": ["0.00000000", "-4", "NaN", 4.0, "4.000000001"],
    "qty": ["0", None],
    "id": [-1, 2**63, 10**30, "28457"],
    "time": [0, -1_499_865_549_590, 2**63, "1499865549590"],
    "isBuyerMaker": ["true"],
}
BAD_AGGREGATE = {"p": ["1e3"], "q": ["0.00000000"], "f": [27784], "l": [127_781, 2**62, 10**30]}
BAD_AGGREGATE |= {"a": [-1, 10**30], "T": [0], "m": [1]}
BAD_BAR = {0: [0, "1499040000000", 1.5], 1: ["NaN"], 2: [0.8], 3: ["-1"], 4: [""], 5: ["1e9"]}
BAD_BAR |= {8: [-1, "308"]}


@pytest.mark.parametrize(("name", "value"), each(BAD_TRADE))
def test_a_trade_that_cannot_be_is_no_answer(name, value):
    """What the database could not hold, or no market ever did."""
    with pytest.raises(WireError, match=r"^binance sent a message that is "):
        REST.read_trades(altered(TRADE, **{name: value}), "BNBBTC", 0)


@pytest.mark.parametrize(("name", "value"), each(BAD_AGGREGATE))
def test_an_aggregate_that_cannot_be_is_no_answer(name, value):
    """The same; and it covers no more ids than an order can have made, or gaps would be hidden."""
    with pytest.raises(WireError):
        REST.read_aggregates(altered(AGGREGATE, **{name: value}), "BNBBTC", 0)


@pytest.mark.parametrize(("at", "value"), each(BAD_BAR))
def test_a_bar_that_cannot_be_is_no_answer(at, value):
    """Nobody is compared with a number that is none."""
    row = json.loads(KLINE)
    row[at] = value
    with pytest.raises(WireError):
        REST.read_klines(json.dumps([row]).encode())


@pytest.mark.parametrize(("name", "value"), each(BAD_TRADE))
def test_one_bad_row_does_not_cost_the_others(name, value):
    """Why it is not told is kept by its id, or by -1 where that is what is bad."""
    rows, flaws = [json.loads(TRADE) | {"id": i} for i in (28456, 28457, 28458)], {}
    rows[1][name] = value
    told = REST.read_trades(json.dumps(rows).encode(), "BNBBTC", 0, flaws)
    assert [row.trade_id for row in told] == [28456, 28458]
    assert list(flaws) == [-1 if name == "id" else 28457]


READERS = [
    lambda body: REST.read_trades(body, "A", 0),
    lambda body: [trade for _, trade in REST.read_aggregates(body, "A", 0)],
    REST.read_klines,
]


NO_ANSWERS = [b"", b"<!DOCTYPE html><html></html>", b"{}", b"null", b"[[]]", b"[{}]", b"[1]"]
NO_ANSWERS += [b"[" * 100_000, b'{"code":-1121,"msg":"Invalid symbol."}', b"\xff\xfe[]"]
NO_ANSWERS += [f"[{text[:-9]}".encode() for text in (TRADE, AGGREGATE, KLINE)]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("body", NO_ANSWERS)
def test_what_is_no_answer_is_a_wire_error(read, body):
    """A page of HTML, half an answer, an error in the place of rows."""
    with pytest.raises(WireError, match=r"^binance sent a message that is "):
        read(body)


@pytest.mark.parametrize("read", READERS)
def test_nothing_is_an_answer(read):
    """No rows are no error."""
    assert read(b"[]") == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.sampled_from("apqflTm"), inner),
    max_leaves=15,
)


@given(body=st.binary() | JSON.map(lambda value: json.dumps([value]).encode()))
@pytest.mark.parametrize("read", READERS)
def test_garbage_is_never_anything_else(read, body):
    """It is refused, or it can be stored."""
    with contextlib.suppress(WireError):
        for row in read(body):
            assert 0 < (row.ts if isinstance(row, Kline) else row.ts_exch) < 2**63


@given(
    at=st.integers(0, len(TRADE) - 1),
    n_lost=st.integers(0, 9),
    put=st.text(alphabet='0123456789-.eE"{}[]:,aflT', max_size=3),
)
@pytest.mark.parametrize(("text", "read"), list(zip((TRADE, AGGREGATE), READERS, strict=False)))
def test_a_damaged_row_is_refused_or_can_be_stored(text, read, at, n_lost, put):
    """Whatever is knocked out of an answer or into it."""
    try:
        rows = read(f"[{text[:at]}{put}{text[at + n_lost :]}]".encode())
    except WireError:
        return
    for row in rows:
        assert 0 < Decimal(row.price) < 10**10
        assert 0 < Decimal(row.qty) < 10**20
        assert 0 <= row.trade_id <= row.last_id < 2**63
        assert 0 < row.ts_exch == row.ts_event < 2**63 - 1


@pytest.fixture(scope="module")
def recorded(data):
    """An exchange over which the whole recording has gone, asked over HTTP; and the true table."""
    path = data / f"{STEM}.trade.frames.jsonl.gz"
    truth = duckdb.sql(
        "SELECT 'binance', symbol, trade_id, trade_id, price::VARCHAR, qty::VARCHAR, "
        "NOT buyer_maker, trade_ms * 1000, trade_ms * 1000, 0 FROM read_parquet($file) "
        "ORDER BY symbol, trade_id",
        params={"file": str(data / f"{STEM}.trades.parquet")},
    ).fetchall()
    with LoopbackExchange(play=path, start_at_s=float("inf")) as exchange:
        connection = http.client.HTTPConnection("127.0.0.1", exchange.port)

        def get(ask):
            connection.request("GET", ask.path)
            answer = connection.getresponse()
            assert answer.status == 200
            return answer.read()

        yield get, [Trade(*row) for row in truth]
        connection.close()


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
def test_the_recording_is_told_as_its_table_says(recorded, symbol):
    """Page by page from the first id: every trade exact, but for E, which REST does not tell."""
    get, truth = recorded
    wanted, told = [row for row in truth if row.symbol == symbol], []
    while len(told) < len(wanted):
        from_id = told[-1].trade_id + 1 if told else wanted[0].trade_id
        told += REST.read_trades(get(REST.trades(symbol, from_id, 1_000)), symbol, 0)

    assert told == wanted


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
def test_aggregates_of_the_recording_are_its_trades_put_together(recorded, symbol):
    """From a moment, then by their own numbers: each id once, and the quantity of its trades."""
    get, truth = recorded
    of_id = {row.trade_id: row for row in truth if row.symbol == symbol}
    ask, told = REST.aggregates_since(symbol, min(of_id.values()).ts_exch, 1_000), []
    while found := REST.read_aggregates(get(ask), symbol, 0):
        told += [trade for _, trade in found]
        ask = REST.aggregates(symbol, found[-1][0] + 1, 1_000)
    parts = [[of_id.pop(i) for i in range(row.trade_id, row.last_id + 1)] for row in told]

    assert not of_id
    assert len(told) < sum(map(len, parts))
    for row, part in zip(told, parts, strict=True):
        assert Decimal(row.qty) == sum(Decimal(one.qty) for one in part)
        assert {(one.price, one.is_buy, one.ts_exch) for one in part} == {
            (row.price, row.is_buy, row.ts_exch)
        }
    newest = REST.read_aggregates(get(REST.newest(symbol)), symbol, 0)
    assert [trade for _, trade in newest] == told[-1:]
