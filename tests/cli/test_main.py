"""The console script: what it does, what it says when it cannot, and with which exit code."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import duckdb
import pytest

from quantlive_nb import __version__
from quantlive_nb.cli.main import environment, main, parser
from quantlive_nb.store import Store
from quantlive_nb.testing import LoopbackExchange
from tests.lives import BOTH, N_TRADES, PARQUET
from tests.recording import record_through_a_cut, wait_held
from tests.tape import batch, trade


@pytest.fixture
def exchange():
    """An exchange where only the test trades."""
    with LoopbackExchange() as exchange:
        yield exchange


def said(capsys):
    """The one line on standard error."""
    (line,) = capsys.readouterr().err.splitlines()
    return line


def at(exchange):
    """Options that point a command at an exchange."""
    return ["--ws-url", exchange.ws_url, "--rest-url", exchange.rest_url]


@pytest.fixture(scope="module")
def recording(data, tmp_path_factory):
    """The database of `quantlive record`, and what REST may have told of it."""
    db = tmp_path_factory.mktemp("cli") / "t.duckdb"
    return str(db), record_through_a_cut(data, db)


@pytest.fixture(scope="module")
def recorded(recording):
    """The database."""
    return recording[0]


@pytest.mark.parametrize("fmt", ["csv", "parquet"])
def test_record_and_export_give_the_recording_back(recording, data, tmp_path, fmt):
    """Each of the 15 863 trades comes back with its id, price, quantity, side and times.

    REST tells no time of the event; a trade that it has told has the time of the trade for it.
    """
    recorded, ranges = recording
    out = tmp_path / f"trades.{fmt}"
    assert main(["export", "--db", recorded, "--format", fmt, "--out", str(out)]) == 0

    exact = "types = {'price': 'DECIMAL(18, 8)', 'qty': 'DECIMAL(28, 8)'}"
    given = f"read_csv('{out}', {exact})" if fmt == "csv" else f"'{out}'"
    equal = duckdb.sql(f"""
        SELECT symbol, trade_id, a.ts_event = a.ts_exch, epoch_ms(a.ts_event) = b.event_ms
        FROM {given} AS a JOIN '{data / PARQUET}' AS b USING (symbol, trade_id, price, qty)
        WHERE (a.side = 'sell') = b.buyer_maker AND a.last_id = trade_id
        AND epoch_ms(a.ts_exch) = b.trade_ms
    """).fetchall()
    of_rest = [row for row in equal if not row[3]]

    assert len(equal) == len(duckdb.sql(f"SELECT 1 FROM {given}").fetchall()) == N_TRADES
    assert 0 < len(of_rest) < N_TRADES
    for symbol, n, is_trade_s, _ in of_rest:
        assert (is_trade_s, any(s == symbol and n in ids for s, ids in ranges)) == (True, True)


@pytest.mark.parametrize(
    ("what", "symbols", "n_rows"),
    [("bars", "BTCUSDT", 347), ("analytics", "ETHUSDT,BTCUSDT", 345), ("alerts", "", 0)],
)
def test_everything_can_be_exported(recorded, tmp_path, what, symbols, n_rows):
    """Bars with the empty and the forming ones, analytics of the closed bars, firings."""
    out = tmp_path / "out.csv"
    asked = ["--what", what, "--symbol", symbols, "--every", "1s", "--out", str(out)]
    assert main(["export", "--db", recorded, *asked]) == 0

    assert len(out.read_text().splitlines()) == n_rows + 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--symbol", "BTCUSTD"], "the database holds BTCUSDT, ETHUSDT"),
        (["--what", "analytics", "--symbol", "BTCUSDT"], "analytics are of a pair"),
        (["--what", "bars", "--every", "soon"], "'soon' is not a length of time"),
        (["--windows", "5,5,5"], "the hedge window is 5 bars"),
        (["--windows", "long"], "'long' is not hedge,z,correlation in bars"),
        (["--windows", "120,60,30,9"], "write 120,60,30"),
        (["--venue", "nyse"], "holds binance: choose one with --venue"),
    ],
)
def test_what_cannot_be_exported_is_said_in_a_sentence(
    recorded, tmp_path, capsys, arguments, sentence
):
    """Exit code 1, one line, and no file."""
    out = tmp_path / "out.csv"
    assert main(["export", "--db", recorded, *arguments, "--out", str(out)]) == 1

    assert sentence in said(capsys)
    assert list(tmp_path.iterdir()) == []


def test_exporting_from_nothing(tmp_path, capsys):
    """A database that is not there is not made."""
    db = tmp_path / "none.duckdb"
    assert main(["export", "--db", str(db), "--out", str(tmp_path / "a.csv")]) == 1
    assert "there is no database" in said(capsys)
    assert not db.exists()


def test_an_unknown_symbol(exchange, tmp_path, capsys):
    """The symbol that was meant is offered."""
    options = ["--symbols", "BTCUSTD,ETHUSDT", "--db", str(tmp_path / "t.duckdb"), "--for", "9"]
    assert main(["record", *at(exchange), *options]) == 1
    assert "unknown symbol 'BTCUSTD': did you mean BTCUSDT" in said(capsys)


def test_a_database_that_is_owned_by_another(exchange, tmp_path, capsys):
    """A recorder without a page does not record into memory: it says who owns the file."""
    db = str(tmp_path / "t.duckdb")
    owner = Store(db)
    assert main(["record", *at(exchange), "--db", db, "--for", "9"]) == 1
    owner.close()
    assert f"process {os.getpid()} is recording into it" in said(capsys)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--source", "replay:none.parquet"],
            "cannot replay none.parquet: the file does not exist",
        ),
        (["--source", "binanse"], "unknown source 'binanse': did you mean binance?"),
        (["--source", "simulated", "--db", "/dev/null/t.duckdb"], "its folder does not exist"),
        (["--source", "simulated", "--speed", "-1"], "the speed is -1"),
    ],
)
def test_what_cannot_be_recorded_is_said_in_a_sentence(capsys, options, sentence):
    """Exit code 1 and one line that says what to do."""
    assert main(["record", *options, "--for", "1"]) == 1

    assert sentence in said(capsys)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--source", "replay:none.parquet"], "cannot replay none.parquet"),
        (["--source", "binanse"], "did you mean binance?"),
        (["--port", "70000"], "port 70000 does not exist: give 1 to 65535"),
    ],
)
def test_what_cannot_be_served_is_said_before_a_page_is(capsys, options, sentence):
    """No browser opens on a page that could only say the same."""
    assert main(["dashboard", "--no-browser", *options]) == 1

    assert sentence in said(capsys)


def test_paths_are_handed_to_kernels_whole(tmp_path, monkeypatch):
    """A kernel runs in the folder of its notebook, not where the command was typed."""
    monkeypatch.chdir(tmp_path)
    typed = ["doctor", "--source", "replay:a.parquet", "--db", "t.duckdb"]
    given = environment(parser().parse_args(typed))

    assert given == {
        "QUANTLIVE_SOURCE": f"replay:{tmp_path / 'a.parquet'}",
        "QUANTLIVE_DB": str(tmp_path / "t.duckdb"),
    }


def test_what_the_environment_says_is_handed_on_too(tmp_path, monkeypatch):
    """Whole as well, and what is typed goes first."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUANTLIVE_DB", "t.duckdb")
    monkeypatch.setenv("QUANTLIVE_SOURCE", "simulated")
    given = environment(parser().parse_args(["doctor", "--source", "binance"]))

    assert given == {"QUANTLIVE_SOURCE": "binance", "QUANTLIVE_DB": str(tmp_path / "t.duckdb")}


