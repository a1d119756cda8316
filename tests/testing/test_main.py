"""The exchange started by hand: ``python -m quantlive_nb.testing``."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosedOK, WebSocketException

from quantlive_nb.testing.__main__ import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def start():
    """Start the command; what still runs at the end of the test is killed."""
    started = []

    def run(*args):
        process = subprocess.Popen(
            [sys.executable, "-m", "quantlive_nb.testing", *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def introduction(process):
    """The lines it prints once it listens, by their first word."""
    lines = [process.stdout.readline() for _ in range(4)]
    return {line[:9].strip(): line[11:].strip() for line in lines}


def test_it_plays_a_recording_says_how_to_record_it_and_ends_by_ctrl_c(
    recorded, texts, client, start
):
    """The story of a user who tries the recorder by hand."""
    process = start("--play", str(recorded), "--speed", "inf")
    said = introduction(process)

    assert said["Record it"] == (
        f"quantlive record --source binance --ws-url {said['WebSocket']} "
        f"--rest-url {said['REST']} --symbols BTCUSDT,ETHUSDT --db loopback.duckdb"
    )

    socket = client(said["WebSocket"] + "/stream?streams=btcusdt@trade/ethusdt@trade")

    assert [socket.recv(timeout=60) for _ in texts] == texts

    process.send_signal(signal.SIGINT)

    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0


def test_it_makes_up_a_market(client, start):
    """Random trades of the named symbols; a polite kill ends it as Ctrl-C does."""
    process = start("--symbols", "DOGEUSDT", "--rate", "500")
    said = introduction(process)
    socket = client(said["WebSocket"] + "/ws/dogeusdt@trade")

    assert socket.recv(timeout=60).startswith('{"e":"trade","E":')

    process.send_signal(signal.SIGTERM)

    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 0


def test_it_cuts_connections_again_and_again_and_says_so(client, start):
    """For a look at how a recorder comes back."""
    process = start("--symbols", "DOGEUSDT", "--drop-every", "0.2", "--no-historical-trades")
    said = introduction(process)
    while process.stdout.readline() != "Cut        1 connections\n":
        with contextlib.suppress(WebSocketException, OSError):
            client(said["WebSocket"] + "/ws/nothing@trade").recv(timeout=60)

    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=60) == 0


def test_its_flags_reach_the_exchange(recorded, client, get, start):
    """A start in mid-recording, old age, and a host without historicalTrades."""
    options = ("--start-at", "300", "--max-age", "0.3", "--no-historical-trades")
    said = introduction(start("--play", str(recorded), *options))
    past = get(said["REST"] + "/api/v3/trades?symbol=BTCUSDT&limit=1").body

    assert "from its second 300 on" in said["Playing"]
    assert past[0]["id"] > 3_735_683_259
    assert get(said["REST"] + "/api/v3/historicalTrades?symbol=BTCUSDT").status == 404
    with pytest.raises(ConnectionClosedOK):
        client(said["WebSocket"] + "/ws").recv(timeout=60)


def test_a_broken_file_is_one_sentence_and_exit_code_1(tmp_path, capsys):
    """No traceback, nothing on stdout."""
    path = tmp_path / "broken.frames.jsonl.gz"
    path.write_bytes(os.urandom(100))

    assert main(["--play", str(path)]) == 1
    assert capsys.readouterr() == (
        "",
        f"cannot replay {path}: it is not a whole gzip file, copy it again\n",
    )


def test_a_missing_file_is_one_sentence_and_exit_code_1(capsys):
    """The sentence names the file."""
    assert main(["--play", "nowhere.gz"]) == 1
    assert capsys.readouterr().err == "cannot replay nowhere.gz: it does not exist\n"


def test_an_occupied_port_is_one_sentence_and_exit_code_1(capsys):
    """The sentence names the port and says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert main(["--symbols", "BTCUSDT", "--port", str(port)]) == 1
    assert capsys.readouterr().err == (
        f"port {port} is occupied: choose another, or 0 for a free one\n"
    )


@pytest.mark.parametrize(
    "args",
    [
        ["--play", "x", "--speed", "-1"],
        ["--symbols", "A", "--rate", "nan"],
        ["--symbols", "A", "--port", "99999"],
        ["--symbols", ","],
        ["--symbols", "A", "--drop-every", "0"],
        ["--symbols", "A", "--max-age", "-1"],
        ["--play", "x", "--start-at", "nan"],
    ],
)
def test_values_that_mean_nothing_are_one_sentence_and_exit_code_2(args, capsys):
    """Wrong usage is told apart from a run that failed."""
    assert main(args) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("args", [[], ["--play", "x", "--symbols", "A"], ["--fast"]])
def test_wrong_arguments_are_explained_and_exit_code_2(args, capsys):
    """Argparse's own way."""
    with pytest.raises(SystemExit) as caught:
        main(args)

    assert caught.value.code == 2
    assert "usage: python -m quantlive_nb.testing" in capsys.readouterr().err
