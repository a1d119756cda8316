"""What the tape lacks is found and fetched, first where somebody looks, whatever fails."""

import asyncio
import contextlib
import itertools
import math

import pytest

from quantlive_nb.errors import FeedError
from quantlive_nb.live.repair import followed
from quantlive_nb.live.repair import repairer as repair
from quantlive_nb.live.repair import task_pool as task
from quantlive_nb.store import Store
from quantlive_nb.store.verify import verify
from tests.rig import A, B, Past, Rig, hear, make_short, on_a_loop, repairing, watches
from tests.tape import SECOND, START, VENUE, trade


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Small pages, and pauses that keep a test short."""
    make_short(monkeypatch)


@on_a_loop
async def test_a_hole_between_stored_ids_is_filled():
    """Page by page, the newest first; the tables say that nothing is missing, and how it came."""
    past = Past()
    past.trade(*range(1, 46))
    async with repairing(past, preload_us=3_600 * SECOND, held=[1, 2]) as rig:
        await rig.repaired()
        assert rig.held() == [(1, 45)]
        assert past.pages[:4] == [(A, 40, 45), (A, 30, 39), (A, 20, 29), (A, 10, 19)]
        (verdict,) = verify(rig.store)
        assert verdict.is_whole
        ways = rig.store.sql("SELECT DISTINCT how FROM coverage ORDER BY how").how
        assert list(ways) == ["live", "rest"]


@on_a_loop
async def test_what_is_looked_at_is_fetched_first():
    """The pages nearest to that moment, then outward."""
    past = Past()
    past.trade(*range(1, 100))
    async with repairing(past) as rig:
        rig.repairer.look_at(START + 45 * SECOND)
        past.gate.clear()
        hear(rig, 1, 100)
        await rig.until(lambda: len(past.pages) == repair.AT_ONCE)
        assert past.pages == [(A, 40, 49), (A, 50, 59), (A, 30, 39), (A, 60, 69)]
        past.gate.set()
        await rig.repaired()


@on_a_loop
async def test_reordered_trades_are_not_asked_for():
    """What comes within a round was only late."""
    past = Past()
    past.trade(*range(1, 10))
    async with repairing(past) as rig:
        hear(rig, 1, 3)
        hear(rig, 2)
        hear(rig, 4, 7)
        await rig.repaired()
        assert past.pages == [(A, 5, 6)]


@pytest.mark.parametrize("is_by_id", [True, False])
@on_a_loop
async def test_many_holes_of_both_symbols_are_filled(is_by_id):
    """At most four requests at a time; aggregates that reach beyond a hole do no harm."""
    past, most = Past(is_by_id=is_by_id), []
    n_ids = 1 if is_by_id else 3
    for symbol in (A, B):
        past.trade(*range(1, 90, n_ids), symbol=symbol, n_ids=n_ids)
    async with repairing(past) as rig:
        for symbol in (A, B):
            hear(rig, *range(1, 91, 7), symbol=symbol)

        def counted():
            """Whether all is done; how much was under way is noted."""
            most.append(rig.repairer._tasks.count(repair.is_block))
            return rig.n_missing == 0

        await rig.until(counted)
        assert max(most) <= repair.AT_ONCE
        assert all(verdict.is_whole for verdict in verify(rig.store))


@on_a_loop
async def test_the_start_fills_its_window_and_skips_what_is_older():
    """An absence longer than the window: booked, listed apart; the window is there in the end."""
    past = Past()
    past.trade(*range(1, 101))
    window = 30 * SECOND
    async with repairing(past, held=[3, 4, 8], preload_us=window) as rig:
        assert rig.begun[0] == START + 100 * SECOND
        await rig.repaired()
        assert rig.held() == [(3, 4), (8, 8), (70, 100)]
        assert rig.skipped() == [(5, 7), (9, 69)]
        await rig.until(lambda: math.isnan(rig.repairer.filled))
        assert rig.repairer.trouble == ""


@on_a_loop
async def test_progress_is_told_while_the_start_is_filled():
    """From nothing to all of it; a page that does not come leaves it where it stands."""
    past = Past()
    past.trade(*range(1, 101))
    async with repairing(past, preload_us=3_600 * SECOND) as rig:
        told = []
        await rig.until(lambda: told.append(rig.repairer.filled) or rig.n_missing == 0)
        seen = [part for part in told if not math.isnan(part)]
        assert seen == sorted(seen)
        assert seen[0] < 1.0


@on_a_loop
async def test_a_start_that_is_cancelled_is_booked_as_skipped():
    """What has come stays; the rest is no gap, and can be filled on demand later."""
    past = Past()
    past.trade(*range(1, 101))
    async with repairing(past, preload_us=3_600 * SECOND) as rig:
        await rig.until(lambda: rig.n_missing < 80)
        past.gate.clear()
        rig.repairer.cancel()
        assert rig.n_missing == 0
        assert math.isnan(rig.repairer.filled)
        past.gate.set()
        await rig.until(lambda: not rig.repairer.is_repairing)
        coverage = rig.store.coverage[VENUE]
        assert coverage.n_held(A) == 100 - coverage.n_skipped(A) < 100
        rig.repairer.fill()
        await rig.until(lambda: rig.held() == [(1, 100)])


@on_a_loop
async def test_what_was_skipped_is_filled_on_demand():
    """All of it, without a new window."""
    past = Past()
    past.trade(*range(1, 61))
    async with repairing(past, held=[1, 30], preload_us=5 * SECOND) as rig:
        await rig.repaired()
        assert rig.skipped() == [(2, 29), (31, 54)]
        rig.repairer.fill()
        assert 0.0 <= rig.repairer.filled <= 1.0
        await rig.repaired()
        assert rig.held() == [(1, 60)]
        assert rig.skipped() == []


@on_a_loop
async def test_a_connection_that_opens_is_asked_about():
    """What was missed before it is fetched, though no trade has come on it yet."""
    past = Past()
    past.trade(1, 2)
    async with repairing(past, held=[1, 2]) as rig:
        past.trade(3, 4, 5)
        rig.repairer.opened([A])
        await rig.until(lambda: rig.held() == [(1, 5)])
        assert rig.renewed == []


@on_a_loop
async def test_a_silent_symbol_is_asked_for(monkeypatch):
    """Its silence may be the connection's: half as often each time, and only while it is LIVE."""
    monkeypatch.setattr(followed, "QUIET_S", 0.05)
    past = Past()
    past.trade(1)
    async with repairing(past, held=[1]) as rig:
        n_asked = past.asked.count(("newest", A))
        await rig.rounds(10)
        assert past.asked.count(("newest", A)) == n_asked
        rig.repairer.is_live = True
        await rig.until(lambda: past.asked.count(("newest", A)) == n_asked + 2)
        assert watches(rig)[0].quiet_s == 0.2
        past.trade(2)
        await rig.until(lambda: rig.held() == [(1, 2)])
        rig.repairer.heard([A])
        assert watches(rig)[0].quiet_s == 0.05


