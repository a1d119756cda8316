"""The feed beside a busy cell: how late trades are while the main thread computes.

This file starts the kernel's stand-in and reads its answer.
"""

from tests.bench.process import child, exchange
from tests.bench.table import Figure, against, at_most

__all__ = ["measure"]

RATE = 5_000


def measure() -> list[Figure]:
    """Our switch interval against Python's own and against no cell, in turns of a second."""
    with exchange() as port:
        answer = child("cell", port, RATE)
    ours, plain, rest = (answer[kind] for kind in ("ours", "plain", "rest"))
    work = ours["n_loops"] / plain["n_loops"]
    return [
        Figure(
            f"feed lag beside a busy cell at {RATE:,}/s, p99: ms",
            f"{ours['p99_ms']:.1f}",
            f"{plain['p99_ms']:.1f} plain Python",
            against(plain["p99_ms"] / ours["p99_ms"]),
            **at_most(ours["p99_ms"], 20, " ms"),
        ),
        Figure(
            "  p50: ms",
            f"{ours['p50_ms']:.1f}",
            f"{plain['p50_ms']:.1f} plain Python",
            against(plain["p50_ms"] / ours["p50_ms"]),
        ),
        Figure("  without a cell, p50/p99: ms", f"{rest['p50_ms']:.1f}/{rest['p99_ms']:.1f}"),
        Figure("  work that the cell gets done", f"{work:.0%}", "100% plain Python"),
    ]
