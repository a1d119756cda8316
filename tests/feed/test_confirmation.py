"""Up to when a feed is confirmed: by trades, by answers, and by nothing else."""

import asyncio
import contextlib
import itertools
import time

from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.clock import GRACE_US, Manual
from quantlive_nb.feed.confirmation import ASK_US, ExchangeTime, Proof, Records
from quantlive_nb.health import FeedState
from quantlive_nb.venue import Binance
from tests.listener import listen, subscribed
from tests.relay import Relay
from tests.tape import SECOND, START, batch, trade

BTC, ETH = "btcusdt@trade", "ethusdt@trade"


def now_us():
    """The wall clock, which is also the loopback exchange's."""
    return time.time_ns() // 1_000


def upto(listener, symbol):
    """Up to when a symbol is confirmed by what was said last."""
    return listener.batches[-1].confirmed.get(symbol, 0) if listener.batches else 0


def trade_now(exchange, symbol="BTCUSDT"):
    """A trade of this moment; its time, µs."""
    ts_us = now_us()
    exchange.trade(symbol, "61837.63", "0.02", ts_ms=ts_us // 1_000)
    return ts_us


@contextlib.asynccontextmanager
async def both_confirmed(exchange):
    """A listener to two symbols, each of which has traded on this connection."""
    async with listen(exchange, "BTCUSDT", "ETHUSDT") as listener:
        await subscribed(exchange, BTC, ETH)
        trade_now(exchange, "ETHUSDT")
        trade_now(exchange)
        await listener.until(lambda heard: upto(heard, "ETHUSDT") > 0)
        yield listener


@given(st.lists(st.tuples(st.sampled_from("tad"), st.integers(0, 10 * SECOND)), max_size=20))
def test_nothing_is_confirmed_beyond_what_was_heard_or_answered(steps):
    """Whatever comes in whatever order: never beyond it, and never without a proof."""
    proof, most, is_proved = Proof(), 0, False
    for kind, at_us in steps:
        if kind == "t":
            proof.trades([trade(1, at_us)])
            most, is_proved = max(most, START + at_us), True
        elif kind == "a":
            proof.answered(START + at_us)
            most = max(most, START + at_us)
        else:
            proof.symbols.clear()
            is_proved = False
        assert proof.upto("BTCUSDT") == (most - GRACE_US if is_proved else 0)
        assert proof.upto("ETHUSDT") == 0


@given(heard_us=st.integers(START - SECOND, START + SECOND), now=st.integers(0, 3 * SECOND))
def test_an_answer_is_asked_for_when_a_second_is_not_confirmed(heard_us, now):
    """Asked when it is due, it confirms that second within one; else nothing need be asked."""
    proof, asked_us = Proof(), START + now
    proof.symbols.add("A")
    proof.heard_us = heard_us
    ended_us = (asked_us - GRACE_US - ASK_US) // SECOND * SECOND
    if proof.due_us(asked_us) == 0:
        assert proof.upto("A") < ended_us
        proof.answered(asked_us)
    assert proof.upto("A") >= ended_us
    assert 0 < proof.due_us(asked_us) <= SECOND


def test_the_exchange_s_clock_is_never_ahead():
    """It is set by each trade, backwards too, and runs on meanwhile."""
    hand = Manual()
    clock = ExchangeTime(hand)
    assert clock.now_us() == 0
    clock.heard(START)
    hand.advance(SECOND)
    assert clock.now_us() == START + SECOND
    clock.heard(START + 400_000)
    assert clock.now_us() == START + 400_000


@given(cuts=st.lists(st.integers(1, 8), max_size=4))
def test_a_replay_is_confirmed_by_the_next_record_however_it_is_cut(cuts):
    """After the same records the same is confirmed, and by any symbol's."""
    rows = [trade(i, i * SECOND, symbol="AB"[i == 3]) for i in range(9)]
    records, edges = Records(), [0, *sorted(set(cuts)), 9]
    for a, b in itertools.pairwise(edges):
        told = records.confirm(batch(*rows[a:b]))
        assert set(told.values()) == {START + (b - 1) * SECOND - GRACE_US}
    assert set(told) == {"A", "B"}


def test_a_quiet_symbol_is_confirmed_by_another_on_its_connection(exchange):
    """Once it has traded on this connection, any trade that comes on it will do."""

    async def record():
        async with listen(exchange, "BTCUSDT", "ETHUSDT") as listener:
            await subscribed(exchange, BTC, ETH)
            exchange.trade("BTCUSDT", "1", "1", ts_ms=START // 1_000)
            await listener.until(lambda heard: upto(heard, "BTCUSDT") == START - GRACE_US)
            assert upto(listener, "ETHUSDT") == 0
            exchange.trade("ETHUSDT", "1", "1", ts_ms=START // 1_000 + 9_000)
            await listener.until(lambda heard: upto(heard, "ETHUSDT") > 0)
            assert upto(listener, "BTCUSDT") >= START + 9 * SECOND - GRACE_US

    asyncio.run(record())


def test_a_connection_that_answers_confirms_what_is_quiet(exchange):
    """Nobody trades any more: our own ping asks, and its answer confirms the second that ended."""

    async def record():
        async with listen(exchange) as listener:
            await subscribed(exchange, BTC)
            ts_us = trade_now(exchange)
            ended_us = (ts_us // SECOND + 1) * SECOND
            await listener.until(lambda heard: upto(heard, "BTCUSDT") >= ended_us)
            assert len(listener.trades) == 1

    asyncio.run(record())


def test_a_dead_connection_confirms_nothing(exchange):
    """Connected, and nothing comes through: not a moment is confirmed, before DOWN and after."""

    async def record():
        with Relay(exchange.port) as relay:
            spoken = Binance(f"ws://127.0.0.1:{relay.port}", exchange.rest_url)
            async with listen(exchange, spoken=spoken, silence_s=0.9) as listener:
                await subscribed(exchange, BTC)
                trade_now(exchange)
                await listener.until(lambda heard: upto(heard, "BTCUSDT") > 0)
                relay.stall()
                held_us = now_us()
                trade_now(exchange)
                await listener.until(lambda heard: heard.states[-1] is FeedState.DOWN)
                assert all(b.confirmed["BTCUSDT"] <= held_us for b in listener.batches)

    asyncio.run(record())


def test_what_a_silent_exchange_s_answers_confirmed_is_taken_back(exchange):
    """It answers pings and brings no trade: when it is declared DOWN, its last trade counts."""

    async def record():
        async with listen(exchange, silence_s=2.5) as listener:
            await subscribed(exchange, BTC)
            ts_us = trade_now(exchange) // 1_000 * 1_000
            exchange.silence()
            await listener.until(lambda heard: upto(heard, "BTCUSDT") > ts_us)
            await listener.until(lambda heard: heard.states[-1] is FeedState.DOWN)
            assert upto(listener, "BTCUSDT") == ts_us - GRACE_US

    asyncio.run(record())


def test_after_a_cut_a_quiet_symbol_waits_for_a_proof(exchange):
    """A new connection that answers proves nothing of what was traded before it had begun."""

    async def record():
        async with both_confirmed(exchange) as listener:
            stale = listener.feed.proof("ETHUSDT")
            exchange.drop()
            await asyncio.to_thread(exchange.wait_connected, n=2)
            await subscribed(exchange, BTC, ETH)
            cut_us = trade_now(exchange) + GRACE_US
            await listener.until(lambda heard: upto(heard, "BTCUSDT") > cut_us)
            before_us = upto(listener, "ETHUSDT")
            assert not stale()
            fresh = listener.feed.proof("ETHUSDT")
            assert upto(listener, "ETHUSDT") == before_us < cut_us
            assert fresh()
            await listener.until(lambda heard: upto(heard, "ETHUSDT") > cut_us)

    asyncio.run(record())


def test_a_renewed_connection_is_believed_as_the_one_before_it(exchange):
    """They overlapped, so nothing was missed: what is quiet stays confirmed without being asked."""

    async def record():
        async with both_confirmed(exchange) as listener:
            listener.feed.renew("BTCUSDT")
            await asyncio.to_thread(exchange.wait_connected, n=2)
            await asyncio.to_thread(exchange.wait_until, lambda: exchange.n_open == 2)
            ts_us = trade_now(exchange)
            await asyncio.to_thread(exchange.wait_until, lambda: exchange.n_open == 1)
            await listener.until(lambda heard: upto(heard, "ETHUSDT") > ts_us)

    asyncio.run(record())


def test_what_cannot_be_read_may_have_been_a_trade(exchange):
    """After it a symbol is confirmed by its own next trade alone, or by a proof, which is asked."""

    async def record():
        async with both_confirmed(exchange) as listener:
            exchange.garbage(["{"])
            await listener.until(lambda heard: heard.batches[-1].n_rejected > 0)
            assert set(listener.batches[-1].opened) == {"BTCUSDT", "ETHUSDT"}
            ts_us = trade_now(exchange)
            await listener.until(lambda heard: upto(heard, "BTCUSDT") >= ts_us - GRACE_US - 1_000)
            assert upto(listener, "ETHUSDT") < ts_us - GRACE_US - 1_000

    asyncio.run(record())
