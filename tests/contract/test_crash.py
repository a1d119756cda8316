"""What survives a recorder that is killed, and a disk that is full."""

import json
import random
import subprocess
import sys
import time

import pytest

from quantlive_nb.testing import LoopbackExchange
from tests.conftest import ROOT
from tests.lives import BOTH, FRAMES, N_TRADES
from tests.recording import end_when_whole, recorder, verified
from tests.scene import assert_equal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def kill_again_and_again(data, db, n_kills, seed):
    """Record the whole recording while the recorder is killed at random moments."""
    chance = random.Random(seed)
    with LoopbackExchange(play=data / FRAMES, speed=float("inf"), start_when=BOTH) as exchange:
        exchange.play_until(0)
        step = N_TRADES // (n_kills + 1)
        for n in range(n_kills):
            n_open = exchange.n_connections
            with recorder(exchange, db) as process:
                exchange.wait_connected(n=n_open + 1, timeout=30)
                exchange.wait_subscribed(*BOTH)
                exchange.play_until(n * step + chance.randrange(step // 4, step // 2))
                exchange.wait_played(n * step + step // 4)
                process.kill()
                process.wait()
            exchange.play_until((n + 1) * step)
            exchange.wait_played((n + 1) * step)
        with recorder(exchange, db) as process:
            exchange.wait_connected(n=n_kills + 1, timeout=30)
            exchange.wait_subscribed(*BOTH)
            exchange.resume_play()
            end_when_whole(process, exchange, db)


def test_kill_minus_nine_costs_no_trade(data, tmp_path):
    """Three kills during one recording; the tape is the recording, and verify says so."""
    db = tmp_path / "t.duckdb"
    kill_again_and_again(data, db, 3, seed=7)
    code, verdicts = verified(db)

    assert code == 0, verdicts
    assert sum(verdict["n_trades"] for verdict in verdicts.values()) == N_TRADES
    assert_equal(db, data, N_TRADES)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_twenty_kills_cost_no_trade(data, tmp_path, request):
    """Twenty kills, at other moments each time."""
    seed = request.config.getoption("randomly_seed", 0)
    db = tmp_path / "t.duckdb"
    kill_again_and_again(data, db, 20, seed)

    assert verified(db)[0] == 0
    assert_equal(db, data, N_TRADES)


ON_A_SMALL_DISK = """
import functools, json, os, resource, signal, sys
from quantlive_nb import Live
from quantlive_nb.live import recorder, writer
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
writer.AGAIN_S = recorder.RETRY_S = 0.05
recorder.TradeWriter = functools.partial(writer.TradeWriter, most_rows=400)
db, ws_url, rest_url = sys.argv[1:]
live = Live(source="binance", db=db, ws_url=ws_url, rest_url=rest_url).start()
for line in sys.stdin:
    if line == "full\\n":
        size = max(os.path.getsize(path) for path in (db, db + ".wal") if os.path.exists(path))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 4096, resource.RLIM_INFINITY))
    if line == "free\\n":
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    live.wait_change(live.version, 0.05)
    health = live.health()
    print(json.dumps([health.n_held, health.n_missing, health.n_dropped, health.trouble]))
live.close()
"""


class Child:
    """A recorder in a process that can be told that its disk is full."""

    def __init__(self, process):
        self.process = process

    def tell(self, word="look"):
        """Say something; held, missing, dropped, and what the trouble is."""
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def until(self, condition):
        """Ask again and again; a minute is the most that it may take."""
        deadline = time.monotonic() + 60
        while not condition(*self.tell()):
            assert time.monotonic() < deadline, self.tell()


def test_a_full_disk_costs_no_trade(data, tmp_path):
    """The page says that the disk is full; what finds no room is counted and fetched again."""
    db = tmp_path / "t.duckdb"
    with LoopbackExchange(play=data / FRAMES, speed=float("inf"), start_when=BOTH) as exchange:
        exchange.play_until(0)
        command = [sys.executable, "-uc", ON_A_SMALL_DISK, db, exchange.ws_url, exchange.rest_url]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
            child = Child(process)
            exchange.wait_subscribed(*BOTH, timeout=30)
            exchange.play_until(2_000)
            child.until(lambda held, *_: held == 2_000)
            child.tell("full")
            exchange.play_until(4_000)
            child.until(lambda *told: told[-1])
            exchange.play_until(6_000)
            child.until(lambda _held, missing, dropped, _: missing >= dropped > 0)
            *_, trouble = child.tell()
            child.tell("free")
            exchange.play_until(10_000)
            child.until(lambda held, missing, *_: (held, missing) == (10_000, 0))
            process.communicate()
    assert_equal(db, data, 10_000)

    assert "free some space, the recording waits" in trouble
