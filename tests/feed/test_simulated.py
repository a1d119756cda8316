"""The simulated market: seeded, contiguous, cointegrated."""

import asyncio
from contextlib import aclosing
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlive_nb.analytics import engle_granger
from quantlive_nb.clock import Manual
from quantlive_nb.errors import UsageError
from quantlive_nb.feed import Simulated, simulated
from quantlive_nb.health import FeedState
from quantlive_nb.judge import is_price, is_qty
from tests.tape import SECOND, START

LEGS = ("BTCUSDT", "ETHUSDT")


class Walking(Manual):
    """A clock that moves on by itself, so far at each look at it."""

    step_us = 100_000

    def mono_us(self):
        """Later than at the last look."""
        self.advance(self.step_us)
        return self.us


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    """The clock is ours, so nobody needs to wait for it."""
    monkeypatch.setattr(simulated, "STEP_S", 0.0)


def market(
    seconds, *, step_us=100_000, symbols=LEGS, last=None, last_us=0, start_us=START, **choices
):
    """What the market brings within so many seconds, in batches."""
    clock = Walking(start_us)
    clock.step_us = step_us
    choices = {"history_s": 0} | choices
    feed = Simulated(symbols, clock=clock, **choices)
    if last is not None:
        feed.resume(last, last_us)
    until_us = max(start_us, last_us) + seconds * SECOND

    async def listen():
        batches = []
        async with aclosing(feed.events()) as events:
            async for batch in events:
                batches.append(batch)
                if batch.trades.ts_recv.max() >= until_us:
                    break
        return batches

    return asyncio.run(listen())


def of(batches, symbol, until_us=None):
    """The trades of one symbol, as rows, that were made before a moment."""
    rows = [row for batch in batches for row in batch.trades.rows() if row.symbol == symbol]
    return [row for row in rows if until_us is None or row.ts_exch < until_us]


def closes(symbol, seed, n_seconds):
    """Log of the last price of each second, without a clock and without a loop."""
    feed = Simulated(LEGS, seed=seed)
    last, prices = None, []
    for k in range(n_seconds):
        for block in feed._second(START + k * SECOND):
            if len(block) and block.symbol[0] == symbol:
                last = float(block.price[-1])
        prices.append(last)
    first = next(price for price in prices if price is not None)
    return np.log([first if price is None else price for price in prices])


@settings(max_examples=8)
@given(
    seed=st.integers(0, 99),
    step_us=st.sampled_from((40_000, 700_000, 2_300_000)),
    pace=st.sampled_from((1.0, 7.5)),
    history_s=st.sampled_from((0, 3)),
)
def test_the_same_seed_trades_the_same_whatever_the_timing(seed, step_us, pace, history_s):
    """Prices, sizes, sides and times do not depend on when the loop looks at the clock."""
    one = market(4, seed=seed)
    choices = {"step_us": step_us, "pace": pace, "history_s": history_s}
    other = market(4, seed=seed, start_us=START + history_s * SECOND, **choices)
    for symbol in LEGS:
        until_us = START + 4 * SECOND - 100_000  # a later one may be on its way when we leave
        assert of(one, symbol, until_us) == of(other, symbol, until_us)


def test_another_seed_is_another_market():
    """And a third leg does not change the two that were there."""
    one, other, three = market(3), market(3, seed=8), market(3, symbols=(*LEGS, "SOLUSDT"))
    until_us = START + 2 * SECOND

    assert of(one, "BTCUSDT") != of(other, "BTCUSDT")
    for symbol in LEGS:
        assert of(one, symbol, until_us) == of(three, symbol, until_us)
    assert of(three, "SOLUSDT")


def test_ids_are_contiguous_and_times_never_go_back():
    """As on the real tape, and in the order of receipt."""
    batches = market(5, rate=200.0)
    received = [ts for batch in batches for ts in batch.trades.ts_recv.tolist()]

    assert received == sorted(received)
    for symbol in LEGS:
        rows = of(batches, symbol)
        assert [row.trade_id for row in rows] == list(range(1, len(rows) + 1))
        assert all(a.ts_exch <= b.ts_exch <= b.ts_event <= b.ts_recv for a, b in pairwise(rows))


