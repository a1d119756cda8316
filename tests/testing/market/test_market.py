"""Scripted trades in the exchange's wire form."""

from decimal import Decimal

import pytest

from quantlive_nb.errors import UsageError
from quantlive_nb.testing.market.event_frame import EventFrame, wire_frame
from quantlive_nb.testing.market.market import Market


def test_a_scripted_trade_equals_the_recorded_one_byte_for_byte(texts):
    """The first real frame can be written again from its fields (its E is 1 ms later than T)."""
    market = Market()
    recorded = texts[0].replace('"E":1723161255343', '"E":1723161255342')
    number, frame = market.trade(
        "BTCUSDT",
        "61837.63",
        "0.02",
        buyer_maker=True,
        ts_ms=1_723_161_255_342,
        trade_id=3_735_683_259,
    )

    assert number == 3_735_683_259
    assert frame == EventFrame.of(recorded)
    assert frame.combined == wire_frame(recorded)


def test_ids_count_on_per_symbol_from_where_they_were():
    """Each symbol has its own series, which continues what was recorded or asked for."""
    market = Market(["ETHUSDT"])
    market.enlist({"BTCUSDT": 41})

    assert [market.trade("BTCUSDT", "1", "1", buyer_maker=True)[0] for _ in range(2)] == [42, 43]
    assert market.trade("ETHUSDT", "1", "1", buyer_maker=True)[0] == 1
    assert market.trade("ETHUSDT", "1", "1", buyer_maker=True, trade_id=9)[0] == 9
    assert market.trade("ETHUSDT", "1", "1", buyer_maker=True)[0] == 10


@pytest.mark.parametrize(
    ("price", "written"),
    [("0.00000001", "0.00000001"), (Decimal("7E+2"), "700.00000000"), (5, "5.00000000")],
)
def test_numbers_have_eight_decimals(price, written):
    """Prices are written out in full, as the exchange does."""
    _, frame = Market().trade("BTCUSDT", price, "1", buyer_maker=False)

    assert f'"p":"{written}"'.encode() in frame.raw


@pytest.mark.parametrize("price", ["0.000000001", "NaN", "Infinity", "dear", 0.1, None])
def test_numbers_that_cannot_be_written_so_are_refused(price):
    """Nothing is rounded in silence."""
    with pytest.raises(UsageError, match="price"):
        Market().trade("BTCUSDT", price, "1", buyer_maker=False)


def test_symbols_that_are_not_ascii_stay_as_they_are():
    """The exchange lists such symbols since 2025."""
    _, frame = Market().trade("这是测试币456", "1", "1", buyer_maker=False)

    assert frame.stream == "这是测试币456@trade"
    assert '"s":"这是测试币456"'.encode() in frame.raw
