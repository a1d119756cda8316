"""The exchange's own bars, beside bars that were computed elsewhere."""

import csv
import gzip
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.testing import LoopbackExchange
from quantlive_nb.testing.market.market_trade import Trade
from quantlive_nb.testing.market.trade_history import Book
from quantlive_nb.testing.rest.kline import klines

GOLDEN = "golden_binance_spot_btcusdt_ethusdt_20240808T2354.bars_"
COLUMNS = ("bar_ms", "open", "high", "low", "close", "volume", "quote_volume", "n")
LENGTHS_MS = {"1s": 1_000, "1m": 60_000}


@pytest.fixture(scope="module")
def past(data):
    """An exchange where everything recorded is past."""
    path = data / "binance_spot_btcusdt_ethusdt_20240808T2354.trade.frames.jsonl.gz"
    with LoopbackExchange(play=path, start_at_s=float("inf")) as exchange:
        yield exchange


def trade(trade_id, time_ms, price="5.0", buyer_maker=True):
    """A trade of half a coin."""
    return Trade("BTCUSDT", trade_id, price, "0.5", time_ms, buyer_maker)


def bars(trades, every_ms, now_ms, **span):
    """The bars of a book with these trades."""
    book = Book()
    for one in trades:
        book.add(one)
    return klines(book, every_ms, now_ms, **span)


def opens(rows):
    """The open times of bars."""
    return [row[0] for row in rows]


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
@pytest.mark.parametrize("interval", LENGTHS_MS)
def test_the_bars_of_the_recording_are_the_golden_ones(past, get, data, interval, symbol):
    """Asked for over HTTP, equal in every decimal; between them only empty ones."""
    with gzip.open(data / f"{GOLDEN}{interval}.csv.gz", "rt") as lines:
        golden = [row for row in csv.DictReader(lines) if row["symbol"] == symbol]
    url = f"{past.rest_url}/api/v3/klines?symbol={symbol}&interval={interval}&limit=1000"
    rows = get(f"{url}&startTime=0").body
    traded = [row for row in rows if row[8]]

    assert opens(rows) == list(range(rows[0][0], rows[-1][0] + 1, LENGTHS_MS[interval]))
    assert len(traded) == len(golden)
    for row, expected in zip(traded, golden, strict=True):
        told = [*row[:6], row[7], row[8]]
        assert [Decimal(cell) for cell in told] == [Decimal(expected[name]) for name in COLUMNS]
        assert Decimal(row[9]) == Decimal(expected["taker_buy_volume"])
        assert row[6] == row[0] + LENGTHS_MS[interval] - 1


def test_a_bar_is_told_in_the_documented_shape():
    """Twelve fields: numbers as text with 8 decimals, times and counts as integers."""
    rows = bars([trade(1, 61_000), trade(2, 62_000, "6.0", buyer_maker=False)], 60_000, 62_000)

    assert rows == [
        [
            60_000,
            "5.0",
            "6.0",
            "5.0",
            "6.0",
            "1.00000000",
            119_999,
            "5.50000000",
            2,
            "0.50000000",
            "3.00000000",
            "0",
        ]
    ]


def test_prices_are_compared_as_numbers():
    """Ten is more than nine, whatever their letters say."""
    (row,) = bars([trade(1, 0, "9.0"), trade(2, 0, "10.0"), trade(3, 0, "9.5")], 1_000, 0)

    assert row[1:5] == ["9.0", "10.0", "9.0", "9.5"]


def test_a_bar_without_trades_stays_at_the_last_close():
    """Between trades and up to the market's time, with zero volume."""
    rows = bars([trade(1, 500, "5.0"), trade(2, 2_500, "6.0")], 1_000, now_ms=4_100)

    assert opens(rows) == [0, 1_000, 2_000, 3_000, 4_000]
    assert rows[1][1:6] == ["5.0"] * 4 + ["0.00000000"]
    assert rows[4][1:6] == ["6.0"] * 4 + ["0.00000000"]
    assert bars([], 1_000, now_ms=4_100) == []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [0, 1_000, 2_000, 3_000, 4_000]),
        ({"limit": 2}, [3_000, 4_000]),
        ({"start_ms": 1_000, "limit": 2}, [1_000, 2_000]),
        ({"start_ms": 1_001, "end_ms": 3_000}, [2_000, 3_000]),
        ({"end_ms": 2_999, "limit": 2}, [1_000, 2_000]),
        ({"start_ms": 9_000}, []),
        ({"end_ms": 1_000, "start_ms": 3_000}, []),
    ],
)
def test_a_span_is_of_open_times(asked, expected):
    """Both ends are included; with a start the oldest come first, without one the newest."""
    rows = bars([trade(1, 500), trade(2, 4_500)], 1_000, 4_600, **asked)

    assert opens(rows) == expected
    assert all(row[1] == "5.0" for row in rows)


@given(st.lists(st.integers(0, 5_000), min_size=1).map(sorted), st.sampled_from([500, 1_000]))
def test_every_trade_is_in_one_bar(times_ms, every_ms):
    """Counts and volumes of the bars add up to those of the trades."""
    rows = bars([trade(i, at) for i, at in enumerate(times_ms)], every_ms, times_ms[-1])

    assert sum(row[8] for row in rows) == len(times_ms)
    assert sum(Decimal(row[5]) for row in rows) == Decimal("0.5") * len(times_ms)
    assert rows[-1][0] <= times_ms[-1] <= rows[-1][6]