@on_a_loop
async def test_a_connection_that_does_not_bring_a_symbol_is_replaced(monkeypatch):
    """Twice in a row its trades came over REST alone."""
    monkeypatch.setattr(followed, "QUIET_S", 0.03)
    past = Past()
    past.trade(1)
    async with repairing(past, held=[1]) as rig:
        rig.repairer.is_live = True
        for i in itertools.count(2):
            past.trade(i)
            await rig.until(lambda i=i: rig.held() == [(1, i)])
            if rig.renewed:
                break
        assert (i, rig.renewed) == (3, [A])


@pytest.mark.parametrize("is_by_id", [True, False])
@on_a_loop
async def test_ids_that_the_exchange_lacks_hold_up_no_others(is_by_id):
    """They stay missing, to be seen, and are asked for now and then; the rest is fetched."""
    past = Past(is_by_id=is_by_id)
    past.trade(*range(1, 41), *range(150, 161))
    async with repairing(past) as rig:
        hear(rig, 1, 40, 150, 160)
        await rig.until(lambda: rig.held() == [(1, 40), (150, 160)])
        assert rig.n_missing == 109
        n_asked = len(past.pages)
        await rig.until(lambda: len(past.pages) > n_asked)


@on_a_loop
async def test_trades_of_another_time_are_not_believed():
    """A page whose trades lie days from their neighbours is not what is missing."""
    past = Past()
    past.trade(1, 3)
    past.rows[A].insert(1, trade(2, 30 * 3_600 * SECOND))
    async with repairing(past) as rig:
        hear(rig, 1, 3)
        await rig.until(lambda: len(past.pages) >= 2)
        assert rig.held() == [(1, 1), (3, 3)]


@pytest.mark.parametrize("failure", [FeedError("no route to the host"), ValueError("a slip")])
@on_a_loop
async def test_a_failure_is_told_and_tried_again(failure):
    """Why what is missing does not come; silence once it has."""
    past = Past()
    past.trade(*range(1, 10))
    async with repairing(past) as rig:
        past.failure = failure
        hear(rig, 1, 9)
        await rig.until(lambda: str(failure) in rig.repairer.trouble)
        past.failure = None
        await rig.repaired()
        assert rig.repairer.trouble == ""


@on_a_loop
async def test_a_full_disk_is_waited_for_and_then_not(monkeypatch):
    """What could not be stored is fetched anew as soon as there is room, not after a pause."""
    monkeypatch.setattr(task, "AGAIN_S", 3_600.0)
    monkeypatch.setattr(task, "AGAIN_MOST_S", 3_600.0)
    past = Past()
    past.trade(*range(1, 10))
    async with repairing(past) as rig:
        rig.is_full = True
        hear(rig, 1, 9)
        await rig.until(lambda: "free some space" in rig.repairer.trouble)
        rig.is_full = False
        rig.repairer.forgive()
        await rig.repaired()


@on_a_loop
async def test_a_start_that_fails_is_begun_again():
    """The exchange cannot be asked yet: the window is filled once it can."""
    past = Past()
    past.trade(*range(1, 10))
    past.failure = FeedError("not now")
    with contextlib.closing(Store()) as store:
        rig = Rig(past, store, preload_us=3_600 * SECOND)
        rig.task = asyncio.create_task(rig.repairer.run())
        await rig.until(lambda: len(past.asked) >= 4)
        assert rig.begun == []
        past.failure = None
        await rig.until(lambda: rig.held() == [(1, 9)])
        rig.task.cancel()
        await asyncio.gather(rig.task, return_exceptions=True)


@on_a_loop
async def test_a_round_that_fails_is_not_the_last(monkeypatch, caplog):
    """It is logged, and the next one does its work."""
    past = Past()
    past.trade(*range(1, 10))
    async with repairing(past) as rig:
        of, left = rig.repairer._gap_age.of, [1]

        def stumble(*found):
            """Fail once."""
            if left:
                left.pop()
                raise ZeroDivisionError
            return of(*found)

        monkeypatch.setattr(rig.repairer._gap_age, "of", stumble)
        hear(rig, 1, 9)
        await rig.repaired()
    told = [record.getMessage() for record in caplog.records if record.name == "quantlive.repair"]
    assert told == ["the repairer stumbled"]