@pytest.mark.parametrize(
    ("options", "recorded"),
    [
        ([], "quantlive.duckdb"),
        (["--db", "t.duckdb"], "t.duckdb"),
        (["--db", ":memory:"], ""),
        (["--source", "simulated"], ""),
        (["--source", "simulated", "--db", "t.duckdb"], ""),
    ],
)
def test_one_recorder_is_for_a_market_that_is_kept(monkeypatch, options, recorded):
    """What is simulated, or in memory, each page has for itself."""
    served = Mock(return_value=0)
    monkeypatch.setattr("quantlive_nb.serve.server.serve", served)
    settings = ["--token", "secret", "--Voila.base_url=/quant/"]

    assert main(["dashboard", "--no-browser", *options, *settings]) == 0
    given = served.call_args.kwargs
    assert Path(given["recorded"]).name == recorded
    assert (given["token"], given["further"]) == ("secret", ["--Voila.base_url=/quant/"])


def test_the_version(capsys):
    """It is the package's."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"quantlive {__version__}\n"


def test_wrong_usage(capsys):
    """Exit code 2 for what is no command, and for an option that a command does not have."""
    for arguments in (["wreck"], ["export"], ["record", "--allow-root"], ["--sybmols=AAA"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
    assert "invalid choice: 'wreck'" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_ctrl_c_keeps_everything_received(exchange, tmp_path, monkeypatch, name):
    """Interrupted, `record` stores what has arrived, says how much, and exits with 0."""
    monkeypatch.delenv("PYTHONASYNCIODEBUG")  # it writes to standard error
    db = str(tmp_path / "t.duckdb")
    record = [sys.executable, "-m", "quantlive_nb", "record", "--db", db]
    command = [*record, *at(exchange), "--preload", "0"]  # history may tell of what is on its way
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        exchange.wait_subscribed(*BOTH)
        for symbol in ("ETHUSDT", *["BTCUSDT"] * 499):  # a trade confirms the tape of its symbol
            exchange.trade(symbol, "61837.63", "0.02")
        wait_held(exchange, db, 2)
        process.send_signal(getattr(signal, name))
        out, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (0, b"")
    assert b"tape complete" in out
    n_stored = len(duckdb.connect(db).sql("FROM trades").fetchall())
    assert f"recorded {n_stored:,} trades" in out.decode()


def test_verify_says_that_the_recording_is_whole(recorded, capsys):
    """In words and in JSON, with exit code 0: every id of both symbols, once."""
    assert main(["verify", "--db", recorded]) == 0
    words = capsys.readouterr().out
    assert main(["verify", "--db", recorded, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)

    assert "✓ binance BTCUSDT: 9,757 trades" in words
    of = {"venue": "binance", "symbol": "ETHUSDT", "era": 0, "n_trades": 6_106, "n_rows": 6_106}
    ids = {"first_id": 1_520_538_925, "last_id": 1_520_545_030}
    none = dict.fromkeys(("n_missing", "n_duplicate", "n_skipped", "n_overlap"), 0)
    nowhere: dict[str, list[int]] = {"gaps": [], "skipped": [], "changed": []}
    good = {"does_ledger_agree": True, "sums_since": "", "is_whole": True}
    assert told["ETHUSDT"] == of | ids | none | nowhere | good


def test_verify_fails_when_something_is_missing(tmp_path, capsys):
    """Exit code 1, and the gap by its first and last id; other symbols can be left out."""
    db = str(tmp_path / "t.duckdb")
    with contextlib.closing(Store(db)) as store:
        store.append(batch(trade(1), trade(2), trade(7), trade(1, symbol="ETHUSDT")))

    assert main(["verify", "--db", db, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["BTCUSDT"]["gaps"] == [[3, 6]]
    assert main(["verify", "--db", db]) == 1
    assert "missing 3 to 6 (4)" in capsys.readouterr().out
    assert main(["verify", "--db", db, "--symbol", "ethusdt"]) == 0


@pytest.mark.parametrize(
    ("symbol", "sentence"),
    [("", "there is no database"), ("SOLUSDT", "holds no trades of SOLUSDT")],
)
def test_verify_of_nothing_is_a_sentence(tmp_path, capsys, symbol, sentence):
    """A database that is not there, or that lacks the symbol, is no whole tape."""
    db = tmp_path / "t.duckdb"
    if symbol:
        with contextlib.closing(Store(db)) as store:
            store.append(batch(trade(1)))

    assert main(["verify", "--db", str(db), "--symbol", symbol]) == 2
    assert sentence in said(capsys)
