"""Repairing: how soon a hole is closed after a cut, and how fast the past is filled.

This file plays a real recording at its own pace; the alternative is one page after the other.
"""

import os
import tempfile
import time
from pathlib import Path

from quantlive_nb import Live
from quantlive_nb.demo import DATA
from quantlive_nb.live.repair import repairer as repair
from quantlive_nb.testing import LoopbackExchange
from tests.bench.table import Figure, against, at_most
from tests.lives import BOTH, FRAMES

__all__ = ["measure"]

CUT_S = 10.0
BEFORE_S = 3.0
ANSWER_S = 0.1
"""What an exchange on another continent takes to answer."""


def measure() -> list[Figure]:
    """A cut of ten seconds, and the whole recording filled at the start."""
    with tempfile.TemporaryDirectory() as folder:
        n_missing, hole_s = cut(Path(folder) / "cut.duckdb")
        n_trades, filled_s = fill(Path(folder) / "fill.duckdb", repair.AT_ONCE)
        _, one_by_one_s = fill(Path(folder) / "one.duckdb", 1)
    return [
        Figure(
            f"hole of a {CUT_S:.0f} s cut, {n_missing:,} trades, closed after reconnecting: s",
            f"{hole_s:.2f}",
            **at_most(hole_s, 2, " s"),
        ),
        Figure(
            f"history filled at {ANSWER_S * 1e3:.0f} ms an answer: trades/s",
            f"{n_trades / filled_s:,.0f}",
            f"{n_trades / one_by_one_s:,.0f} page by page",
            against(one_by_one_s / filled_s),
        ),
    ]


def live(exchange: LoopbackExchange, db: Path) -> Live:
    """A recorder as a user has it."""
    urls = {"ws_url": exchange.ws_url, "rest_url": exchange.rest_url}
    return Live(name=f"bench-{os.getpid()}", db=str(db), source="binance", **urls)


def cut(db: Path) -> tuple[int, float]:
    """Trades lost in a cut, and seconds from the new connection until they are there."""
    with LoopbackExchange(play=DATA / FRAMES, speed=1.0, start_when=BOTH) as exchange:
        recorder = live(exchange, db).start()
        exchange.wait_subscribed(*BOTH)
        time.sleep(BEFORE_S)
        n_before = exchange.n_connections
        exchange.refuse(503)
        exchange.drop()
        n_held = recorder.health().n_held
        time.sleep(CUT_S)
        exchange.refuse(None)
        exchange.wait_connected(timeout=60, n=n_before + 1)
        began_s, n_missing = time.monotonic(), 0
        while True:
            health = recorder.health()
            n_missing = max(n_missing, health.n_missing)
            if n_missing and not health.n_missing and health.n_held > n_held + n_missing:
                break
            recorder.wait_change(recorder.version, 0.05)
        took_s = time.monotonic() - began_s
        recorder.close()
    return n_missing, took_s


def fill(db: Path, at_once: int) -> tuple[int, float]:
    """Trades of a past that only REST can tell, and seconds from the first to the last."""
    repair.AT_ONCE, usual = at_once, repair.AT_ONCE
    with LoopbackExchange(play=DATA / FRAMES, start_at_s=float("inf")) as exchange:
        exchange.rest_delay(ANSWER_S)
        recorder = live(exchange, db).start()
        while not recorder.health().n_held:
            recorder.wait_change(recorder.version, 0.05)
        began_s, n_began = time.monotonic(), recorder.health().n_held
        while recorder.health().n_missing or recorder.health().n_held < 15_000:
            recorder.wait_change(recorder.version, 0.05)
        took_s, n_held = time.monotonic() - began_s, recorder.health().n_held - n_began
        recorder.close()
    repair.AT_ONCE = usual
    return n_held, took_s
