"""One source at work: started, paused and stopped as a whole."""

import pytest

from quantlive_nb.alert import Rule
from quantlive_nb.errors import Closed, ReplayError
from quantlive_nb.health import FeedState
from quantlive_nb.interval import SECOND
from quantlive_nb.live.attachment import Attachment
from quantlive_nb.live.recording import Recording
from quantlive_nb.live.runtime.event_loop import LoopThread
from quantlive_nb.live.source import Options
from quantlive_nb.panel import Panel
from quantlive_nb.share.client import RemoteStore
from quantlive_nb.share.server import find
from quantlive_nb.types import PairSpec
from tests.lives import BOTH, INF, START_US, market, play, until, write_frames

WALK = [(2700.0 + i, 60000.0 + 10 * i) for i in range(6)]
RULE = Rule("up", "price", ">", 1.0, "ETHUSDT", "BTCUSDT")


@pytest.fixture
def loop():
    """A loop in its thread."""
    loop = LoopThread("session")
    yield loop
    loop.close()


@pytest.fixture
def session(tmp_path, loop):
    """A session that plays six seconds at once."""
    path = write_frames(tmp_path / "a.frames.jsonl.gz", market(WALK))
    session = Recording(Options(source=f"replay:{path}", speed=INF), {}, lambda: None)
    yield session
    session.stop()


def test_a_session_that_never_started_can_be_stopped(session):
    """Twice, too."""
    session.stop()
    session.stop()
    with pytest.raises(Closed):
        session.recorder.store.cursor()


def test_a_session_records_and_answers(session, loop):
    """Once its future is done, its tape has everything."""
    session.start(loop)
    session.future.result(10)

    assert session.ready() is session
    assert len(session.tape.bars("ETHUSDT", 1_000_000)) == 6
    assert session.recorder.state is FeedState.ENDED


def test_a_pause_ends_the_feed_and_leaves_the_answers(session, loop):
    """The store is still open."""
    session.start(loop)
    session.future.result(10)
    session.pause()
    session.pause()

    assert session.recorder.store.symbols() == ("BTCUSDT", "ETHUSDT")


def test_a_stop_can_leave_the_store_to_a_successor(session, loop):
    """The next session goes on with the trades of this one, and plays none of them twice."""
    session.start(loop)
    session.future.result(10)
    session.stop(keep_store=True)
    kept = session.recorder.attached
    successor = Recording(session.options, {}, lambda: None, kept)
    successor.start(loop)
    successor.future.result(10)

    assert successor.recorder.intake.n_stored == 0
    assert len(successor.tape.bars("ETHUSDT", 1_000_000)) == 6
    successor.stop()


def test_a_viewers_wish_reaches_the_repairer_of_the_owner(on_loopback, exchange, tmp_path):
    """Where a visitor looks is fetched first; after its own end a Live passes it over."""
    path = str(tmp_path / "t.duckdb")
    live = on_loopback(db=path).start()
    exchange.wait_subscribed(*BOTH)
    until(live, lambda: find(path) is not None)
    client = Attachment.follow(RemoteStore(path, find(path)))
    viewer = Recording(live.options, {}, lambda: None, client)
    repairer = live._session.recorder.repairer
    viewer.look_at(START_US)
    until(live, lambda: repairer.focus_us == START_US)
    viewer.look_at(None)
    until(live, lambda: repairer.focus_us is None)
    viewer.stop()
    live.close()

    live.look_at(START_US)


def test_what_fired_on_a_viewers_own_panel_stays(on_loopback, exchange, tmp_path):
    """The owner's firings come beside it, and do not take its place."""
    path = str(tmp_path / "t.duckdb")
    live = on_loopback(db=path).start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, [(100.0, 50.0)] * 4)
    until(live, lambda: find(path) is not None)
    panel = Panel("gap", PairSpec("ETHUSDT", "BTCUSDT", SECOND), lambda y, x: y - x)
    store = RemoteStore(path, find(path))
    while min(store.newest.values(), default=0) < START_US + 3 * SECOND:
        store.refresh(5.0)
    attached = Attachment.follow(store)
    viewer = Recording(live.options, {"gap": panel}, lambda: None, attached)
    rule = Rule("mine", "panel:gap", ">", 0.0, "ETHUSDT", "BTCUSDT")
    viewer.watcher.add(rule, since_us=0)
    viewer.watcher.round()
    viewer.recorder.n_alerts += 1
    viewer.watcher.round()
    (event,) = viewer.watcher.events
    viewer.stop()

    assert event.rule == "mine"
    assert [len(log.recent) for log in viewer.watcher.logs] == [0, 1]


def test_rules_carried_along_are_watched_from_the_beginning(session, loop):
    """A rule of the session before judges every bar of the new source, however fast it comes."""
    session.start(loop)
    session.future.result(10)
    session.carry((RULE,))
    session.watcher.round()

    (status,) = session.watcher.statuses()
    assert status.n_fired == 1
    assert session.watcher.events[0].value == WALK[0][0]


def test_a_rule_that_the_database_has_is_not_replaced(session, loop):
    """The one that was kept has its history; the one carried along would forget it."""
    session.start(loop)
    session.future.result(10)
    session.ready().watcher.add(RULE, since_us=0)
    session.watcher.round()
    session.carry((RULE,))

    assert session.watcher.statuses()[0].n_fired == 1


def test_a_recording_that_cannot_be_read_makes_no_session(tmp_path):
    """The constructor says so, and nothing runs."""
    with pytest.raises(ReplayError):
        Recording(Options(source=f"replay:{tmp_path}/none"), {}, lambda: None)
