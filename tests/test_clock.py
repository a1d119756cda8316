"""The machine's clocks, a clock moved by hand, and the market's own."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.clock import Manual, Market, System

MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("advance"), st.integers(0, 10**7)),
        st.tuples(st.just("observe"), st.integers(0, 10**9)),
        st.tuples(st.just("pause"), st.just(0)),
    ),
    max_size=30,
)
SPEEDS = st.sampled_from((0.0, 0.5, 1.0, 30.0))


def moved(market, hand, move):
    """Do one thing to a market clock."""
    name, us = move
    if name == "advance":
        hand.advance(us)
    elif name == "observe":
        market.observe(us)
    else:
        market.pause()


@given(moves=MOVES, speed=SPEEDS)
def test_market_time_never_goes_back_and_is_never_behind_a_trade(moves, speed):
    """Whatever arrives in whatever order, paused or not."""
    hand = Manual(5)
    market = Market(hand, speed)
    newest = before = 0
    for move in moves:
        moved(market, hand, move)
        newest = max(newest, move[1] if move[0] == "observe" else 0)
        assert market.now_us() >= before
        assert market.now_us() >= newest
        before = market.now_us()


@given(moves=MOVES, speed=SPEEDS, by_us=st.integers(0, 10**9))
def test_a_paused_market_stands_still(moves, speed, by_us):
    """After any history: no bar is invented for a stretch in which nobody listened."""
    hand = Manual(5)
    market = Market(hand, speed)
    for move in moves:
        moved(market, hand, move)
    market.pause()
    stood = market.now_us()
    hand.advance(by_us)

    assert market.now_us() == stood
    market.observe(stood - 1)
    assert market.now_us() == stood


@given(ts=st.integers(1, 10**16), by_us=st.integers(0, 10**9), speed=SPEEDS)
def test_a_running_market_keeps_its_pace(ts, by_us, speed):
    """So many market seconds per second since the newest trade, wherever our own clock stands."""
    hand = Manual(1_700_000_000_000_000)
    market = Market(hand, speed)
    market.observe(ts)
    hand.advance(by_us)

    assert market.now_us() - ts == pytest.approx(by_us * speed, abs=1)


def test_before_the_first_trade_there_is_no_market_time():
    """Zero, however long we have waited."""
    hand = Manual()
    market = Market(hand)
    hand.advance(10**9)

    assert market.now_us() == 0


def test_the_wall_clock_may_jump_without_moving_the_market():
    """Only the monotonic clock is asked what has passed."""

    class Jumping(Manual):
        """A machine whose wall clock is set back by an hour."""

        def now_us(self):
            """An hour ago."""
            return self.us - 3_600_000_000

    hand = Jumping(0)
    market = Market(hand)
    market.observe(100)
    hand.advance(50)

    assert market.now_us() == 150


def test_the_system_tells_the_machines_time_in_microseconds():
    """Wall time lies between two readings of Python's own; the other clock never goes back."""
    clock = System()
    before = time.time_ns() // 1_000
    now, mono = clock.now_us(), clock.mono_us()

    assert before <= now <= time.time_ns() // 1_000
    assert clock.mono_us() >= mono
