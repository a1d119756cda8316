"""All ordered pairs of 200 symbols over 1 000 bars, beside a loop over statsmodels' coint.

This file knows no page; both run in one process, with one thread of linear algebra for each.
"""

import json
import os
import time
import warnings
from unittest.mock import patch

import numpy as np

from quantlive_nb.analytics.scan.engle_granger_batch import EGBatch, engle_granger_batch
from quantlive_nb.analytics.scan.scan import scan
from tests.bench.process import child
from tests.bench.table import Figure, against, at_least

__all__ = ["measure"]

N_SYMBOLS, N_BARS = 200, 1_000
ROUNDS = 5
SAMPLE = {1: 200, "aic": 12}
"""Pairs of each round of the loop; every round has others."""
THREADS = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")}


def measure() -> list[Figure]:
    """Pairs a second with one lag and with the choice by AIC, and the whole scan."""
    with patch.dict(os.environ, THREADS):
        answer = child("scan")
    figures = []
    for name in ("lag 1", "lags by AIC"):
        ours, loop, error = answer[name]
        figures += [
            Figure(
                f"Engle-Granger of {N_SYMBOLS * (N_SYMBOLS - 1):,} pairs, {name}: pairs/s",
                f"{ours:,.0f}",
                f"{loop:,.0f} coint",
                against(ours / loop),
                **at_least(ours / loop, 1_000, "×"),
            ),
            Figure("  largest difference of a statistic", f"{error:.0e}"),
        ]
    return [*figures, Figure("  the whole scan, with a holdout: s", f"{answer['scan_s']:.2f}")]


def panel() -> np.ndarray:
    """Log prices: one common walk in different measure, and a walk of each symbol's own."""
    rng = np.random.default_rng(1)
    common, own = rng.normal(size=N_BARS), rng.normal(size=(N_SYMBOLS, N_BARS))
    return 1e-3 * (rng.uniform(0, 2, size=(N_SYMBOLS, 1)) * common + own).cumsum(axis=1)


def compare(rows: np.ndarray, lags: "int | str") -> tuple[float, float, float]:
    """Pairs a second of ours and of the loop, in turns, the best of each; and how they differ."""
    y, x = np.nonzero(~np.eye(N_SYMBOLS, dtype=bool))
    chance, ours, loop, error = np.random.default_rng(2), 0.0, 0.0, 0.0
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        found = engle_granger_batch(rows, y, x, lags)
        ours = max(ours, len(y) / (time.perf_counter() - begun))
        some = chance.choice(len(y), SAMPLE[lags], replace=False)
        speed, difference = loop_over(rows, y, x, some, found, lags)
        loop, error = max(loop, speed), max(error, difference)
    return ours, loop, error


def loop_over(
    rows: np.ndarray, y: np.ndarray, x: np.ndarray, some: np.ndarray, found: EGBatch, lags: object
) -> tuple[float, float]:
    """Pairs a second of statsmodels, and its largest difference from what was found."""
    from statsmodels.tsa.stattools import coint

    how = {"autolag": "aic"} if lags == "aic" else {"autolag": None, "maxlag": lags}
    begun = time.perf_counter()
    stats = [coint(rows[y[at]], rows[x[at]], **how)[0] for at in some]
    took = time.perf_counter() - begun
    return len(some) / took, float(np.abs(found.stat[some] - stats).max())


def main() -> None:
    """Measure in this process and print one line of JSON."""
    warnings.simplefilter("error")
    rows = panel()
    answer: dict[str, object] = {"lag 1": compare(rows, 1), "lags by AIC": compare(rows, "aic")}
    closes = {f"S{at}": np.exp(row) for at, row in enumerate(rows)}
    begun = time.perf_counter()
    scan(closes)
    answer["scan_s"] = time.perf_counter() - begun
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
