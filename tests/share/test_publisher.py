"""The owner publishes what it does, streams what clients subscribe to, executes commands."""

import asyncio
import contextlib
import json
from contextlib import closing

import numpy as np
import pytest

from quantlive_nb.errors import StoreError
from quantlive_nb.health import FeedState, Health
from quantlive_nb.share import publisher as room
from quantlive_nb.share.client import RemoteStore
from quantlive_nb.share.message import CancelFill, LookAt
from quantlive_nb.share.publisher import Owner
from quantlive_nb.share.remote_cursor import RemoteCursor
from quantlive_nb.share.server import find, word
from quantlive_nb.store import BarReader, Store
from tests.tape import SECOND, START, batch, trade

FOREVER = 2**52
HEALTH = Health(FeedState.LIVE, "binance", symbols=("BTCUSDT",), trades_per_s=7.0)


class Scene:
    """An owner at work, a viewer, and what the owner was told to do."""

    def __init__(self, store):
        self.store, self.health = store, HEALTH
        self.streamed, self.commands, self.n_alerts = [], [], 0
        self.owner = Owner(
            store,
            lambda: self.health,
            lambda: START,
            self.streamed.append,
            self.commands.append,
            n_alerts=lambda: self.n_alerts,
        )

    async def until(self, condition, timeout_s=60.0):
        """Wait for something that the owner does in its rounds."""
        async with asyncio.timeout(timeout_s):
            while not condition():  # noqa: ASYNC110  a round gives no event
                await asyncio.sleep(0.01)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a story with an owner at work."""
    monkeypatch.setattr(room, "ROUND_S", 0.01)

    def run(story):
        async def play():
            with closing(Store(tmp_path / "t.duckdb")) as store:
                store.append(batch(trade(1), trade(2, SECOND)))
                scene = Scene(store)
                task = asyncio.create_task(scene.owner.run())
                try:
                    await scene.until(lambda: find(store.path) is not None or task.done())
                    await story(scene)
                finally:
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task

        asyncio.run(play())

    return run


def viewer(scene):
    """A view of the shared store, closed with the block."""
    return closing(RemoteStore(scene.store.path, find(scene.store.path)))


def test_what_changes_is_told(run):
    """Health, coverage, newest times and alerts reach a viewer without a question to the tables."""

    async def story(scene):
        with viewer(scene) as view:
            await scene.until(lambda: view.refresh() or view.snapshot.source)
            assert view.snapshot.status.trades_per_s == 7.0
            assert view.coverage == scene.store.coverage
            scene.health = HEALTH.but(state=FeedState.DOWN, reason="binance: away")
            scene.n_alerts = 3
            scene.store.append(batch(trade(3, 2 * SECOND)))
            await scene.until(lambda: view.refresh() and view.snapshot.n_alerts == 3)
            assert view.snapshot.status.reason == "binance: away"
            assert view.newest["binance", "BTCUSDT"] == START + 2 * SECOND

    run(story)


def test_who_finds_it_hears_at_once(tmp_path):
    """However busy the owner's loop is: how things stand is told before its first round."""
    with closing(Store(tmp_path / "t.duckdb")) as store:
        store.append(batch(trade(1)))
        scene = Scene(store)
        with closing(scene.owner._open()), viewer(scene) as view:
            assert view.snapshot.status.trades_per_s == 7.0
            assert view.newest["binance", "BTCUSDT"] == START


def test_leased_symbols_are_streamed_until_the_lease_ends(run):
    """The union of what viewers want is lent, and taken back."""

    async def story(scene):
        with viewer(scene) as view:
            view.subscribe("one", ["SOLUSDT"], FOREVER)
            view.subscribe("two", ["SOLUSDT", "ETHUSDT"], FOREVER)
            await scene.until(lambda: scene.streamed and len(scene.streamed[-1]) == 2)
            assert scene.streamed[-1] == ("ETHUSDT", "SOLUSDT")
            assert scene.owner.n_viewers == 2
            view.subscribe("two", ["SOLUSDT", "ETHUSDT"], 0)
            await scene.until(lambda: scene.streamed[-1] == ("SOLUSDT",))

    run(story)


def test_commands_are_handed_on(run):
    """In the order in which they were said, once each."""

    async def story(scene):
        with viewer(scene) as view:
            for n in range(3):
                view.send(LookAt(n))
            await scene.until(lambda: len(scene.commands) == 3)

        assert scene.commands == [LookAt(0), LookAt(1), LookAt(2)]

    run(story)


@pytest.mark.parametrize(
    "told",
    [
        "00",
        "7b",
        "5b5d",
        "7b7d",
        "22",
        "5b" * 900,
        b'{"type":"fill","version":9}'.hex(),
        b'{"type":"fill","version":1,"back_us":-5}'.hex(),
        b'{"type":"drop","version":1}'.hex(),
    ],
)
def test_a_command_that_makes_no_sense_ends_nothing(run, told):
    """It is passed over, and the next one is heard."""

    async def story(scene):
        with viewer(scene) as view:
            view.cursor().execute(f"INSERT INTO now.main.command VALUES ('{told}')")
            view.send(CancelFill())
            await scene.until(lambda: CancelFill() in scene.commands)
            assert scene.commands == [CancelFill()]
            assert not scene.owner.trouble

    run(story)


