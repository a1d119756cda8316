"""Our way from socket to DuckDB, as ``quantlive record`` goes it, on one core; a screen or none.

This file watches from outside: it notes the clock after each stored batch and changes nothing.
"""

import argparse
import json
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from quantlive_nb.analytics import SeriesMemo, engle_granger
from quantlive_nb.live import Live
from quantlive_nb.settings import Settings
from quantlive_nb.store import Store
from quantlive_nb.types import Ints, Trades
from tests.bench.exchange import FIRST_ID, SYMBOLS
from tests.bench.history import fill
from tests.bench.process import pin

__all__ = ["Stored", "watch"]

N_BEFORE, RATE_BEFORE = 100_000, 100
"""The history that the screen shows: 1 000 s, so that every statistic is warm."""
GIVE_UP_S = 60


class Stored(NamedTuple):
    """One batch, the moment it was safe."""

    at_us: int
    cpu_s: float
    n_trades: int
    sent_us: Ints


def watch() -> list[Stored]:
    """Every batch stored from now on by this process."""
    batches: list[Stored] = []
    append = Store.append

    def noted(store: Store, trades: Trades) -> int:
        n_new = append(store, trades)
        now_us = time.time_ns() // 1_000
        batches.append(Stored(now_us, time.process_time(), n_new, trades.ts_event))
        return n_new

    Store.append = noted
    return batches


def record(db: Path, port: int, rate: int, n: int, refresh_hz: float) -> dict[str, object]:
    """Record this many trades; what it cost and how late they were."""
    fill(db, N_BEFORE, RATE_BEFORE, time.time_ns() // 1_000)
    walk = np.random.default_rng(1).normal(size=(2, 300)).cumsum(1)
    engle_granger(*walk)  # loads what the first test would load, seconds of work once a process
    batches, refreshes = watch(), []
    settings, memo = Settings(SYMBOLS[1], SYMBOLS[0]), SeriesMemo()
    ends = {"ws_url": f"ws://127.0.0.1:{port}/{rate}/{n}", "rest_url": f"http://127.0.0.1:{port}"}
    live = Live(*SYMBOLS, name="bench", source="binance", db=str(db), must_own=True, **ends).start()
    live.alerts()  # waits until the database is open
    until = time.monotonic() + GIVE_UP_S
    while sum(batch.n_trades for batch in batches) < n and time.monotonic() < until:
        begun = time.perf_counter()
        if refresh_hz:
            live.frame(settings, memo)
            refreshes.append(time.perf_counter() - begun)
        pause = 1 / refresh_hz if refresh_hz else 0.1
        time.sleep(max(pause - (time.perf_counter() - begun), 0))
    live.close()
    return summed(batches, refreshes) | {"n_lost": n - counted(db)}


def summed(batches: list[Stored], refreshes: list[float]) -> dict[str, object]:
    """Rates and lags after the first batch, whose beginning nobody saw."""
    first, last, rest = batches[0], batches[-1], batches[1:]
    n, wall_s = sum(b.n_trades for b in rest), (last.at_us - first.at_us) / 1e6
    cpu_s, sent_us = last.cpu_s - first.cpu_s, np.concatenate([b.sent_us for b in rest])
    lags_ms = np.concatenate([b.at_us - b.sent_us for b in rest]) / 1e3
    return {
        "rate": n / wall_s,
        "offered": n / (sent_us[-1] - first.sent_us[-1]) * 1e6,
        "cpu_us": cpu_s / n * 1e6,
        "core": cpu_s / wall_s,
        "lag_ms": np.percentile(lags_ms, [50, 99]).tolist(),
        "last_lag_ms": float(lags_ms[-1]),
        "refresh_ms": (np.percentile(refreshes or [0], [50, 95]) * 1e3).tolist(),
        "n_refreshes": len(refreshes),
    }


def counted(db: Path) -> int:
    """Trades of the exchange in the closed file."""
    store = Store(db, read_only=True)
    asked = "SELECT count(DISTINCT (symbol, trade_id)) FROM trades WHERE trade_id >= ?"
    (n,) = store.cursor().execute(asked, [FIRST_ID]).fetchone()
    store.close()
    return n


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name, kind in (("db", Path), ("port", int), ("rate", int), ("n", int), ("hz", float)):
        parser.add_argument(name, type=kind)
    pin(-1)
    print(json.dumps(record(*vars(parser.parse_args()).values())))
