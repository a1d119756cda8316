"""Binance's texts, both ways."""

import json

import pytest

from quantlive_nb.errors import WireError
from quantlive_nb.types import Notice
from quantlive_nb.venue import Binance

BINANCE = Binance()
RAW = (
    '{"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100",'
    '"T":1672515782135,"m":true,"M":true}'
)


def trade(**changes):
    """The documented trade with some fields changed; None leaves one out."""
    fields = json.loads(RAW) | changes
    return json.dumps({key: value for key, value in fields.items() if value is not None})


def combined(payload, stream="bnbbtc@trade"):
    """A payload as the combined socket wraps it."""
    return f'{{"stream":"{stream}","data":{payload}}}'


def test_the_url_names_every_stream_in_lower_case():
    """One combined socket for all symbols; a slash at the end of the base does no harm."""
    url = Binance("wss://stream.binance.com:9443/").url(["BTCUSDT", "ETHUSDT"])

    assert url == "wss://stream.binance.com:9443/stream?streams=btcusdt@trade/ethusdt@trade"
    assert BINANCE.hello(["BTCUSDT"]) == []


def test_a_symbol_need_not_be_ascii():
    """Such symbols exist: the URL escapes them, the control message does not."""
    url, text = BINANCE.url(["这是测试币456"]), BINANCE.subscribe(["这是测试币456"], 1)

    assert url.isascii()
    assert url.endswith("/stream?streams=%E8%BF%99%E6%98%AF%E6%B5%8B%E8%AF%95%E5%B8%81456@trade")
    assert json.loads(text)["params"] == ["这是测试币456@trade"]


def test_control_messages_have_the_documented_form():
    """All symbols in one message, for five messages a second are few."""
    assert BINANCE.subscribe(["BTCUSDT", "ETHUSDT"], 1) == (
        '{"method":"SUBSCRIBE","params":["btcusdt@trade","ethusdt@trade"],"id":1}'
    )
    assert BINANCE.unsubscribe(["BTCUSDT"], 312) == (
        '{"method":"UNSUBSCRIBE","params":["btcusdt@trade"],"id":312}'
    )


@pytest.mark.parametrize("text", [RAW, combined(RAW), combined(RAW).encode()])
def test_the_documented_trade(text):
    """Raw or combined, text or bytes: prices as they stand, times in µs, the buyer's maker flag."""
    (row,) = BINANCE.parse(text, ts_recv=7)

    assert row[:7] == ("binance", "BNBBTC", 12345, 12345, "0.001", "100", False)
    assert row[7:10] == (1_672_515_782_135_000, 1_672_515_782_136_000, 7)


def test_a_maker_who_sold_was_taken_by_a_buyer():
    """``m`` speaks of the buyer; ours speaks of the taker."""
    (sold,) = BINANCE.parse(trade(m=True), 0)
    (bought,) = BINANCE.parse(trade(m=False), 0)

    assert not sold.is_buy
    assert bought.is_buy


def test_keys_of_other_years_do_not_matter():
    """Order ids until 2024 and keys that are yet to come are passed over."""
    (row,) = BINANCE.parse(combined(trade(b=88, a=50, nq="1", X="MARKET")), 0)

    assert row.trade_id == 12345


def test_an_aggregate_keeps_the_ids_it_covers():
    """First and last id, so that six trades count as six."""
    text = (
        '{"e":"aggTrade","E":1672515782136,"s":"BNBBTC","a":12345,"p":"0.001","q":"100","f":100,'
        '"l":105,"T":1672515782136,"m":true,"M":true}'
    )
    (row,) = BINANCE.parse(text, 0)

    assert (row.trade_id, row.last_id) == (100, 105)
    assert BINANCE.parse(combined(text), 0) == [row]
    with pytest.raises(WireError, match="without an id"):
        BINANCE.parse(text.replace('"l":105', '"l":99'), 0)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"p": "0.00000000"}, "a positive exact price"),
        ({"p": "-1"}, "a positive exact price"),
        ({"p": "1e3"}, "a positive exact price"),
        ({"p": "0.000000001"}, "a positive exact price"),
        ({"p": "99999999999"}, "a positive exact price"),
        ({"q": "0"}, "a positive exact quantity"),
        ({"q": "NaN"}, "a positive exact quantity"),
        ({"s": ""}, "an id or a symbol"),
        ({"p": 0.001}, "malformed trade"),
        ({"t": -1}, "malformed trade"),
        ({"t": "12345"}, "malformed trade"),
        ({"t": 10**30}, "malformed trade"),
        ({"T": 0}, "malformed trade"),
        ({"T": 10**30}, "malformed trade"),
        ({"E": None}, "malformed trade"),
        ({"m": "true"}, "malformed trade"),
    ],
    ids=str,
)
def test_what_cannot_be_true_is_refused(changes, why):
    """A trade with an impossible field is an error, on both kinds of socket, never a stored row."""
    for text in (trade(**changes), combined(trade(**changes))):
        with pytest.raises(WireError, match=why):
            BINANCE.parse(text, 0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"code":3,"msg":"Invalid JSON: at line 1"}', "Invalid JSON: at line 1 (code 3)"),
        ('{"error":{"code":2,"msg":"Unknown property"},"id":1}', "Unknown property (code 2)"),
        ('{"code":0}', "error (code 0)"),
    ],
)
def test_an_error_is_told_in_the_exchanges_words(text, says):
    """Both envelopes that are seen in the wild."""
    assert BINANCE.parse(text, 0) == [Notice("error", says)]


def test_the_listing_tells_what_trades_now():
    """Symbols under a break are listed too, and told apart; sorted, other keys ignored."""
    body = json.dumps(
        {
            "timezone": "UTC",
            "symbols": [
                {"symbol": "ETHUSDT", "status": "TRADING", "filters": []},
                {"symbol": "OLDUSDT", "status": "BREAK"},
                {"symbol": "BTCUSDT", "status": "TRADING"},
            ],
        }
    )

    listed = BINANCE.listing(body.encode())

    assert list(listed.items()) == [("BTCUSDT", True), ("ETHUSDT", True), ("OLDUSDT", False)]
    assert BINANCE.listing_path() == "/api/v3/exchangeInfo"


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff", b"[]", b'{"symbols":[{"symbol":"\xff"}]}', b'{"code":-1121}']
)
def test_a_listing_that_is_none_is_refused(body):
    """A proxy's page, an error or garbage: one sentence."""
    with pytest.raises(WireError, match="not an exchangeInfo"):
        BINANCE.listing(body)
