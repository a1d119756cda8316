"""One recording: what it stores, what it says of itself, and where it goes on."""

import subprocess
import sys
import time
from contextlib import closing

from quantlive_nb import Live
from quantlive_nb.health import FeedState
from quantlive_nb.live import State
from quantlive_nb.share.server import find
from quantlive_nb.store import Store
from quantlive_nb.store.file.export import export_trades
from quantlive_nb.testing import LoopbackExchange
from tests.conftest import ROOT
from tests.lives import BOTH, INF, START_MS, endpoints, market, play, until, write_frames
from tests.tape import batch, trade

WALK = [(2700.0 + i, 60000.0 + 10 * i) for i in range(6)]


def test_what_was_not_understood_is_counted(on_loopback, exchange):
    """Garbage on the socket is neither stored nor fatal."""
    live = on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    exchange.send("{]")
    play(exchange, live, WALK)
    until(live, lambda: live.health().n_rejected)  # a batch is counted once it is stored

    assert live.health().n_rejected == 1
    assert live.state.value == "running"


def test_missing_ids_are_counted(on_loopback, exchange):
    """Three ids that were never sent are three missing trades, in health and in its line."""
    live = on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    exchange.trade("BTCUSDT", "1", "1", trade_id=10)
    exchange.trade("BTCUSDT", "1", "1", trade_id=14)
    until(live, lambda: live.health().n_trades == 2)
    until(live, lambda: live.health().state is FeedState.LIVE)  # said once they are stored

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


def test_a_halted_symbol_ends_no_recording(on_loopback, exchange):
    """The others are recorded, the halted one is named, and recorded once it trades again."""
    exchange.halt("SOLUSDT")
    live = on_loopback("BTCUSDT", "ETHUSDT", "SOLUSDT").start()
    exchange.wait_subscribed(*BOTH, "solusdt@trade")
    play(exchange, live, WALK)
    assert live.health().state is FeedState.LIVE
    assert live.health().trouble.startswith("SOLUSDT is halted at binance: it is recorded as soon")
    exchange.trade("SOLUSDT", "1", "1")
    until(live, lambda: not live.health().trouble)

    assert len(live.sql("from trades where symbol = 'SOLUSDT'")) == 1


def test_a_symbol_that_is_listed_no_more_ends_no_recording_of_the_others(exchange, tmp_path):
    """It was recorded before: a recorder that is started again names it, and goes on."""
    options = {"db": str(tmp_path / "t.duckdb"), **endpoints(exchange)}
    with LoopbackExchange(symbols=["GONEUSDT"]) as before:
        live = Live("GONEUSDT", **{**options, **endpoints(before)}).start()
        before.wait_subscribed("goneusdt@trade")
        before.trade("GONEUSDT", "1", "1")
        until(live, lambda: live.health().n_trades == 1)
        live.close()
    live = Live("BTCUSDT", "ETHUSDT", "GONEUSDT", **options).start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, WALK)

    assert live.health().state is FeedState.LIVE
    assert "GONEUSDT" in live.health().trouble


def test_a_database_that_is_deleted_under_the_recorder_ends_the_recording(
    on_loopback, exchange, tmp_path
):
    """What was stored afterwards would be in no file: it says so, and not that all is well."""
    path = tmp_path / "t.duckdb"
    live = on_loopback(db=str(path)).start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, WALK)
    path.unlink()
    exchange.trade("BTCUSDT", "1", "1", trade_id=99)
    until(live, lambda: live.health().state is FeedState.FAILED)

    assert "its file was deleted or replaced" in live.health().reason
    assert "tape complete" not in repr(live)


def test_a_share_that_is_gone_is_said(on_loopback, exchange, tmp_path):
    """In health, while it is tried again."""
    live = on_loopback(db=str(tmp_path / "t.duckdb")).start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, WALK)
    owner = live._session.recorder.owner
    until(live, lambda: owner.was_shared)
    owner._fail(ConnectionError("nobody answers"))

    assert live.health().trouble == (
        "the database is not shared (nobody answers): it is tried again"
    )


def test_an_exchange_that_cannot_list_its_symbols_is_streamed_all_the_same(on_loopback, exchange):
    """The list is a courtesy."""
    live = on_loopback("BTCUSDT", "ETHUSDT", rest_url="http://127.0.0.1:9").start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, WALK)

    assert live.listed() == ("BTCUSDT", "ETHUSDT")


def test_a_replay_that_was_stopped_goes_on_where_it_stood(tmp_path):
    """Nothing is played twice, nothing is left out, and no bar is invented after the end."""
    rows, hour = market(WALK * 3), 3_600_000_000
    later = [r._replace(**dict.fromkeys(TIMES, r.ts_exch + hour)) for r in rows[12:]]
    path = write_frames(tmp_path / "a.frames.jsonl.gz", [*rows[:12], *later])
    live = Live(source=f"replay:{path}", speed=20).start()
    until(live, lambda: live.health().n_trades == 12)
    live.stop()  # in a pause of the market that would last three minutes
    live.start()
    assert live.join(60)

    assert live.health().n_trades == 24
    bars = live.bars("ETHUSDT", "1s")
    assert bars.close[bars.n_trades > 0].tolist() == [y for y, _ in WALK] * 3
    assert len(bars) == 3_618


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