def test_it_goes_on_where_the_store_ends():
    """After a restart the next id follows the last stored one, and so does the price."""
    before = market(3)
    last = {s: (of(before, s)[-1].trade_id, float(of(before, s)[-1].price)) for s in LEGS}
    after = market(3, last=last, start_us=START + 60 * SECOND, history_s=900)
    for symbol in LEGS:
        last_id, price = last[symbol]
        rows = of(after, symbol)
        assert [row.trade_id for row in rows] == [last_id + 1 + n for n in range(len(rows))]
        assert float(rows[0].price) == pytest.approx(price, rel=0.01)
        assert rows[0].ts_exch >= START + 60 * SECOND


@pytest.mark.parametrize("ahead_us", [0, 999_999, 300 * SECOND])
def test_no_trade_is_older_than_the_stored_ones(ahead_us):
    """A stored market that was faster than the clock is ahead of it: it goes on from there."""
    last_us = START + ahead_us
    after = market(2, last={"BTCUSDT": (7, 60_000.0)}, last_us=last_us)
    received = np.concatenate([batch.trades.ts_recv for batch in after])

    assert last_us < min(row.ts_exch for symbol in LEGS for row in of(after, symbol))
    assert received.min() < last_us + 2 * SECOND
    assert of(after, "BTCUSDT")[0].trade_id == 8


def test_nothing_stored_means_a_past_of_its_own():
    """An empty store does not make the market begin without history."""
    first = market(1, history_s=30, last={})[0]

    assert first.trades.ts_exch.min() < START - 28 * SECOND


def test_the_past_comes_at_once():
    """Charts are full from the first batch on, and it ends now."""
    first = market(1, history_s=60)[0]
    seconds = np.unique(first.trades.ts_exch // SECOND)

    assert first.state is FeedState.LIVE
    assert seconds[0] == START // SECOND - 60
    assert first.trades.ts_recv.max() <= START + SECOND
    assert len(seconds) > 50


def test_a_symbol_can_be_added_and_removed_while_it_runs():
    """From the next second on; the legs that stay go on with their ids."""
    feed = Simulated(["BTCUSDT"])
    seconds = [feed._second(START)]
    for wanted in (LEGS, ["ETHUSDT"], LEGS):
        feed.want(wanted)
        seconds.append(feed._second(START))
    traded = [{s for block in second for s in block.symbol} for second in seconds]
    ids = {s: [] for s in LEGS}
    for block in (block for second in seconds for block in second if len(block)):
        ids[block.symbol[0]] += block.trade_id.tolist()

    assert traded == [{"BTCUSDT"}, set(LEGS), {"ETHUSDT"}, set(LEGS)]
    assert all(column == list(range(1, len(column) + 1)) for column in ids.values())


@pytest.mark.parametrize("seed", [1, 7])
def test_the_legs_are_cointegrated(seed):
    """Engle-Granger rejects on 1 500 seconds; the legs alone wander."""
    x, y = (closes(symbol, seed, 1_500) for symbol in LEGS)

    assert engle_granger(y, x).p < 0.01


def test_strangers_are_not_cointegrated():
    """Legs of two markets with factors of their own are not mistaken for a pair."""
    assert engle_granger(closes("ETHUSDT", 1, 1_500), closes("BTCUSDT", 2, 1_500)).p > 0.05


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSDT", "这是测试币456"])
def test_every_trade_could_come_over_a_wire(symbol):
    """Whatever the symbol's price level: exact positive decimals that the store holds."""
    rows = of(market(5, symbols=[symbol]), symbol)

    assert rows
    assert all(is_price(row.price) and is_qty(row.qty) for row in rows)
    assert {row.venue for row in rows} == {"simulated"}
    assert {row.is_buy for row in rows} == {True, False}
    assert min(Decimal(row.price) for row in rows) > 0


def test_arrivals_keep_the_rate_and_come_in_clusters():
    """So many trades a second on average, with more spread than independent ones would have."""
    chance = np.random.default_rng(1)
    counts = np.array([len(simulated.arrivals(chance, 20.0)) for _ in range(2_000)])

    assert counts.mean() == pytest.approx(20.0, rel=0.05)
    assert counts.var() > 1.5 * counts.mean()


@pytest.mark.parametrize("choice", [{"rate": 0}, {"pace": 0}, {"pace": float("inf")}, {"rate": -1}])
def test_a_market_that_cannot_be_is_refused(choice):
    """One sentence."""
    with pytest.raises(UsageError, match="must be above 0"):
        Simulated(LEGS, **choice)
