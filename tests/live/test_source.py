"""What to record: read from arguments, environment and defaults."""

import gzip
import json
import os
from pathlib import Path

import duckdb
import pytest

from quantlive_nb.errors import ReplayError, UsageError
from quantlive_nb.feed import Replay, Simulated, WebSocketFeed
from quantlive_nb.live.source import Options, default_db
from tests.lives import market, write_frames


def test_nothing_said_means_bitcoin_and_ether_of_binance_in_the_users_own_file():
    """A first user types nothing and records into the platform's data folder."""
    options = Options.read(())

    assert options.symbols == ("BTCUSDT", "ETHUSDT")
    assert (options.source, options.path) == ("binance", default_db())
    assert Path(default_db()).is_relative_to(os.environ["XDG_DATA_HOME"])


def test_what_is_not_given_comes_from_the_environment(monkeypatch):
    """The command line hands its options to a kernel by variables; a cell's own words win."""
    monkeypatch.setenv("QUANTLIVE_SOURCE", "simulated")
    monkeypatch.setenv("QUANTLIVE_SYMBOLS", "solusdt, bnbusdt,")
    monkeypatch.setenv("QUANTLIVE_SPEED", "2.5")
    monkeypatch.setenv("QUANTLIVE_DB", "there.duckdb")

    assert Options.read((), db=None) == Options(
        ("SOLUSDT", "BNBUSDT"), "simulated", "there.duckdb", speed=2.5
    )
    assert Options.read(("btcusdt",), source="binance-us", speed=1.0) == Options(
        ("BTCUSDT",), "binance-us", "there.duckdb"
    )


def test_symbols_are_clean_whatever_was_typed():
    """Case, spaces and repeats do not matter; the order does."""
    typed = (" ethusdt", "BTCUSDT", "EthUsdt ", "")

    assert Options.read(typed).symbols == ("ETHUSDT", "BTCUSDT")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"source": "binanse"}, "unknown source 'binanse': did you mean binance?"),
        ({"source": "nyse"}, "use binance, binance-us, simulated, demo, replay:"),
        ({"speed": 0.0}, "the speed is 0: give a number above 0"),
        ({"speed": float("nan")}, "the speed is nan"),
        ({"silence_s": -1.0}, "the silence is -1 s"),
    ],
)
def test_what_cannot_mean_anything_is_refused_before_anything_is_opened(given, sentence):
    """The sentence says what would."""
    with pytest.raises(UsageError, match=sentence.replace("?", r"\?")):
        Options.read((), **given)


def test_a_speed_in_the_environment_must_be_a_number(monkeypatch):
    """The sentence names the variable."""
    monkeypatch.setenv("QUANTLIVE_SPEED", "fast")
    with pytest.raises(UsageError, match="QUANTLIVE_SPEED is 'fast': give a number above 0"):
        Options.read(())


def test_only_an_exchange_is_kept_in_the_users_file():
    """A replay and the simulated market stay in memory unless a file is named for them."""
    assert Options(source="replay:x.parquet").path == ":memory:"
    assert Options(source="simulated", db="s.duckdb").path == "s.duckdb"


def test_another_source_leaves_the_named_database_alone():
    """The file named for an exchange is not filled with simulated trades."""
    options = Options(db="mine.duckdb")

    assert options.at("simulated").path == ":memory:"
    assert options.at("binance", speed=3).path == "mine.duckdb"
    assert options.at("replay:x", speed=3).speed == 3


def test_a_recording_that_is_not_there_is_told_before_anything_ends(tmp_path):
    """The check reads no more than the file's name."""
    with pytest.raises(ReplayError, match="the file does not exist"):
        Options(source=f"replay:{tmp_path / 'none.parquet'}").check()

    Options().check()
    Options(source="simulated").check()


def test_every_source_has_its_feed(tmp_path):
    """The word decides; everything downstream is the same."""
    path = write_frames(tmp_path / "a.frames.jsonl.gz", market([(2700.0, 60000.0)]))

    assert isinstance(Options().feed()[0], WebSocketFeed)
    assert Options(source="binance-us").feed()[0].venue == "binance-us"
    assert isinstance(Options(source="simulated").feed()[0], Simulated)
    assert isinstance(Options(source=f"replay:{path}").feed()[0], Replay)


def test_a_replay_brings_the_symbols_it_holds(tmp_path):
    """The order asked for is kept; what was asked for and is not there is left out."""
    rows = market([(2700.0, 60000.0)] * 3)
    path = write_frames(tmp_path / "a.frames.jsonl.gz", rows)
    feed, symbols = Options(("BTCUSDT", "SOLUSDT"), f"replay:{path}").feed()

    assert symbols == ("BTCUSDT", "ETHUSDT")
    assert [row for block in feed.blocks for row in block.rows()] == rows


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.frames.jsonl.gz", b"not gzip", "not recorded frames"),
        ("a.parquet", b"not parquet", "it is damaged or no table of trades"),
        ("a.csv", b"a,b\n1,2\n", "it has no columns of trades"),
    ],
)
def test_a_corrupt_recording_is_told_in_one_sentence(tmp_path, name, content, why):
    """The sentence names the file and says what is wrong with it."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ReplayError, match=why) as caught:
        Options(source=f"replay:{path}").feed()

    assert str(caught.value).startswith(f"cannot replay {path}: ")
    assert "\n" not in str(caught.value)


def test_a_recording_without_a_trade_is_told(tmp_path):
    """An empty file is no market."""
    path = write_frames(tmp_path / "empty.frames.jsonl.gz", [])
    with pytest.raises(ReplayError, match="it holds no trade"):
        Options(source=f"replay:{path}").feed()


def recorded(path, **said):
    """One frame of a recording that says, or does not say, its venue."""
    text = (
        '{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":7,"p":"1","q":"1",'
        '"T":1723161255342,"m":true}'
    )
    line = {"recv_ns": 1723161255344000000, "frame": text, **said}
    path.write_bytes(gzip.compress(json.dumps(line).encode() + b"\n"))
    return Options(source=f"replay:{path}")


def test_a_recording_says_its_venue(tmp_path):
    """Frames of Binance.US are played as such; those that name no venue are the default's."""
    path = tmp_path / "a.frames.jsonl.gz"

    assert recorded(path, venue="binance-us").feed()[0].venue == "binance-us"
    assert recorded(path).feed()[0].venue == "binance"
    with pytest.raises(ReplayError, match="recorded at 'nowhere', which is unknown"):
        recorded(path, venue="nowhere").feed()


def test_recorded_trades_say_their_venue(tmp_path):
    """The recorder's Parquet may have a column for it."""
    path = tmp_path / "a.parquet"
    duckdb.sql(
        "COPY (SELECT 'binance-us' AS venue, 'BTCUSDT' AS symbol, 7 AS trade_id, '1' AS price, "
        "'1' AS qty, true AS buyer_maker, 1723161255342 AS trade_ms, 1723161255343 AS event_ms, "
        f"1723161255344000000 AS recv_ns) TO '{path}' (FORMAT parquet)"
    )

    assert Options(source=f"replay:{path}").feed()[0].venue == "binance-us"
