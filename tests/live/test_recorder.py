"""One recording: what it stores, what it says of itself, and where it goes on."""

import subprocess
import sys

import pytest

from quantlive_nb import Live, Settings
from quantlive_nb.errors import StoreBusy, StoreError
from quantlive_nb.health import FeedState
from quantlive_nb.live import recorder
from quantlive_nb.live.source import default_db
from quantlive_nb.store import Store
from tests.lives import BOTH, INF, SECOND, START_US, market, play, until, write_frames

WALK = [(2700.0 + i, 60000.0 + 10 * i) for i in range(6)]
OWNER = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"


@pytest.fixture
def owned(tmp_path):
    """A database that another process owns, and that process."""
    path = tmp_path / "owned.duckdb"
    command = [sys.executable, "-c", OWNER, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True) as process:
        assert process.stdout.readline() == "open\n"
        yield path, process.pid
        process.communicate("\n")


def test_what_was_not_understood_is_counted(on_loopback, exchange):
    """Garbage on the socket is neither stored nor fatal."""
    live = on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    exchange.send("{]")
    play(exchange, live, WALK)

    assert live.health().n_rejected == 1
    assert live.state.value == "running"


def test_missing_ids_are_counted(on_loopback, exchange):
    """Three ids that were never sent are three missing trades, in health and in its line."""
    live = on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    exchange.trade("BTCUSDT", "1", "1", trade_id=10)
    exchange.trade("BTCUSDT", "1", "1", trade_id=14)
    until(live, lambda: live.health().n_trades == 2)

    assert live.health().n_missing == 3
    assert "missing 3" in repr(live)


def test_a_lost_connection_is_down_and_comes_back(on_loopback, exchange):
    """DOWN says why, market time stands still, and the next trade makes it LIVE."""
    live = on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, WALK)
    exchange.drop()
    until(live, lambda: live.health().state is FeedState.DOWN)
    assert "binance: the connection was lost; trying again in" in live.health().reason
    exchange.wait_connected(n=2)
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, WALK, first_s=6)

    assert live.health().state is FeedState.LIVE
    assert live.bars("BTCUSDT", "1s").n_trades.tolist() == [1] * 12


def test_history_shows_at_once_after_a_restart(on_loopback, exchange, tmp_path):
    """Before the exchange says a word the page has what was recorded, and no invented bar."""
    path = str(tmp_path / "t.duckdb")
    live = on_loopback(db=path).start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, WALK)
    live.close()
    exchange.refuse(503)
    live = on_loopback(db=path).start()
    assert live.alerts() == ()
    frame = live.frame(Settings("ETHUSDT", "BTCUSDT"))

    assert frame.loading == ""
    assert frame.y.close.tolist() == [y for y, _ in WALK]
    assert frame.now_us - START_US == pytest.approx(5 * SECOND, abs=1_000)
    assert live.health().role == f"recording into {path}"


def test_a_database_of_another_process_is_told_with_its_pid(
    on_loopback, exchange, owned, monkeypatch
):
    """This kernel records in memory, says so in one sentence, and its page works."""
    monkeypatch.setattr(recorder, "BUSY_S", 0.0)
    path, pid = owned
    live = on_loopback(db=str(path)).start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, WALK)

    assert live.health().role == f"recording in memory: {path}: process {pid} is recording into it"
    assert len(live.bars("ETHUSDT", "1s")) == 6
    live.stop()
    live.start()
    assert live.alerts() == ()
    assert live.health().role == "recording in memory"


def test_a_recorder_that_must_own_its_database_fails_instead(on_loopback, owned):
    """The headless recorder does not pretend."""
    path, pid = owned
    live = on_loopback(db=str(path), must_own=True).start()
    with pytest.raises(StoreBusy, match=f"process {pid} is recording into it"):
        live.join(10)


def test_a_database_that_is_still_being_closed_is_waited_for(on_loopback, tmp_path):
    """A page that is reloaded gets the file of its elder, not a memory of its own."""
    path = tmp_path / "t.duckdb"
    elder = Store(path)
    live = on_loopback(db=str(path)).start()
    assert not live.join(0.1)
    elder.close()
    until(live, lambda: live.health().role == f"recording into {path}")


@pytest.mark.parametrize("name", ["none/t.duckdb", "text.duckdb", "."])
def test_a_database_that_cannot_be_opened_is_told_in_one_sentence(on_loopback, tmp_path, name):
    """No folder, no database, a folder: FAILED, with what to do."""
    (tmp_path / "text.duckdb").write_text("not a database, " * 1000)
    live = on_loopback(db=str(tmp_path / name)).start()
    with pytest.raises(StoreError) as caught:
        live.join(10)

    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / name).removesuffix("/."))
    assert live.health().reason == str(caught.value)


def test_the_folder_of_the_default_database_is_made(on_loopback):
    """A first user has no data folder yet."""
    live = on_loopback(db="").start()
    until(live, lambda: live.health().role == f"recording into {default_db()}")


def test_an_exchange_that_cannot_list_its_symbols_is_streamed_all_the_same(on_loopback, exchange):
    """The list is a courtesy."""
    live = on_loopback("BTCUSDT", "ETHUSDT", rest_url="http://127.0.0.1:9").start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, WALK)

    assert live.listed() == ("BTCUSDT", "ETHUSDT")


def test_a_replay_that_was_stopped_goes_on_where_it_stood(tmp_path):
    """Nothing is played twice, nothing is left out, and no bar is invented after the end."""
    path = write_frames(tmp_path / "a.frames.jsonl.gz", market(WALK * 3))
    live = Live(source=f"replay:{path}", speed=20).start()
    until(live, lambda: live.health().n_trades >= 4)
    live.stop()
    n_before = live.health().n_trades
    live.start()
    assert live.join(10)

    assert 4 <= n_before < 36
    assert n_before + live.health().n_trades == 36
    assert live.bars("ETHUSDT", "1s").close.tolist() == [y for y, _ in WALK] * 3


def test_a_recording_that_is_held_already_ends_at_once(tmp_path):
    """Replaying into the same file twice leaves it as it was."""
    path = write_frames(tmp_path / "a.frames.jsonl.gz", market(WALK))
    options = {"source": f"replay:{path}", "speed": INF, "db": str(tmp_path / "t.duckdb")}
    counts = []
    for _ in range(2):
        live = Live(**options).start()
        assert live.join(10)
        counts.append((live.health().n_trades, len(live.sql("FROM trades"))))

    assert counts == [(12, 12), (0, 12)]


def test_the_simulated_market_goes_on_after_a_restart(tmp_path):
    """Ids continue without a gap, and no second past is made up."""
    counts = []
    for _ in range(2):
        live = Live(source="simulated", db=str(tmp_path / "s.duckdb")).start()
        until(live, lambda live=live: live.health().n_trades > 0)
        live.close()
        counts.append(live.health())

    assert counts[0].n_trades > 10_000
    assert counts[1].n_trades < 1_000
    assert counts[1].n_missing == 0
