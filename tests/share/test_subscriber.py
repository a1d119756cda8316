"""A viewer keeps its lease and its view, and says when the owner is gone."""

import asyncio
import json
from contextlib import closing

import pytest

from quantlive_nb.errors import StoreLost
from quantlive_nb.share import subscriber as follow
from quantlive_nb.share.client import RemoteStore
from quantlive_nb.share.server import find
from quantlive_nb.share.subscriber import Follower
from tests.owner import owner
from tests.tape import SECOND, trade

NOW = str(2**50)


@pytest.fixture
def served(tmp_path):
    """A database of another process, with two trades in it, and a view of it."""
    path = str(tmp_path / "t.duckdb")
    with owner(path) as process:
        process.say("append", json.dumps([trade(1), trade(2, SECOND)]))
        with closing(RemoteStore(path, find(path))) as store:
            yield process, store


async def until(condition):
    """Wait for something that happens elsewhere."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  another process gives no event
            await asyncio.sleep(0.01)


def test_it_wants_its_symbols_and_leaves(served):
    """What it wants is leased, changes at once, and is given back at the end."""
    process, store = served
    wanted = ["BTCUSDT", "ETHUSDT"]

    async def story():
        follower = Follower(store, lambda: tuple(wanted), lambda: None)
        task = asyncio.create_task(follower.run())
        await until(lambda: process.say("wanted", "0") == ["BTCUSDT", "ETHUSDT"])
        wanted[1] = "SOLUSDT"
        await until(lambda: process.say("wanted", "5") == ["BTCUSDT", "SOLUSDT"])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await until(lambda: process.say("wanted", "5") == [])

    asyncio.run(story())


def test_it_tells_what_is_new(served):
    """Each change at the owner's is told once, and the view is up to date by then."""
    process, store = served
    seen = []

    async def story():
        follower = Follower(
            store, tuple, lambda: seen.append(store.coverage["binance"].n_held("BTCUSDT"))
        )
        task = asyncio.create_task(follower.run())
        await asyncio.to_thread(process.say, "append", json.dumps([trade(3, 2 * SECOND)]))
        await until(lambda: seen and seen[-1] == 3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(story())


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_an_owner_that_is_gone_is_noticed(served, monkeypatch, how):
    """Killed, or alive and silent: either way it ends with the same error."""
    process, store = served
    monkeypatch.setattr(follow, "ANSWER_S", 0.5)

    async def story():
        task = asyncio.create_task(Follower(store, lambda: ("BTCUSDT",), lambda: None).run())
        await until(lambda: process.say("wanted", "0") == ["BTCUSDT"])
        if how == "kill":
            process.process.kill()
        else:
            process.process.send_signal(19)  # SIGSTOP
        with pytest.raises(StoreLost):
            await asyncio.wait_for(task, 20)
        process.process.kill()

    asyncio.run(story())
