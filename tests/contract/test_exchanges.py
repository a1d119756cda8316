"""What every exchange keeps: a new one joins with its recordings and its documented messages."""

import contextlib
import gzip
import json
import re
from dataclasses import dataclass
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.errors import WireError
from quantlive_nb.types import Notice, Trade
from quantlive_nb.venue import EXCHANGES, exchange

SPOT = "binance_spot_btcusdt_ethusdt_20240808T2354"
MICROSECOND = "derived_binance_spot_timeunit_microsecond_first3000.trade"
BINANCE_TRADE = r'"e":"(trade|aggTrade)"'
BINANCE_SAYS = [
    ('{"result":null,"id":1}', "ack"),
    ('{"result":["btcusdt@aggTrade"],"id":3}', "ack"),
    ('{"result":true,"id":"x"}', "ack"),
    ('{"code":0,"msg":"Unknown property","id":7}', "error"),
    ('{"code":2,"msg":"Invalid request: too many parameters"}', "error"),
    ('{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}', "error"),
    ('{"error":{"code":2,"msg":"Invalid request"},"id":1}', "error"),
    ('{"e":"serverShutdown","E":1770123456789}', "shutdown"),
    ('{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}', "shutdown"),
    ('{"u":400900217,"s":"BNBUSDT","b":"25.3","B":"31.2","a":"25.4","A":"40.6"}', "ignored"),
    ('{"stream":"a@bookTicker","data":{"u":1,"s":"A","b":"1","B":"2","a":"3","A":"4"}}', "ignored"),
    ('{"e":"kline","E":1,"s":"BNBBTC","k":{"t":1,"i":"1m","x":false,"B":"ignore"}}', "ignored"),
    ('{"e":"depthUpdate","E":1,"s":"A","U":1,"u":2,"b":[["1","2"]],"a":[]}', "ignored"),
    ('{"stream":"a@depth5","data":{"lastUpdateId":1,"bids":[],"asks":[]}}', "ignored"),
    ('{"stream":"!miniTicker@arr","data":[{"e":"24hrMiniTicker","E":1,"s":"A"}]}', "ignored"),
    ('{"e":"somethingNew","E":1}', "ignored"),
]


@dataclass(frozen=True)
class Venue:
    """What is recorded of an exchange, and what its documents say it may send besides trades."""

    recordings: list[str]
    is_trade: str
    """What only the frames of trades match."""
    says: list[tuple[str, str]]
    one: str
    """One trade."""


ONE = (
    '{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT",'
    '"t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}}'
)
VENUES = {
    "binance": Venue(
        [
            f"{SPOT}.all",
            "binance_spot_xrpeth_aggtrade_20191011",
            "binance_spot_4sym_aggtrade_kline_book_20211012",
            MICROSECOND,
        ],
        BINANCE_TRADE,
        BINANCE_SAYS,
        ONE,
    ),
    "binance-us": Venue(
        ["binance_us_4sym_aggtrade_kline_book_20211012"], BINANCE_TRADE, BINANCE_SAYS, ONE
    ),
}


@pytest.fixture(params=EXCHANGES)
def venue(request):
    """Every registered exchange with what is known of it."""
    return exchange(request.param), VENUES[request.param]


