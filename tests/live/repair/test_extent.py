"""How far a tape should reach, by answers that may be about another symbol."""

import asyncio
import contextlib

import pytest

from quantlive_nb.errors import FeedError
from quantlive_nb.judge import LEAP
from quantlive_nb.live.repair.extent import Extent
from quantlive_nb.live.repair.followed import Followed
from quantlive_nb.live.repair.untold_ids import UntoldIds
from quantlive_nb.store import Coverage, Store
from quantlive_nb.store.tape.coverage import Range
from tests.rig import A, Past, on_a_loop
from tests.tape import SECOND, START, VENUE, batch, trade

FAR = 3 * LEAP
HOUR = 3_600 * SECOND


@contextlib.asynccontextmanager
async def reaching(*held):
    """An extent of a store that holds some ids, the past it asks, and what is known of A."""
    past = Past()
    past.trade(*range(1, 61))
    with contextlib.closing(Store()) as store:
        store.append(batch(*[trade(i, i * SECOND) for i in held]))
        untold = UntoldIds(VENUE)
        extent = Extent(past, lambda: store, untold, lambda _: None)
        yield extent, past, store, Followed(asyncio.get_running_loop().time())


def mislead(past, trade_id):
    """The newest trade is told to be another symbol's."""
    past.rows[A].append(trade(trade_id, 61 * SECOND))


@pytest.mark.parametrize("trade_id", [FAR, 2])
@on_a_loop
async def test_an_end_that_cannot_be_is_refused(trade_id):
    """A leap beyond what is held, or below it though later: nothing is wanted, nothing skipped."""
    async with reaching(1, 2, 3, 40) as (extent, past, store, followed):
        mislead(past, trade_id)
        for ask in (extent.begin(A, followed, HOUR), extent.probe(A, followed, is_quiet=False)):
            with pytest.raises(FeedError, match=f"told trade {trade_id} as the newest of {A}: it"):
                await ask
        coverage = store.coverage[VENUE]
        assert not coverage.wanted
        assert not coverage.skipped
        assert not followed.is_confirmed
        assert followed.begun_ts is None


@on_a_loop
async def test_a_beginning_that_lies_after_the_end_is_refused():
    """The first trade of the window is another symbol's: no tape is booked as skipped for it."""
    async with reaching(1, 2) as (extent, past, store, followed):
        past.first = lambda *_: asyncio.sleep(0, trade(FAR, 10 * SECOND))
        with pytest.raises(FeedError, match=f"told trade {FAR} as the first of {A}"):
            await extent.begin(A, followed, HOUR)
        assert not store.coverage[VENUE].skipped


@on_a_loop
async def test_an_answer_from_before_what_is_held_confirms_nothing():
    """It may be a moment old, or another symbol's: what was missed since is not in it."""
    async with reaching(1, 2, 70) as (extent, _, _, followed):
        with pytest.raises(FeedError, match="told trade 60 as the newest of BTCUSDT: a newer one"):
            await extent.probe(A, followed, is_quiet=False)
        followed.hear(1.0)
        await extent.probe(A, followed, is_quiet=False)


@on_a_loop
async def test_no_trade_of_a_symbol_that_has_traded_is_no_answer():
    """An empty answer does not confirm a tape."""
    async with reaching(1, 2) as (extent, past, _, followed):
        past.rows.clear()
        with pytest.raises(FeedError, match="told of no trade of BTCUSDT, of which some are held"):
            await extent.probe(A, followed, is_quiet=False)
        assert not followed.is_confirmed


@on_a_loop
async def test_a_false_end_is_forgotten_when_a_trade_refutes_it():
    """Nothing was held to compare it with: the first trade on the socket shows what it was."""
    async with reaching() as (extent, past, store, followed):
        coverage = store.coverage.setdefault(VENUE, Coverage())
        truly, past.rows[A] = past.rows[A], [trade(FAR + i, (50 + i) * SECOND) for i in range(9)]
        await extent.begin(A, followed, HOUR)
        assert coverage.n_missing(A) == 9
        past.rows[A] = truly
        past.trade(61, 62, 63)
        store.append(batch(trade(63, 63 * SECOND)))
        extent.compare(A, followed)
        assert (coverage.n_missing(A), followed.begun_ts) == (0, None)
        await extent.begin(A, followed, HOUR)
        assert [gap[:2] for gap in coverage.gaps(A)] == [(1, 62)]


@on_a_loop
async def test_a_false_beginning_is_forgotten_when_a_trade_refutes_it():
    """Ids that lie a leap before the first that is held were never this symbol's of that time."""
    async with reaching(50) as (extent, _, store, followed):
        coverage = store.coverage[VENUE]
        coverage.want(A, Range(50 - FAR, 50 - FAR, START, START + SECOND))
        extent.compare(A, followed)
        assert (coverage.n_missing(A), followed.begun_ts) == (0, None)


@on_a_loop
async def test_a_false_end_of_a_quiet_symbol_is_refuted_by_the_next_answer():
    """Ids never fall: of two answers the later one with the lower id shows that one was false."""
    async with reaching() as (extent, _, store, followed):
        coverage = store.coverage.setdefault(VENUE, Coverage())
        coverage.want(A, Range(FAR, FAR, START, START + SECOND))
        await extent.probe(A, followed, is_quiet=True)
        assert not coverage.wanted


@on_a_loop
async def test_what_follows_a_held_trade_with_a_lower_id_is_of_another_era():
    """Ids began anew unseen, and passed the gap: other trades have its ids now."""
    async with reaching(900, 901, 950) as (extent, _, store, followed):
        (gap,) = store.coverage[VENUE].gaps(A)
        past = extent._backfill
        past.rows[A] = [trade(i, (1_000 + i) * SECOND) for i in range(1, 990)]
        with pytest.raises(FeedError, match="has trade 1 of BTCUSDT after trade 901, which is"):
            await extent.compare_before(A, followed, gap)
        past.rows[A] = [trade(i, i * SECOND) for i in range(1, 990)]
        await extent.compare_before(A, followed, gap)
        n_asked = len(past.asked)
        await extent.compare_before(A, followed, gap)
        assert len(past.asked) == n_asked
