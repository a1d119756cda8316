"""What may be asked of a host: never more than it allows, in whatever stretch of time."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.clock import Manual
from quantlive_nb.http import rate_limit as module
from quantlive_nb.http.rate_limit import RateLimit
from quantlive_nb.interval import SECOND

MINUTE = 60 * SECOND


@pytest.fixture
def hand():
    """A clock that sleeping moves."""
    return Manual(5 * SECOND)


@pytest.fixture
def slept(monkeypatch, hand):
    """Every sleep, in µs; none of them lasts."""
    pauses, sleep = [], asyncio.sleep

    async def pass_time(seconds):
        """Let time pass on the clock."""
        pauses.append(round(seconds * SECOND))
        await sleep(0)
        hand.advance(pauses[-1])

    monkeypatch.setattr(module.asyncio, "sleep", pass_time)
    return pauses


@given(
    limit=st.integers(1, 40),
    tries=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 90 * SECOND)), max_size=30),
)
def test_no_stretch_of_a_period_has_more_than_the_limit(limit, tries):
    """However the tries come; what is heavier than the limit waits until nothing else counts."""
    hand, spent = Manual(), []
    budget = RateLimit(limit, MINUTE, clock=hand)
    for weight, pause_us in tries:
        hand.advance(pause_us)
        hand.advance(budget.wait_us(weight))
        assert budget.wait_us(weight) == 0
        budget.spend(weight)
        spent.append((hand.us, min(weight, limit)))

        assert sum(w for at, w in spent if at > hand.us - MINUTE) <= limit


@given(weights=st.lists(st.integers(1, 10), min_size=1, max_size=30))
def test_nobody_waits_longer_than_needed(weights):
    """A moment earlier it would have been too much."""
    hand = Manual()
    budget, spent = RateLimit(10, MINUTE, clock=hand), []
    for weight in weights:
        wait_us = budget.wait_us(weight)
        hand.advance(wait_us)
        if wait_us:
            earlier = hand.us - 1
            assert sum(w for at, w in spent if at > earlier - MINUTE) + weight > 10
        budget.spend(weight)
        spent.append((hand.us, weight))


def test_a_turn_waits_and_spends(hand, slept):
    """Four at once, and the fifth a second later."""
    budget = RateLimit(4, SECOND, clock=hand)

    async def record():
        for _ in range(5):
            await budget.turn()

    asyncio.run(record())
    assert slept == [SECOND]
    assert budget.spent() == 1


def test_many_who_wait_do_not_go_together(hand, slept):
    """Whoever wakes first has the place; the others wait on."""
    budget, went = RateLimit(2, SECOND, clock=hand), []

    async def go(n):
        """Wait for a turn."""
        await budget.turn()
        went.append((n, hand.us))

    async def record():
        await asyncio.gather(*(go(n) for n in range(7)))

    asyncio.run(record())
    assert [n for n, _ in went] == list(range(7))
    for _, at in went:
        assert sum(at - SECOND < other <= at for _, other in went) <= 2


def test_what_others_spend_counts(hand):
    """The host tells what it has counted; what is not ours is somebody's of this address."""
    budget = RateLimit(100, MINUTE, clock=hand)
    budget.spend(30)
    budget.heard(90)
    assert (budget.spent(), budget.wait_us(10)) == (90, 0)
    budget.heard(60)

    assert budget.spent() == 90
    assert budget.wait_us(11) == MINUTE


def test_what_is_long_ago_is_not_taken_for_ours(hand):
    """What the host counts in a new minute is all somebody else's."""
    budget = RateLimit(100, MINUTE, clock=hand)
    budget.spend(80)
    hand.advance(MINUTE)
    budget.heard(80)

    assert budget.spent() == 80


def test_who_is_shut_out_spends_nothing(hand):
    """The longest of several bans counts, and so does the weight afterwards."""
    budget = RateLimit(10, MINUTE, clock=hand)
    budget.shut(120 * SECOND)
    budget.shut(2 * SECOND)
    assert budget.wait_us() == 120 * SECOND
    hand.advance(120 * SECOND)

    assert budget.wait_us() == 0
    budget.spend(10)
    budget.shut(SECOND)
    assert budget.wait_us() == MINUTE
