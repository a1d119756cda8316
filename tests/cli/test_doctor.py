"""The doctor: a line for everything, a remedy for what is wrong, and the exit code."""

import os

import pytest

from quantlive_nb.cli.doctor import examine
from quantlive_nb.share.server import free_port
from quantlive_nb.store import Store
from quantlive_nb.testing import LoopbackExchange


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


@pytest.mark.parametrize("owned", [True, False])
def test_the_database(capsys, tmp_path, owned):
    """It says what a database holds, or who owns it."""
    db = str(tmp_path / "t.duckdb")
    store = Store(db)
    if not owned:
        store.close()
    is_good = examine({"QUANTLIVE_SOURCE": "simulated", "QUANTLIVE_DB": db}, port=free_port())
    store.close()

    assert is_good == int(owned)
    said = f"process {os.getpid()} is recording into it" if owned else "0 trades"
    assert said in lines(capsys)["database"]


def test_a_database_that_cannot_be_made(capsys, tmp_path):
    """It is said before somebody tries to record into it."""
    (tmp_path / "file").touch()
    db = str(tmp_path / "file" / "x" / "t.duckdb")
    given = {"QUANTLIVE_SOURCE": "simulated", "QUANTLIVE_DB": db}

    assert examine(given, port=free_port()) == 1
    assert "is no folder that can be written: choose another" in lines(capsys)["database"]