def frames(data, stem):
    """The recorded texts of a recording and when they came, read without our own reader."""
    with gzip.open(data / f"{stem}.frames.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            yield record["frame"], record["recv_ns"] // 1_000


def trades_of(spoken, data, stem):
    """The trades among what an exchange makes of a recording."""
    events = [event for frame in frames(data, stem) for event in spoken.parse(*frame)]
    assert {type(event) for event in events} <= {Trade, Notice}
    assert not [event for event in events if isinstance(event, Notice) and event.kind == "error"]
    return [event for event in events if isinstance(event, Trade)]


def test_recorded_lines_parse(venue, shared_data):
    """Every line that was ever recorded is a trade or passed over, and no trade is lost."""
    spoken, known = venue
    for stem in known.recordings:
        trades = trades_of(spoken, shared_data, stem)
        wanted = [t for t, _ in frames(shared_data, stem) if re.search(known.is_trade, t)]

        assert len(trades) == len(wanted) > 0, stem
        assert {trade.venue for trade in trades} == {spoken.name}
        assert all(abs(trade.ts_exch - trade.ts_recv) < 3_000_000 for trade in trades)


def test_the_recording_is_parsed_as_its_table_says(data):
    """All 15 863 trades: ids, exact prices and quantities, sides and both clocks."""
    truth = duckdb.sql(
        "SELECT symbol, trade_id, price::VARCHAR, qty::VARCHAR, NOT buyer_maker, "
        "trade_ms * 1000, event_ms * 1000, recv_ns // 1000 FROM read_parquet($file)",
        params={"file": str(data / f"{SPOT}.trades.parquet")},
    ).fetchall()
    trades = trades_of(exchange("binance"), data, f"{SPOT}.trade")

    assert [(t.symbol, t.trade_id, *t[4:10]) for t in trades] == truth


def test_a_time_unit_changes_nothing(data, shared_data):
    """``timeUnit=MICROSECOND`` gives the trades that milliseconds give."""
    spoken = exchange("binance")
    ms = trades_of(spoken, data, f"{SPOT}.trade")[:3_000]

    assert trades_of(spoken, shared_data, MICROSECOND) == ms


def test_what_is_no_trade_is_told_apart(venue):
    """Every documented reply, error and event has its kind, as text and as bytes."""
    spoken, known = venue
    for text, kind in known.says:
        (notice,) = spoken.parse(text, 0)

        assert (notice.kind, text) == (kind, text)
        assert spoken.parse(text.encode(), 0) == [notice]


def test_parse_is_pure(venue):
    """The same line gives the same events however often, and whatever was parsed between."""
    spoken, known = venue
    first = spoken.parse(known.one, 5)
    for text, _ in known.says:
        spoken.parse(text, 0)
    with pytest.raises(WireError):
        spoken.parse("{]", 0)

    assert spoken.parse(known.one, 5) == first
    assert spoken.parse(known.one.encode(), 5) == first
    assert spoken.parse(known.one, 6) == [first[0]._replace(ts_recv=6)]


NUMBERS = st.integers() | st.floats(allow_nan=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["e", "data", "code", "result", "error"]), inner)
    ),
    max_leaves=6,
)


@given(raw=st.text() | st.binary() | JSON.map(json.dumps))
@pytest.mark.parametrize("name", EXCHANGES)
def test_garbage_is_a_wire_error_or_a_notice(name, raw):
    """Nothing that can come over a wire raises anything else, and nothing becomes a trade."""
    with contextlib.suppress(WireError):
        assert all(isinstance(event, Notice) for event in exchange(name).parse(raw, 0))


@given(
    at=st.integers(0, len(ONE) - 1),
    n_lost=st.integers(0, 9),
    put=st.text(alphabet='0123456789-.eE"{}[]:,atx\ud800', max_size=3),
)
@pytest.mark.parametrize("name", EXCHANGES)
def test_a_damaged_trade_is_refused_or_can_be_stored(name, at, n_lost, put):
    """Whatever is knocked out of a frame or into it: no trade that the database cannot hold."""
    known = VENUES[name].one
    try:
        events = exchange(name).parse(known[:at] + put + known[at + n_lost :], 0)
    except WireError:
        return
    for event in events:
        if isinstance(event, Trade):
            assert 0 < Decimal(event.price) < 10**10
            assert 0 < Decimal(event.qty) < 10**20
            assert 0 <= event.trade_id <= event.last_id < 2**63
            assert 0 < event.ts_exch < 2**63 - 1
            assert 0 < event.ts_event < 2**63 - 1
            assert event.symbol


@pytest.mark.parametrize("name", EXCHANGES)
def test_every_venue_is_tested(name):
    """An exchange is registered together with its recordings."""
    assert VENUES[name].recordings
    assert VENUES[name].says
