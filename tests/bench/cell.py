"""A kernel whose main thread computes in pure Python while a Live records beside it.

This file takes turns of a second: our switch interval, plain Python's, and no cell at all.
"""

import argparse
import json
import sys
import time
from typing import NamedTuple

import numpy as np

from quantlive_nb.live import Live
from tests.bench.exchange import SYMBOLS

__all__: list[str] = []

PLAIN_S = 0.005
"""Python's own switch interval."""
N_TURNS, TURN_S = 5, 1.0
SETTLE_US = 100_000
"""What is sent so soon after the beginning of a turn is not counted: it may have waited before."""
SENT = "SELECT epoch_us(ts_event), epoch_us(ts_recv) - epoch_us(ts_event) FROM trades"


class Turn(NamedTuple):
    """One stretch: when, of which kind, and how much work the cell did."""

    kind: str
    from_us: int
    to_us: int
    n_loops: int


def turn(kind: str, interval_s: float) -> Turn:
    """Compute for a while without ever waiting, or rest for as long."""
    sys.setswitchinterval(interval_s)
    until, begun, n_loops, total = time.perf_counter() + TURN_S, time.time_ns() // 1_000, 0, 0
    if kind == "rest":
        time.sleep(TURN_S)
    while time.perf_counter() < until:
        for number in range(1_000):
            total += number * number % 7
        n_loops += 1
    return Turn(kind, begun, time.time_ns() // 1_000, n_loops)


def record(port: int, rate: int) -> dict[str, object]:
    """Lag from sent to received in each kind of turn, and the work that the cell got done."""
    n_most = int(rate * (3 * N_TURNS * TURN_S + 2))
    ws_url, rest_url = f"ws://127.0.0.1:{port}/{rate}/{n_most}", f"http://127.0.0.1:{port}"
    live = Live(*SYMBOLS, name="cell", db=":memory:", ws_url=ws_url, rest_url=rest_url).start()
    while live.health().n_trades < rate:
        time.sleep(0.05)
    ours_s = sys.getswitchinterval()
    kinds = {"ours": ours_s, "plain": PLAIN_S, "rest": ours_s}
    turns = [turn(*kind) for _ in range(N_TURNS) for kind in kinds.items()]
    while live.health().n_trades < n_most:
        time.sleep(0.05)
    columns = live.sql(SENT).to_numpy().T
    live.close()
    return {kind: judged([turn for turn in turns if turn.kind == kind], *columns) for kind in kinds}


def judged(turns: list[Turn], sent_us: np.ndarray, lag_us: np.ndarray) -> dict[str, float]:
    """Percentiles of each turn's lags, of which the median turn's; loops of them all."""
    spans = [(sent_us > t.from_us + SETTLE_US) & (sent_us < t.to_us) for t in turns]
    percentiles = [np.percentile(lag_us[span], [50, 99]) / 1e3 for span in spans]
    p50, p99 = np.median(percentiles, axis=0)
    return {"p50_ms": p50, "p99_ms": p99, "n_loops": sum(turn.n_loops for turn in turns)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("rate", type=int)
    print(json.dumps(record(**vars(parser.parse_args()))))
