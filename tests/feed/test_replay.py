"""A recording played again, on a clock moved by hand."""

import asyncio
import itertools

import pytest

from quantlive_nb.clock import Manual
from quantlive_nb.errors import ReplayError, UsageError
from quantlive_nb.feed import Replay, replay
from quantlive_nb.health import FeedState
from quantlive_nb.judge import Judge
from tests.listener import Listener
from tests.tape import SECOND, batch, trade

INF = float("inf")
LIVE, ENDED = FeedState.LIVE, FeedState.ENDED


def block(*numbers):
    """One trade a second, from the second of its number on."""
    return batch(*[trade(n, n * SECOND) for n in numbers])


@pytest.fixture(autouse=True)
def quick_steps(monkeypatch):
    """The clock is ours, so the pauses between two looks at it may be short."""
    monkeypatch.setattr(replay, "STEP_S", 0.001)


def test_everything_comes_once_in_the_order_of_receipt_and_then_it_ends():
    """At full speed without waiting for anyone's clock."""

    async def play():
        async with Listener(Replay(iter([block(3, 1), block(), block(2)]), INF)) as listener:
            await listener.ended()
            return listener

    heard = asyncio.run(play())
    assert heard.ids("BTCUSDT") == [3, 1, 2]
    assert heard.states == [LIVE, ENDED]
    assert heard.batches[-1].reason == "recording over"


@pytest.mark.parametrize("pace", [0.5, 1.0, 30.0])
def test_a_trade_comes_when_its_time_comes_again(pace):
    """After so many recorded seconds at this pace, not earlier, whatever block it stands in."""

    async def play():
        clock = Manual(7 * SECOND)
        blocks = iter([block(100, 101), block(103, 104)])
        async with Listener(Replay(blocks, pace, clock=clock)) as listener:
            await listener.until(lambda heard: heard.trades)
            ids = [listener.ids("BTCUSDT")]
            for n in (2, 3, 4):
                passed_s = {2: 1, 3: 2, 4: 1}[n]  # the third trade comes two seconds later
                clock.advance(int(passed_s * SECOND / pace) + 1)
                await listener.until(lambda heard, n=n: len(heard.trades) >= n)
                ids.append(listener.ids("BTCUSDT"))
            await listener.ended()
            return ids

    assert asyncio.run(play()) == [[100], [100, 101], [100, 101, 103], [100, 101, 103, 104]]


def test_what_fell_due_in_between_comes_together():
    """A loop that was held up catches up at once."""

    async def play():
        clock = Manual()
        async with Listener(Replay(iter([block(*range(50))]), clock=clock)) as listener:
            await listener.until(lambda heard: heard.trades)
            clock.advance(30 * SECOND)
            await listener.until(lambda heard: len(heard.trades) > 1)
            return [len(batch.trades) for batch in listener.batches]

    assert asyncio.run(play()) == [1, 30]


def test_a_receive_clock_that_went_back_holds_up_nothing():
    """A trade is due no later than those received before it."""

    async def play():
        rows = [trade(1, 5 * SECOND), trade(2, 3 * SECOND), trade(3, 5 * SECOND)]
        async with Listener(Replay(iter([batch(*rows)]), clock=Manual())) as listener:
            await listener.ended()
            return listener.ids("BTCUSDT")

    assert asyncio.run(play()) == [1, 2, 3]


@pytest.mark.parametrize("blocks", [[block(1)] * 500, [block()] * 500], ids=["full", "empty"])
def test_others_have_their_turn_at_full_speed(blocks):
    """Between two blocks, also those in which nothing is left to play, the loop is free."""

    async def play():
        turns = 0

        async def count():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count())
        async for _ in Replay(iter(blocks), INF).events():
            pass
        counting.cancel()
        return turns

    assert asyncio.run(play()) >= 500


@pytest.mark.parametrize("pace", [1.0, INF])
def test_closing_ends_it_where_it_is(pace):
    """No further block is read, and it is not said that the recording has ended."""
    taken = []

    def blocks():
        for n in itertools.count():
            taken.append(n)
            yield block(n)

    async def play():
        async with Listener(Replay(blocks(), pace, clock=Manual())) as listener:
            await listener.until(lambda heard: heard.trades)
            await listener.feed.aclose()
            n_taken = len(taken)
            await listener.ended()
            return listener.states, len(taken) - n_taken

    states, n_more = asyncio.run(play())
    assert states == [LIVE]
    assert n_more <= 1


def test_damage_is_raised_after_what_came_before_it():
    """The trades in front of the damage have been handed out by then."""

    def blocks():
        yield block(1, 2)
        raise ReplayError("a.gz", "it is damaged")

    async def play():
        async with Listener(Replay(blocks(), INF)) as listener:
            with pytest.raises(ReplayError, match="it is damaged"):
                await listener.ended()
            return listener.ids("BTCUSDT")

    assert asyncio.run(play()) == [1, 2]


@pytest.mark.parametrize("pace", [0, -1, float("nan")])
def test_a_pace_that_means_nothing_is_refused(pace):
    """The sentence says what would do."""
    with pytest.raises(UsageError, match="give a number above 0, or inf"):
        Replay(iter([]), pace)


def test_market_time_is_told_how_fast_to_go():
    """Its pace; none at full speed, where only trades move time."""
    assert Replay(iter([]), 30.0).speed == 0.0
    assert Replay(iter([]), INF).speed == 0.0


def test_what_was_refused_of_a_recording_is_counted_once_and_said():
    """The rows of a block that cannot be believed are counted with its batch; the end says why."""
    judge = Judge()

    def blocks():
        for n in (1, 2):
            judge.count("a trade without a price", "0", n)
            yield block(n)

    async def play():
        async with Listener(Replay(blocks(), INF, judge=judge)) as listener:
            await listener.ended()
            return listener.batches

    batches = asyncio.run(play())
    assert [batch.n_rejected for batch in batches] == [1, 2, 0]
    assert batches[0].reason == "1 of 1 rows refused: 1 × a trade without a price ('0')"
    assert batches[-1].reason.startswith("recording over (3 of 3 rows refused: 3 × a trade")
