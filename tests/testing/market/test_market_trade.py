"""What a frame tells of, and which trades are one taker order."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.testing.market.event_frame import EventFrame
from quantlive_nb.testing.market.market_trade import Trade, is_same_order, known_by, trade_of

ONE = Trade("BTCUSDT", 1, "1.0", "1", 7, buyer_maker=True)


def test_the_first_recorded_frame_is_read_letter_by_letter(texts):
    """Numbers stay text; what else a frame holds is left out."""
    assert trade_of(EventFrame.of(texts[0])) == Trade(
        symbol="BTCUSDT",
        trade_id=3_735_683_259,
        price="61837.63000000",
        qty="0.02000000",
        time_ms=1_723_161_255_342,
        buyer_maker=True,
    )


@pytest.mark.parametrize(
    "frame",
    [
        EventFrame.of(
            '{"stream":"a@aggTrade","data":{"s":"A","p":"1","q":"1","T":1,"m":true,"t":1}}'
        ),
        EventFrame.of('{"stream":"a@trade","data":{"t":1}}'),
        EventFrame.of('{"stream":"a@trade","data":[1]}'),
        EventFrame.odd("{]", "a@trade"),
        EventFrame.odd('{"s":"A","p":"1","q":"1","T":1,"m":true,"t":1}', None),
    ],
)
def test_other_events_and_garbage_are_no_trade(frame):
    """Only a whole trade of a trade stream is one."""
    assert trade_of(frame) is None


@pytest.mark.parametrize(
    ("after", "is_same"),
    [
        (Trade("BTCUSDT", 2, "1.0", "5", 7, buyer_maker=True), True),
        (Trade("BTCUSDT", 3, "1.0", "5", 7, buyer_maker=True), False),
        (Trade("BTCUSDT", 2, "1.1", "5", 7, buyer_maker=True), False),
        (Trade("BTCUSDT", 2, "1.0", "5", 8, buyer_maker=True), False),
        (Trade("BTCUSDT", 2, "1.0", "5", 7, buyer_maker=False), False),
    ],
)
def test_an_order_goes_on_while_time_price_and_side_stay(after, is_same):
    """And while no id is left out; the quantity does not matter."""
    assert is_same_order(ONE, after) is is_same


letters = st.sampled_from("ab")


@given(st.lists(st.none() | st.tuples(letters, st.booleans(), st.integers(0, 1))))
def test_no_order_is_known_in_part(rows):
    """However far the frames have been sent, no known trade's order goes on among the unknown."""
    next_id = {"a": itertools.count(1), "b": itertools.count(1)}
    trades = [
        None if row is None else Trade(row[0], next(next_id[row[0]]), "1", "1", row[2], row[1])
        for row in rows
    ]
    known = known_by(trades)

    assert known == sorted(known)
    for n_sent, n_known in enumerate(known):
        assert n_sent <= n_known <= len(trades)
        last = {trade.symbol: trade for trade in trades[:n_known] if trade is not None}
        following = {trade.symbol: trade for trade in trades[n_known:][::-1] if trade is not None}
        assert not any(
            is_same_order(last[symbol], following[symbol]) for symbol in last & following.keys()
        )
