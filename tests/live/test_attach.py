"""Whose database it is: ours, another process's that shares it, or another's that does not."""

import os
import subprocess
import sys
from contextlib import closing

import pytest

from quantlive_nb import Settings
from quantlive_nb.errors import StoreBusy, StoreError
from quantlive_nb.health import FeedState
from quantlive_nb.live import attach as station
from quantlive_nb.live.source import default_db
from quantlive_nb.share.server import find
from quantlive_nb.store import Store
from quantlive_nb.store.verify import verify
from tests.lives import BOTH, SECOND, START_US, play, until
from tests.recording import recorder

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
    monkeypatch.setattr(station, "BUSY_S", 0.0)
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


SETTINGS = Settings("ETHUSDT", "BTCUSDT")


@pytest.fixture
def shared(exchange, tmp_path):
    """A recorder in a process of its own, whose database others may read."""
    path = tmp_path / "t.duckdb"
    with recorder(exchange, path) as process:
        exchange.wait_subscribed(*BOTH, timeout=30)
        yield str(path), process


def follow(live, path):
    """Wait until a Live views what another process records."""
    until(live, lambda: "viewing what process" in live.health().role)
    assert live.health().role.endswith(f"records into {path}")


def trade_on(exchange, live, prices, first_s=0):
    """Trade both legs once a second; wait until the Live shows the newest prices."""
    for i, (y, x) in enumerate(prices, start=first_s):
        for symbol, price in (("BTCUSDT", x), ("ETHUSDT", y)):
            exchange.trade(symbol, f"{price:.2f}", "1", ts_ms=START_US // 1_000 + 1_000 * i)
    until(live, lambda: shown(live) == prices[-1][0])


def shown(live):
    """The last price of Y on a page of this Live; None while there is none."""
    bars = live.frame(SETTINGS).y
    return bars.close[-1] if len(bars) else None


def test_a_database_that_is_shared_is_viewed(on_loopback, exchange, shared):
    """Prices, alerts and SQL of the recorder's, over one connection to the exchange."""
    path, process = shared
    live = on_loopback(db=path).start()
    follow(live, path)
    trade_on(exchange, live, WALK)
    live.alert("up", "price > 2704", cooldown="1s")
    until(live, lambda: [status.rule.name for status in live.alerts()] == ["up"])
    trade_on(exchange, live, [(2710.0, 60000.0), (2711.0, 60000.0)], first_s=6)
    until(live, live.events)

    assert live.events()[0].rule == "up"
    assert live.sql("SELECT count(*) AS n FROM trades").n.item() == 16
    assert live.health().state is FeedState.LIVE
    assert live.health().n_missing == 0
    assert exchange.n_connections == 1
    live.remove_alert("up")
    until(live, lambda: live.alerts() == ())
    assert process.poll() is None


def test_a_symbol_that_a_viewer_wants_is_streamed_for_him(on_loopback, exchange, shared):
    """The recorder adds it to its one connection, and drops it when the viewer is gone."""
    path, _ = shared
    live = on_loopback("BTCUSDT", "ETHUSDT", "SOLUSDT", db=path).start()
    follow(live, path)
    exchange.wait_subscribed(*BOTH, "solusdt@trade", timeout=30)
    live.close()
    exchange.wait_until(lambda: exchange.streams == set(BOTH), 30, "the symbol dropped")

    assert exchange.n_connections == 1


def test_a_viewer_becomes_the_owner_when_there_is_none(on_loopback, exchange, shared):
    """kill -9 of the recorder: the page goes on, nothing is lost, and it is shared again."""
    path, process = shared
    live = on_loopback(db=path).start()
    follow(live, path)
    trade_on(exchange, live, WALK)
    process.kill()
    process.wait()
    for i in (6, 7):  # nobody hears these
        exchange.trade("BTCUSDT", "60100", "1", ts_ms=START_US // 1_000 + 1_000 * i)
        exchange.trade("ETHUSDT", "2720", "1", ts_ms=START_US // 1_000 + 1_000 * i)
    until(live, lambda: live.health().role == f"recording into {path}")
    exchange.wait_subscribed(*BOTH, timeout=30)
    trade_on(exchange, live, [(2730.0, 60200.0)], first_s=8)
    until(live, lambda: live.health().n_held == 18 and not live.health().n_missing)
    until(live, lambda: find(path) is not None)

    assert find(path).pid == os.getpid()
    assert exchange.n_open == 1
    live.close()
    with closing(Store(path, read_only=True)) as store:
        assert all(verdict.is_whole for verdict in verify(store))


def test_where_there_is_a_supervisor_no_viewer_takes_its_place(
    on_loopback, exchange, shared, monkeypatch
):
    """It waits for the next recorder, and views that one."""
    path, process = shared
    monkeypatch.setenv("QUANTLIVE_SUPERVISED", path)
    live = on_loopback(db=path).start()
    follow(live, path)
    trade_on(exchange, live, WALK)
    process.kill()
    process.wait()
    until(live, lambda: live.health().reason == "the recorder moved")
    assert live.health().state is not FeedState.LIVE
    with recorder(exchange, path) as successor:
        until(live, lambda: f"process {successor.pid} records" in live.health().role)
        exchange.wait_subscribed(*BOTH, timeout=30)
        trade_on(exchange, live, [(2730.0, 60200.0)], first_s=8)


def test_another_markets_recorder_is_not_viewed(on_loopback, exchange, shared, monkeypatch):
    """Its numbers are not this market's: this Live records in memory, and names the process."""
    monkeypatch.setattr(station, "BUSY_S", 0.0)
    path, process = shared
    until(on_loopback(), lambda: find(path) is not None)
    live = on_loopback(db=path, source="binance-us").start()
    until(live, lambda: live.health().role.startswith("recording in memory"))

    assert f"process {process.pid} is recording into it" in live.health().role