def test_leases_have_a_bound(run, monkeypatch):
    """Whoever wants a thousand symbols is not streamed a thousand."""
    monkeypatch.setattr(room, "MOST_SYMBOLS", 3)

    async def story(scene):
        with viewer(scene) as view:
            view.subscribe("greedy", [f"S{i}" for i in range(9)], FOREVER)
            await scene.until(lambda: scene.streamed and scene.owner.n_viewers)
            assert len(scene.streamed[-1]) == 3

    run(story)


@pytest.mark.parametrize("how", ["quack_stop", "a round", "the file"])
def test_a_share_that_is_gone_is_opened_anew(run, monkeypatch, how):
    """Whatever ended it: it is said while it lasts, and a viewer finds it again."""
    monkeypatch.setattr(room, "CHECK_S", 0.0)
    monkeypatch.setattr(room, "LEAST_S", 0.01)

    async def story(scene):
        before = find(scene.store.path)
        troubles = []
        fail = scene.owner._fail
        monkeypatch.setattr(
            scene.owner, "_fail", lambda exc: (fail(exc), troubles.append(scene.owner.trouble))
        )
        if how == "quack_stop":
            stop = scene.store.cursor().execute("CALL quack_stop(?)", [before.url])
            await asyncio.to_thread(stop.fetchall)
        elif how == "a round":
            monkeypatch.setattr(scene.owner, "_n_alerts", raise_once(scene.owner._n_alerts))
        else:
            (word(scene.store.path)).unlink()
            await scene.until(lambda: find(scene.store.path) == before)
            return
        await scene.until(lambda: troubles and (find(scene.store.path) or before) != before)
        assert "is not shared" in troubles[0]
        assert "it is tried again" in troubles[0]
        with viewer(scene) as view:
            view.send(CancelFill())
            await scene.until(lambda: scene.commands)
        await scene.until(lambda: not scene.owner.trouble)

    run(story)


def raise_once(then):
    """A function that fails the first time."""
    state = iter([True])

    def number():
        if next(state, False):
            raise ZeroDivisionError
        return then()

    return number


def test_repairs_are_told_one_by_one(run):
    """A viewer hears of each trade that was written into the past, and when there were too many."""

    async def story(scene):
        heard = []
        with viewer(scene) as view:
            view.on_late.append(lambda *late: heard.append(late))
            scene.store.append(batch(trade(9, 60 * SECOND)))
            scene.store.append(batch(trade(5, 5 * SECOND)))
            await scene.until(lambda: view.refresh() or heard)
        assert heard == [("binance", "BTCUSDT", START + 5 * SECOND)]

    run(story)


@pytest.mark.parametrize("every", [SECOND, 3 * SECOND, SECOND // 2])
def test_a_viewer_is_told_the_newest_seconds(run, monkeypatch, every):
    """Its bars are the owner's, whatever is stored, repairs too; it asks only for what is older."""
    asked = []
    execute = RemoteCursor.execute

    def noted(cursor, query, params=()):
        asked.append(query)
        return execute(cursor, query, params)

    async def story(scene):
        with viewer(scene) as view:
            view.subscribe("me", ["BTCUSDT"], FOREVER)
            there, here = BarReader(view), BarReader(scene.store)
            monkeypatch.setattr(RemoteCursor, "execute", noted)
            for i, at_us in enumerate((3, 4, 5, 6, 6.5, 5.2, 7, 2.5, 8, 30, 31), start=3):
                scene.store.append(batch(trade(i, int(at_us * SECOND), price=str(100 + i))))
                newest_us = scene.store.newest["binance", "BTCUSDT"]
                await scene.until(lambda i=i: view.refresh() or is_told(view, i))
                looks = [
                    reader.bars("binance", "BTCUSDT", every, now_us=newest_us, start_us=START)
                    for reader in (there, here)
                ]
                for name in looks[0].__slots__[3:]:
                    np.testing.assert_allclose(*(getattr(bars, name) for bars in looks), 1e-12)

    def is_told(view, i):
        tail = view.recent_bars("binance", "BTCUSDT")
        return tail is not None and view.coverage["binance"].touches("BTCUSDT", i, i)

    run(story)
    n_questions = sum("FROM trades" in query for query in asked)
    assert n_questions < 9 if every % SECOND == 0 else n_questions >= 11


def test_a_database_that_cannot_be_shared_is_recorded_all_the_same(tmp_path, monkeypatch):
    """The owner says why, and ends without a noise."""
    monkeypatch.setattr(
        room, "Share", lambda store: (_ for _ in ()).throw(StoreError(store.path, "no extension"))
    )
    with closing(Store(tmp_path / "t.duckdb")) as store:
        scene = Scene(store)
        asyncio.run(scene.owner.run())

        assert scene.owner.trouble.endswith("no extension")
        assert scene.owner._note not in store.on_late


def test_it_ends_without_leaving_its_word(run, tmp_path):
    """Cancelled in the middle of its work: nobody is sent to a place where nobody is."""

    async def story(scene):
        assert json.loads((tmp_path / "t.duckdb.share").read_text())["pid"]

    run(story)
    assert not (tmp_path / "t.duckdb.share").exists()
