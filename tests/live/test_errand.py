"""Errands: once at a time, later again when in vain, and never silently lost."""

import asyncio

import pytest

from quantlive_nb.errors import FeedError
from quantlive_nb.live import errand
from quantlive_nb.live.errand import Errands

KEY = ("A", 1)


@pytest.fixture
def run():
    """Run a story with errands, which are ended with it."""

    def run(story):
        async def play():
            ended = asyncio.Event()
            errands = Errands(ended.set)
            try:
                await story(errands, ended)
            finally:
                await errands.aclose()

        asyncio.run(play())

    return run


def failing(error):
    """Work that fails."""

    async def work():
        raise error

    return work


def counting(counts):
    """Work that counts how often it was done."""

    async def work():
        counts.append(1)

    return work


def test_the_same_is_done_once_at_a_time(run):
    """Started again while it runs: nothing more happens; when it has ended, it may be again."""

    async def story(errands, ended):
        counts, go = [], asyncio.Event()

        async def work():
            counts.append(1)
            await go.wait()

        for _ in range(3):
            errands.start(KEY, work)
        errands.start(("A", 2), work)
        await asyncio.sleep(0)
        assert errands.count(lambda _: True) == len(counts) == 2
        go.set()
        await ended.wait()
        await asyncio.sleep(0)
        errands.start(KEY, work)
        await asyncio.sleep(0)
        assert len(counts) == 3

    run(story)


def test_a_failure_is_kept_and_waited_after(run, monkeypatch):
    """Its sentence is there to be shown, and the same is not tried again at once."""
    monkeypatch.setattr(errand, "AGAIN_S", 3_600.0)

    async def story(errands, ended):
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

    run(story)


def test_each_vain_attempt_doubles_the_pause(run, monkeypatch):
    """Up to a limit; what succeeded begins anew."""
    monkeypatch.setattr(errand, "AGAIN_S", 1.0)
    monkeypatch.setattr(errand, "AGAIN_MOST_S", 3.0)

    async def story(errands, _):
        pauses = []
        for _ in range(4):
            errands.later(KEY)
            pauses.append(errands._pauses[KEY][1])
        assert pauses == [1.0, 2.0, 3.0, 3.0]
        errands.well(KEY)
        errands.later(KEY)
        assert errands._pauses[KEY][1] == 1.0

    run(story)


def test_closing_ends_what_runs(run):
    """Work that would go on for ever is cancelled, and nothing is left in the loop."""

    async def story(errands, _):
        errands.start(KEY, asyncio.Event().wait)
        await asyncio.sleep(0)
        await errands.aclose()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(story)
