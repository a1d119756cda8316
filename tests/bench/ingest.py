"""From socket to database: our way against the original's, in turns, each on one core.

This file knows only the two commands and their answers; the exchange is a third process.
"""

import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.process import child, exchange
from tests.bench.table import Figure, against, at_least, at_most

__all__ = ["measure"]

ROUNDS = 3
N_OURS, N_ORIGINAL = 300_000, 800
"""Trades of one backlog: seconds of work for either."""
TIMES = 50
SUSTAINED_S = 6
RATE, RATE_S, SCREEN_HZ = 20_000, 14, 4
Answer = dict[str, Any]
"""What one run of a command said."""


def measure() -> list[Figure]:
    """Rates from a backlog, then a rate held for seconds, then a rate with a screen."""
    with tempfile.TemporaryDirectory() as folder, exchange() as port:
        place = Path(folder)
        ours: list[Answer] = []
        original: list[Answer] = []
        for turn in range(ROUNDS):
            ours.append(child("recorder", place / f"{turn}.duckdb", port, 0, N_OURS, 0))
            original.append(child("original", place / f"{turn}.sqlite", port, N_ORIGINAL))
        rate = int(TIMES * max(run["rate"] for run in original))
        held = child("recorder", place / "held.duckdb", port, rate, rate * SUSTAINED_S, 0)
        seen = child("recorder", place / "seen.duckdb", port, RATE, RATE * RATE_S, SCREEN_HZ)
    n_lost = sum(run["n_lost"] for run in (*ours, held, seen))
    return [
        *backlog(ours, original),
        sustained(rate, held),
        *with_screen(seen, median(run["cpu_us"] for run in original)),
        Figure("trades lost in all these runs", f"{n_lost}", **at_most(n_lost, 0)),
    ]


def backlog(ours: list[Answer], original: list[Answer]) -> list[Figure]:
    """How fast each stores what is waiting for it; ratios are taken turn by turn."""
    mine, theirs = (median(run["rate"] for run in runs) for runs in (ours, original))
    mine_us, theirs_us = (median(run["cpu_us"] for run in runs) for runs in (ours, original))
    turns = list(zip(ours, original, strict=True))
    faster = median(a["rate"] / b["rate"] for a, b in turns)
    cheaper = median(b["cpu_us"] / a["cpu_us"] for a, b in turns)
    return [
        Figure(
            "socket to database, from a backlog: trades/s",
            f"{mine:,.0f}",
            f"{theirs:,.0f} original",
            against(faster),
            **at_least(faster, TIMES, "×"),
        ),
        Figure(
            "  CPU of it: µs/trade", f"{mine_us:.1f}", f"{theirs_us:.0f} original", against(cheaper)
        ),
    ]


def sustained(rate: int, held: Answer) -> Figure:
    """The original's own best rate, many times over, for some seconds."""
    lag_s = held["last_lag_ms"] / 1e3
    what = f"{TIMES} × the original's rate, {rate:,}/s for {SUSTAINED_S} s: last trade late by, s"
    return Figure(what, f"{lag_s:.2f}", **at_most(lag_s, 1))


def with_screen(seen: Answer, original_us: float) -> list[Figure]:
    """A steady rate while a screen is computed four times a second."""
    lag, refresh = ("/".join(f"{ms:.0f}" for ms in seen[name]) for name in ("lag_ms", "refresh_ms"))
    cores = RATE * original_us / 1e6
    return [
        Figure(
            f"{RATE:,}/s frame by frame and {SCREEN_HZ} refreshes/s: cores",
            f"{seen['core']:.2f}",
            f"{cores:.1f} original, no screen",
            against(cores / seen["core"]),
            **at_most(seen["core"], 0.5),
        ),
        Figure("  sent to stored, p50/p99: ms", lag),
        Figure("  refresh on the same core, p50/p95: ms", refresh),
    ]
