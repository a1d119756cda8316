"""A recorder in a process of its own, as a user starts it: ``quantlive record`` on loopback.

This file asks the process nothing but what it prints; it may be killed at any moment.
"""

import json
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from quantlive_nb import Live
from quantlive_nb.share.server import find
from quantlive_nb.testing import LoopbackExchange
from tests.conftest import ROOT
from tests.lives import BOTH, FRAMES, INF, N_TRADES, endpoints, until

__all__ = ["end_when_whole", "record_through_a_cut", "recorder", "verified", "wait_held"]

COMMAND = (sys.executable, "-m", "quantlive_nb")


@contextmanager
def recorder(exchange, db: Path, seconds: float = 600.0, *, symbols="BTCUSDT,ETHUSDT", more=()):
    """Record an exchange into a database; killed at the end if it still runs."""
    where = ["--ws-url", exchange.ws_url, "--rest-url", exchange.rest_url, "--db", str(db)]
    command = [*COMMAND, "record", "--symbols", symbols, *where, "--for", str(seconds), *more]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_shared(db: Path, timeout_s: float = 60.0) -> None:
    """Wait until a recorder can be asked: a Live that finds none soon records for itself."""
    until_s = time.monotonic() + timeout_s
    while find(str(db)) is None:  # another process gives no event to wait for
        assert time.monotonic() < until_s, f"{db} is not shared within {timeout_s:g} s"
        time.sleep(0.05)


def wait_held(exchange, db: Path, n: int) -> None:
    """Wait until another Live sees that a recorder holds so many trades."""
    wait_shared(db)
    with closing(Live(db=str(db), **endpoints(exchange)).start()) as viewer:
        until(viewer, lambda: viewer.health().n_held >= n)
        assert viewer.health().role.startswith("viewing")


def end_when_whole(process, exchange, db: Path) -> None:
    """Interrupt a recorder as soon as it holds the whole recording."""
    exchange.wait_finished(timeout=60)
    wait_held(exchange, db, N_TRADES)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0


def record_through_a_cut(data: Path, db: Path) -> "list[tuple[str, range]]":
    """Record the real recording from an exchange that hangs up in its middle.

    What was asked for over REST: symbols and ids.
    """
    choices = {"play": data / FRAMES, "speed": INF, "start_when": BOTH}
    with LoopbackExchange(**choices) as exchange, recorder(exchange, db) as process:
        exchange.play_until(N_TRADES // 2)
        exchange.wait_played(N_TRADES // 2, timeout=60)
        exchange.drop()
        exchange.resume_play()
        end_when_whole(process, exchange, db)
        queries = [parse_qs(urlsplit(request).query) for request in exchange.requests]
    firsts = [(q["symbol"][0], int(q["fromId"][0]), q) for q in queries if "fromId" in q]
    return [(symbol, range(first, first + int(q["limit"][0]))) for symbol, first, q in firsts]


def verified(db: Path) -> "tuple[int, dict[str, dict[str, object]]]":
    """Exit code and answer of ``quantlive verify --json``."""
    command = [*COMMAND, "verify", "--db", str(db), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)
