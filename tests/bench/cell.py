"""A kernel whose main thread computes in pure Python while a Live records beside it.

This file switches between our switch interval and plain Python's, second by second.
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
"""After a change of the interval, what is sent until then is not counted."""
SENT = """
SELECT epoch_us(ts_event), epoch_us(ts_recv) - epoch_us(ts_event) FROM trades
"""


class Turn(NamedTuple):
    """One stretch of the cell: when, with which interval, and how much work it did."""

    from_us: int
    to_us: int
    interval_s: float
    n_loops: int


def busy(interval_s: float) -> Turn:
    """Compute for a while; nothing here ever waits."""
    sys.setswitchinterval(interval_s)
    until, begun, n_loops, total = time.perf_counter() + TURN_S, time.time_ns() // 1_000, 0, 0
    while time.perf_counter() < until:
        for number in range(1_000):
            total += number * number % 7
        n_loops += 1
    return Turn(begun, time.time_ns() // 1_000, interval_s, n_loops)


def record(port: int, rate: int) -> dict[str, object]:
    """Lag from sent to received in both kinds of turns, and the work that the cell got done."""
    n_most = int(rate * (2 * N_TURNS * TURN_S + 2))
    ends = {"ws_url": f"ws://127.0.0.1:{port}/{rate}/{n_most}", "rest_url": f"http://127.0.0.1:{port}"}
    live = Live(*SYMBOLS, name="cell", source="binance", db=":memory:", **ends).start()
    while live.health().n_trades < rate:
        time.sleep(0.05)
    ours_s = sys.getswitchinterval()
    turns = [busy(interval_s) for _ in range(N_TURNS) for interval_s in (ours_s, PLAIN_S)]
    while live.health().n_trades < n_most:
        time.sleep(0.05)
    columns = live.sql(SENT).to_numpy().T
    live.close()
    return {name: judged(turns, *columns, s) for name, s in (("ours", ours_s), ("plain", PLAIN_S))}


def judged(
    turns: list[Turn], sent_us: np.ndarray, lag_us: np.ndarray, interval_s: float
) -> dict[str, float]:
    """Lags and loops of the turns with one interval."""
    mine = [turn for turn in turns if turn.interval_s == interval_s]
    spans = [(sent_us > t.from_us + SETTLE_US) & (sent_us < t.to_us) for t in mine]
    p50, p99 = np.percentile(lag_us[np.logical_or.reduce(spans)], [50, 99]) / 1e3
    return {"p50_ms": p50, "p99_ms": p99, "n_loops": sum(turn.n_loops for turn in mine)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("rate", type=int)
    print(json.dumps(record(**vars(parser.parse_args()))))
