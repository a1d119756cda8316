"""Errands: once at a time, later again when in vain, and never silently lost."""

import asyncio
import contextlib

from quantlive_nb.errors import FeedError
from quantlive_nb.live.repair import task_pool
from quantlive_nb.live.repair.task_pool import TaskPool
from tests.rig import on_a_loop

KEY = ("A", 1)


@contextlib.asynccontextmanager
async def doing():
    """Errands, which are ended with the test, and an event that says when one has."""
    ended = asyncio.Event()
    tasks = TaskPool(ended.set)
    try:
        yield tasks, ended
    finally:
        await tasks.aclose()


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
    async with doing() as (tasks, ended):
        counts, go = [], asyncio.Event()

        async def record():
            counts.append(1)
            await go.wait()

        for _ in range(3):
            tasks.start(KEY, record)
        tasks.start(("A", 2), record)
        await asyncio.sleep(0)
        assert tasks.count(lambda _: True) == len(counts) == 2
        go.set()
        await ended.wait()
        await asyncio.sleep(0)
        tasks.start(KEY, record)
        await asyncio.sleep(0)
        assert len(counts) == 3


@on_a_loop
async def test_a_failure_is_kept_and_waited_after(monkeypatch):
    """Its sentence is there to be shown, and the same is not tried again at once."""
    monkeypatch.setattr(task_pool, "AGAIN_S", 3_600.0)
    async with doing() as (tasks, ended):
        counts = []
        tasks.start(KEY, failing(FeedError("binance cannot be asked")))
        await ended.wait()
        assert tasks.trouble == "binance cannot be asked"
        tasks.start(KEY, counting(counts))
        await asyncio.sleep(0.01)
        assert counts == []
        tasks.forgive()
        ended.clear()
        tasks.start(KEY, counting(counts))
        await ended.wait()
        assert counts == [1]
        assert tasks.trouble == ""


@on_a_loop
async def test_a_failure_that_nobody_foresaw_is_shown_too(caplog):
    """It is logged whole, told in a line, and waited after like any other."""
    async with doing() as (tasks, ended):
        tasks.start(KEY, failing(ZeroDivisionError("division by zero")))
        await ended.wait()
        assert tasks.trouble == "ZeroDivisionError: division by zero"
        assert tasks._pauses[KEY][1] == task_pool.AGAIN_S
        await asyncio.sleep(0)
        assert tasks.count(lambda _: True) == 0
    assert [record.getMessage() for record in caplog.records] == ["a task failed"]


@on_a_loop
async def test_each_vain_attempt_doubles_the_pause(monkeypatch):
    """Up to a limit; what succeeded begins anew."""
    monkeypatch.setattr(task_pool, "AGAIN_S", 1.0)
    monkeypatch.setattr(task_pool, "AGAIN_MOST_S", 3.0)
    async with doing() as (tasks, _):
        pauses = []
        for _ in range(4):
            tasks.later(KEY)
            pauses.append(tasks._pauses[KEY][1])
        assert pauses == [1.0, 2.0, 3.0, 3.0]
        tasks.well(KEY)
        tasks.later(KEY)
        assert tasks._pauses[KEY][1] == 1.0


@on_a_loop
async def test_closing_ends_what_runs():
    """Work that would go on for ever is cancelled, and nothing is left in the loop."""
    async with doing() as (tasks, _):
        tasks.start(KEY, asyncio.Event().wait)
        await asyncio.sleep(0)
        await tasks.aclose()
        assert asyncio.all_tasks() == {asyncio.current_task()}
