"""Errands: once at a time, later again when in vain, and never silently lost."""

import asyncio
import contextlib

from quantlive_nb.errors import FeedError
from quantlive_nb.live.repair import task_pool as errand
from quantlive_nb.live.repair.task_pool import TaskPool
from tests.rig import on_a_loop

KEY = ("A", 1)


@contextlib.asynccontextmanager
async def doing():
    """Errands, which are ended with the test, and an event that says when one has."""
    ended = asyncio.Event()
    errands = TaskPool(ended.set)
    try:
        yield errands, ended
    finally:
        await errands.aclose()


def failing(error):
    """Work that fails."""

    async def record():
        raise error

    return record


def counting(counts):
    """Work that counts how often it was done."""

    async def record():
        counts.append(1)

    return record


@on_a_loop
async def test_the_same_is_done_once_at_a_time():
    """Started again while it runs: nothing more happens; when it has ended, it may be again."""
    async with doing() as (errands, ended):
        counts, go = [], asyncio.Event()

        async def record():
            counts.append(1)
            await go.wait()

        for _ in range(3):
            errands.start(KEY, record)
        errands.start(("A", 2), record)
        await asyncio.sleep(0)
        assert errands.count(lambda _: True) == len(counts) == 2
        go.set()
        await ended.wait()
        await asyncio.sleep(0)
        errands.start(KEY, record)
        await asyncio.sleep(0)
        assert len(counts) == 3


@on_a_loop
async def test_a_failure_is_kept_and_waited_after(monkeypatch):
    """Its sentence is there to be shown, and the same is not tried again at once."""
    monkeypatch.setattr(errand, "AGAIN_S", 3_600.0)
    async with doing() as (errands, ended):
        counts = []
        errands.start(KEY, failing(FeedError("binance cannot be asked")))
        await ended.wait()
        assert errands.trouble == "binance cannot be asked"
        errands.start(KEY, counting(counts))
        await asyncio.sleep(0.01)
        assert counts == []
        errands.forgive()
        ended.clear()
        errands.start(KEY, counting(counts))
        await ended.wait()
        assert counts == [1]
        assert errands.trouble == ""


@on_a_loop
async def test_a_failure_that_nobody_foresaw_is_shown_too(caplog):
    """It is logged whole, told in a line, and waited after like any other."""
    async with doing() as (errands, ended):
        errands.start(KEY, failing(ZeroDivisionError("division by zero")))
        await ended.wait()
        assert errands.trouble == "ZeroDivisionError: division by zero"
        assert errands._pauses[KEY][1] == errand.AGAIN_S
        await asyncio.sleep(0)
        assert errands.count(lambda _: True) == 0
    assert [record.getMessage() for record in caplog.records] == ["an errand failed"]


@on_a_loop
async def test_each_vain_attempt_doubles_the_pause(monkeypatch):
    """Up to a limit; what succeeded begins anew."""
    monkeypatch.setattr(errand, "AGAIN_S", 1.0)
    monkeypatch.setattr(errand, "AGAIN_MOST_S", 3.0)
    async with doing() as (errands, _):
        pauses = []
        for _ in range(4):
            errands.later(KEY)
            pauses.append(errands._pauses[KEY][1])
        assert pauses == [1.0, 2.0, 3.0, 3.0]
        errands.well(KEY)
        errands.later(KEY)
        assert errands._pauses[KEY][1] == 1.0


@on_a_loop
async def test_closing_ends_what_runs():
    """Work that would go on for ever is cancelled, and nothing is left in the loop."""
    async with doing() as (errands, _):
        errands.start(KEY, asyncio.Event().wait)
        await asyncio.sleep(0)
        await errands.aclose()
        assert asyncio.all_tasks() == {asyncio.current_task()}
