"""Live: bars, pairs, symbols, panels, alerts and frames of a market written by hand."""

import numpy as np
import pytest

from quantlive_nb import Live, Settings, Windows, ols
from quantlive_nb.errors import NotEnoughData, StoreError, UnknownSymbol, UsageError
from quantlive_nb.store import Store
from tests.lives import BOTH, INF, market, play, until, write_frames

rng = np.random.default_rng(5)
COMMON = np.cumsum(rng.normal(0, 1e-3, 90))
WALK = list(
    zip(
        np.round(2700 * np.exp(1.2 * COMMON + rng.normal(0, 3e-4, 90)), 2).tolist(),
        np.round(60_000 * np.exp(COMMON), 2).tolist(),
        strict=True,
    )
)
WINDOWS = Windows(hedge=20, z=10, correlation=10)
SETTINGS = Settings("ETHUSDT", "BTCUSDT", bars=60, windows=WINDOWS)


@pytest.fixture
def replayed(tmp_path):
    """A Live that has played a minute and a half."""
    path = write_frames(tmp_path / "a.frames.jsonl.gz", market(WALK))
    live = Live(source=f"replay:{path}", speed=INF).start()
    assert live.join(15)
    return live


def test_a_frame_says_what_the_store_holds(replayed):
    """Last prices, hedge ratio and z-score are those of the closed bars."""
    frame = replayed.frame(SETTINGS)
    pair = replayed.pair("ETHUSDT", "BTCUSDT")

    assert frame.loading == ""
    assert (frame.y.close[-1], frame.x.close[-1]) == WALK[-1]
    assert frame.stats.ols == ols(pair.log_y[-20:], pair.log_x[-20:])
    assert frame.stats.zscore == frame.series.zscore[-1]
    assert len(frame.series) == SETTINGS.bars
    assert (frame.series.ts == pair.ts[-60:]).all()


def test_a_window_longer_than_the_history_warms_up(replayed):
    """It is said how much there is and how much is needed."""
    frame = replayed.frame(SETTINGS.but(windows=Windows(hedge=200, z=60)))

    assert isinstance(frame.stats.zscore, NotEnoughData)
    assert frame.stats.zscore.warming == "warming up 89/261"
    assert np.isnan(frame.series.zscore).all()


def test_a_frame_before_there_are_trades_is_loading(on_loopback):
    """Nothing raises: the frame says what it waits for."""
    words = "no trades of ETHUSDT and BTCUSDT yet: connecting to binance"
    assert on_loopback().start().frame(SETTINGS).loading == words


def test_asking_before_the_start_says_what_to_do():
    """One sentence."""
    with pytest.raises(UsageError, match="was not started: call"):
        Live(source="simulated").bars("BTCUSDT", "1s")


def test_a_pair_of_one_symbol_is_refused(replayed):
    """Y and X must differ."""
    with pytest.raises(UsageError, match="choose two different symbols"):
        replayed.pair("ETHUSDT", "ethusdt")


def test_wrong_sql_is_a_sentence(replayed):
    """DuckDB's own, without a traceback of ours."""
    with pytest.raises(StoreError, match="the SQL cannot be answered"):
        replayed.sql("select nothing from nowhere")


def test_symbols_come_and_go_while_it_runs(on_loopback, exchange):
    """A symbol is added on the open connection, and dropped from it."""
    live = on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    live.want("solusdt")
    exchange.wait_subscribed("solusdt@trade")
    exchange.trade("SOLUSDT", "150", "1")
    until(live, lambda: live.health().n_trades == 1)
    live.drop("SOLUSDT")
    exchange.wait_until(lambda: "solusdt@trade" not in exchange.streams)

    assert exchange.n_connections == 1
    assert live.symbols == ("BTCUSDT", "ETHUSDT")
    assert len(live.bars("SOLUSDT", "1s")) >= 1


def test_a_slip_in_a_symbol_adds_nothing(on_loopback, exchange):
    """The near one is offered, and what runs goes on."""
    live = on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    with pytest.raises(UnknownSymbol, match="did you mean SOLUSDT"):
        live.want("SOLUSTD")
    assert live.symbols == ("BTCUSDT", "ETHUSDT")


def test_history_shows_at_once_after_a_restart(on_loopback, exchange, tmp_path):
    """The second Live of a file answers for the first one's trades before any new one comes."""
    db = str(tmp_path / "t.duckdb")
    first = on_loopback(db=db).start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, first, WALK[:10])
    first.close()
    second = on_loopback(db=db).start()

    assert second.health().n_trades == 0
    assert second.bars("ETHUSDT", "1s").close.tolist() == [y for y, _ in WALK[:10]]


def test_a_database_of_another_owner_is_left_to_it(on_loopback, exchange, tmp_path):
    """This kernel records in memory, and says who owns the file."""
    owner = Store(tmp_path / "t.duckdb")
    live = on_loopback(db=str(tmp_path / "t.duckdb")).start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, WALK[:3])
    role = live.health().role
    owner.close()

    assert role.startswith("recording in memory: ")
    assert "is recording into it" in role


def test_a_panel_is_edited_while_it_runs(replayed):
    """The same name is the same panel, one version later; a slip keeps its last good line."""
    pair = replayed.pair("ETHUSDT", "BTCUSDT")

    @replayed.panel(pair)
    def gap(y, x):
        """The gap."""
        return y - x

    first = gap
    until(replayed, lambda: len(first.values) > 0)
    good = first.values

    @replayed.panel(pair)
    def gap(y, x):
        return y - nothing  # noqa: F821

    until(replayed, lambda: first.error is not None)
    assert gap is first
    assert (gap.version, gap.values is good) == (2, True)
    assert "name 'nothing' is not defined" in replayed.frame(SETTINGS).panels[0].error


def test_the_page_exports_what_it_shows(replayed):
    """A file name and its content."""
    name, content = replayed.export("trades", "csv", SETTINGS)
    assert name == "trades_ETHUSDT_BTCUSDT.csv"
    assert len(content.splitlines()) == 2 * len(WALK) + 1


def test_what_others_record_can_be_read_at_once(monkeypatch, tmp_path):
    """Where nothing is shared nothing is loaded; no file is touched either way."""
    kept = []
    monkeypatch.setattr("quantlive_nb.share.extension._warmed", kept)
    Live(source="simulated").warm()
    assert not kept
    Live(db=str(tmp_path / "t.duckdb")).warm()

    assert len(kept) == 1
    assert not list(tmp_path.iterdir())
    kept.pop().close()
