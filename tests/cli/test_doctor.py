"""The doctor: a line for everything, a remedy for what is wrong, and the exit code."""

import contextlib
import os

from quantlive_nb.cli.doctor import examine
from quantlive_nb.share import open_reader
from quantlive_nb.share.server import free_port
from quantlive_nb.store import Store
from quantlive_nb.testing import LoopbackExchange
from tests.owner import owner
from tests.tape import many


def lines(capsys):
    """What was found, by name."""
    found = capsys.readouterr().out.splitlines()
    return {line.split(":")[0][2:]: line for line in found}


def test_a_sound_installation(capsys, tmp_path):
    """Everything good is 0, and the exchange is seen to send."""
    with LoopbackExchange(symbols=("BTCUSDT", "ETHUSDT"), rate=100) as exchange:
        environment = {
            "QUANTLIVE_WS_URL": exchange.ws_url,
            "QUANTLIVE_REST_URL": exchange.rest_url,
            "QUANTLIVE_DB": str(tmp_path / "t.duckdb"),
        }
        assert examine(environment, port=free_port()) == 0

    found = lines(capsys)
    assert found.keys() >= {"Python", "packages", "notebooks", "port", "database", "REST"}
    assert all(line.startswith("✓") for line in found.values())
    assert "first message after" in found["WebSocket"]


def test_no_network(capsys):
    """Without an exchange it says so, and what needs none."""
    nowhere = f"127.0.0.1:{free_port()}"
    environment = {
        "QUANTLIVE_WS_URL": f"ws://{nowhere}",
        "QUANTLIVE_REST_URL": f"http://{nowhere}",
        "QUANTLIVE_DB": ":memory:",
    }
    assert examine(environment, port=free_port()) == 1

    found = lines(capsys)
    assert found["REST"].startswith("✗")
    assert "--source simulated needs no network" in found["WebSocket"]


def looked_at(db, capsys):
    """The exit code beside a market without a network, and what was found of a database."""
    code = examine({"QUANTLIVE_SOURCE": "simulated", "QUANTLIVE_DB": db}, port=free_port())
    return code, lines(capsys)["database"]


def test_a_database_that_nobody_records_into(capsys, tmp_path):
    """It says what it holds."""
    db = str(tmp_path / "t.duckdb")
    Store(db).close()
    code, said = looked_at(db, capsys)

    assert (code, said[0]) == (0, "✓")
    assert "0 trades" in said


def test_a_database_beside_its_recorder_is_well(capsys, tmp_path):
    """A recorder that shares its database is healthy; it is named, and what it has stored."""
    db = str(tmp_path / "t.duckdb")
    with contextlib.closing(Store(db)) as store:
        store.append(many("BTCUSDT", 400))
    with owner(db) as recorder:
        code, said = looked_at(db, capsys)

    assert (code, said[0]) == (0, "✓")
    assert "400 trades" in said
    assert said.endswith(f", BTCUSDT, recorded by process {recorder.process.pid}, which shares it")


def test_a_database_whose_recorder_does_not_share_it(capsys, tmp_path, monkeypatch):
    """Nobody else can read it: that is said, with what to do."""
    monkeypatch.setattr(open_reader, "BUSY_S", 0.0)
    db = str(tmp_path / "t.duckdb")
    with contextlib.closing(Store(db)):
        code, said = looked_at(db, capsys)

    assert (code, said[0]) == (1, "✗")
    assert f"process {os.getpid()} is recording into it, and does not share it: stop it" in said


def test_a_database_that_cannot_be_made(capsys, tmp_path):
    """It is said before somebody tries to record into it."""
    (tmp_path / "file").touch()
    db = str(tmp_path / "file" / "x" / "t.duckdb")
    given = {"QUANTLIVE_SOURCE": "simulated", "QUANTLIVE_DB": db}

    assert examine(given, port=free_port()) == 1
    assert "is no folder that can be written: choose another" in lines(capsys)["database"]
