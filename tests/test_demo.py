"""The recording that ships with the package."""

import duckdb
import pytest

from quantlive_nb import Live
from quantlive_nb.demo import DATA, TRADES, is_replay, recording_of
from tests.lives import INF, N_TRADES, PARQUET, until


def test_the_demo_is_whole_and_names_its_author():
    """Every trade of the recording is there, and so are its author and licence."""
    counted = duckdb.sql(f"SELECT count(*), count(DISTINCT symbol) FROM '{TRADES}'").fetchone()
    licence = (DATA / "THIRD_PARTY.md").read_text()

    assert counted == (N_TRADES, 2)
    assert TRADES.name == PARQUET
    assert TRADES.name.removesuffix(".trades.parquet") in licence
    assert "nkaz001" in licence
    assert "MIT License" in licence


@pytest.mark.parametrize(
    ("source", "path"),
    [("demo", str(TRADES)), ("replay:a.csv", "a.csv"), ("replay:demo", "demo"), ("binance", "")],
)
def test_a_recording_is_told_from_a_market(source, path):
    """A source is a recording exactly when it names a file; a file called demo is a file."""
    assert (recording_of(source), is_replay(source)) == (path, bool(path))


def test_the_demo_plays_anywhere_and_again(tmp_path, monkeypatch):
    """From an empty folder: REPLAY, every trade, over without DOWN; then all of it once more."""
    monkeypatch.chdir(tmp_path)
    live = Live(name="demo", source="demo", speed=INF)
    try:
        for _ in range(2):
            live.switch("demo") if live.state.value == "running" else live.start()
            until(live, lambda: live.health().state.value == "ENDED")
            health = live.health()
            assert (health.market, health.n_trades) == ("REPLAY", N_TRADES)
            assert health.symbols == ("BTCUSDT", "ETHUSDT")
            assert "recording over" in str(health)
    finally:
        live.close()