TIMES = ("ts_exch", "ts_event", "ts_recv")
FALLS = """
SELECT count(*) FILTER (ts_exch < before) AS n FROM (
    SELECT ts_exch, lag(ts_exch) OVER (PARTITION BY symbol ORDER BY trade_id) AS before FROM trades
)
"""


def test_a_fast_simulated_market_that_was_restarted_is_one_market(tmp_path):
    """Its times rise with its ids, so a replay of the tape brings each trade, in one era."""
    db, tape = (str(tmp_path / name) for name in ("s.duckdb", "s.parquet"))
    for _ in range(2):
        live = Live("BTCUSDT", source="simulated", db=db, speed=300).start()
        until(live, lambda live=live: live.health().n_trades > 0)
        n_before = live.health().n_trades
        until(live, lambda live=live, n=n_before: live.health().n_trades > n)
        n_falls = live.sql(FALLS).n.item()
        live.close()
    with closing(Store(db, read_only=True)) as store:
        n_trades = export_trades(store, tape, None, None, [])
    again = Live(source=f"replay:{tape}", speed=INF).start()
    assert again.join(60)

    assert n_falls == 0
    assert (again.health().n_trades, again.health().n_eras) == (n_trades, 0)


def test_a_simulated_market_is_shared(tmp_path):
    """A second page sees it by the recorder's trades: its own simulation has nothing to go on."""
    path = str(tmp_path / "s.duckdb")
    command = [sys.executable, "-m", "quantlive_nb", "record", "--source=simulated", "--db", path]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as recorder:
        while find(path) is None:  # a process gives no event to wait for
            assert recorder.poll() is None
            time.sleep(0.05)
        live = Live(source="simulated", db=path).start()
        until(live, lambda: live.health().n_trades > 0 or live.state is State.FAILED)
        seen = live.state, live.sql("SELECT count(*) AS n FROM trades").n.item() > 10_000
        live.close()
        recorder.terminate()

    assert seen == (State.RUNNING, True)


def test_a_symbol_that_comes_late_in_a_recording_is_met(tmp_path):
    """It is among the symbols as soon as it has traded, however many rows were read before."""
    path = tmp_path / "late.parquet"
    with closing(Store()) as store:
        store.append(batch(*[trade(i, i) for i in range(21_000)]))
        store.append(batch(trade(1, 22_000, symbol="SOLUSDT")))
        export_trades(store, path, None, None, [])
    live = Live(source=f"replay:{path}", speed=INF).start()

    assert live.join(20)
    assert live.symbols == ("BTCUSDT", "SOLUSDT")


def test_what_comes_while_the_interpreter_ends_is_stored(on_loopback, exchange):
    """No thread takes work then: it is written where it is received."""
    live = on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    live._session.recorder._writer.shutdown()
    play(exchange, live, [(2700.0, 60000.0)])

    assert live.sql("SELECT count(*) AS n FROM trades").n.item() == 2


def test_ids_that_begin_anew_are_said_and_kept_apart(on_loopback, exchange):
    """A testnet that was reset: no trade is lost, both eras stay, and it is never just whole."""
    live = on_loopback("BTCUSDT").start()
    exchange.wait_subscribed("btcusdt@trade")
    for i in range(20):
        exchange.trade("BTCUSDT", 100 + i, "1", ts_ms=START_MS + 1_000 * i, trade_id=1 + i)
    for i in range(15):
        ts_ms = START_MS + 3_600_000 + 1_000 * i
        exchange.trade("BTCUSDT", 500 + i, "1", ts_ms=ts_ms, trade_id=1 + i)
    until(live, lambda: live.health().n_trades == 35)
    counts = live.sql("SELECT era, count(*) n, min(price)::INT p FROM trades GROUP BY 1 ORDER BY 1")

    assert counts.to_numpy().tolist() == [[0, 20, 100], [1, 15, 500]]
    assert live.health().n_eras == 1
    assert "the trade ids of BTCUSDT began anew at 2024-08-09 01:00 UTC" in str(live.health())
    until(live, lambda: live.health().is_confirmed)
    assert live.health().tape == "tape complete since ids began anew"


def test_ids_that_began_anew_while_nobody_recorded_are_seen(on_loopback, exchange, tmp_path):
    """The exchange was reset between two recordings: what it tells of its past is not mixed in."""
    path = str(tmp_path / "t.duckdb")
    rows = [trade(i, i * 1_000_000) for i in range(900, 1_000)]
    with closing(Store(path)) as store:
        store.append(batch(*rows))
    live = on_loopback("BTCUSDT", db=path, preload="1h").start()
    exchange.wait_subscribed("btcusdt@trade")
    for i in range(1, 9):
        exchange.trade("BTCUSDT", 500 + i, "1", ts_ms=START_MS + 7_200_000 + 1_000 * i, trade_id=i)
    until(live, lambda: live.health().n_trades == 8)
    until(live, lambda: live.health().is_confirmed)
    counts = live.sql("SELECT era, count(*) n FROM trades GROUP BY 1 ORDER BY 1")

    assert counts.to_numpy().tolist() == [[0, 100], [1, 8]]
    assert live.health().tape == "tape complete since ids began anew"
