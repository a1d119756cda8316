"""Rolling lines and Kalman filters beside statsmodels and pykalman, and a refresh of the page.

This file knows no page; ours and theirs run in one process, with one thread of linear algebra.
"""

import json
import os
import time
import warnings
from collections.abc import Callable
from unittest.mock import patch

import numpy as np

from quantlive_nb.analytics import SeriesMemo, adf, engle_granger, ols, rolling_ols, summary
from quantlive_nb.analytics.pair.kalman_recursion import filtered
from quantlive_nb.interval import SECOND
from quantlive_nb.settings import Windows
from quantlive_nb.types import Pair, PairSpec
from tests.bench.process import child
from tests.bench.scan import THREADS
from tests.bench.table import Figure, against, at_least, at_most

__all__ = ["measure"]

N_BARS, WINDOW = 100_000, 300
ROUNDS = 5
N_SAMPLE = 2_000
"""Bars that pykalman is timed on; its cost grows with their number, and so is scaled up."""
Q_LEVEL, Q_SLOPE = 1e-4, 0.1
"""Variances of a bar's shift and turn of the line, in those of its error."""
N_SHOWN = 900
"""Bars of the page, and those before them that its windows need."""


def measure() -> list[Figure]:
    """Milliseconds of ours and of theirs, and how far they differ."""
    with patch.dict(os.environ, THREADS):
        answer = child("statistic")
    figures = []
    for name, target in (("rolling OLS", 300), ("Kalman", 500)):
        ours, theirs, error, other = answer[name]
        figures += [
            Figure(
                f"{name}, {N_BARS:,} bars: ms",
                f"{ours:.1f}",
                f"{theirs:,.0f} {other}",
                against(theirs / ours),
                **at_least(theirs / ours, target, "×"),
            ),
            Figure("  largest relative difference", f"{error:.0e}"),
        ]
    plain = answer["rolling OLS"][0], answer["parameters alone"]
    ratio = against(plain[1] / plain[0])
    figures.insert(2, Figure("  without its standard errors: ms", "", f"{plain[1]:,.0f}", ratio))
    bar, tests = answer["refresh"]
    return [
        *figures,
        Figure("all rolling statistics of one new bar: ms", f"{bar:.2f}", **at_most(bar, 3, " ms")),
        Figure("  ADF and Engle-Granger by AIC, off the render thread: ms", f"{tests:.2f}"),
    ]


def prices() -> tuple[np.ndarray, np.ndarray]:
    """Log prices of two markets that hang together."""
    rng = np.random.default_rng(1)
    x = 11 + 1e-3 * rng.normal(size=N_BARS).cumsum()
    return 1 + 0.6 * x + 1e-3 * rng.normal(size=N_BARS), x


def best_ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The fastest of some runs."""
    took = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    return 1e3 * min(took)


def lines(y: np.ndarray, x: np.ndarray) -> tuple[tuple[float, float, float, str], float]:
    """Rolling lines: ours, statsmodels' as it is called, and statsmodels' without errors."""
    from statsmodels.regression.rolling import RollingOLS
    from statsmodels.tools import add_constant

    with_constant = add_constant(x)
    ours = best_ms(lambda: rolling_ols(y, x, WINDOW))
    theirs = best_ms(lambda: RollingOLS(y, with_constant, WINDOW).fit(), 1)
    alone = best_ms(lambda: RollingOLS(y, with_constant, WINDOW).fit(params_only=True), 2)
    want = RollingOLS(y, with_constant, WINDOW).fit(params_only=True).params[WINDOW - 1 : -1, 1]
    error = np.abs(rolling_ols(y, x, WINDOW).beta[WINDOW:] / want - 1).max()
    return (ours, theirs, float(error), "RollingOLS"), alone


def filters(y: np.ndarray, x: np.ndarray) -> tuple[float, float, float, str]:
    """The filter of a line that turns about each bar's x, beside pykalman's of that model."""
    from pykalman import KalmanFilter

    u, h = 1e3 * (y - y[0]), x - x[0]
    ours = best_ms(lambda: filtered(u, h, Q_LEVEL, Q_SLOPE))
    some, at = u[:N_SAMPLE], h[:N_SAMPLE]
    turns = np.array([np.ones(N_SAMPLE), -at]).T  # of each bar: about its own x
    steps = Q_SLOPE * turns[:, ::-1, np.newaxis] * turns[:, np.newaxis, ::-1]
    steps[:, 0, 0] += Q_LEVEL
    other = KalmanFilter(
        transition_matrices=np.eye(2),
        observation_matrices=np.stack([np.ones(N_SAMPLE), at], axis=1)[:, np.newaxis],
        observation_covariance=np.eye(1),
        transition_covariance=steps[:-1],
        initial_state_mean=np.zeros(2),
        initial_state_covariance=1e6 * np.eye(2),
    )
    theirs = best_ms(lambda: other.filter(some), 2) * N_BARS / N_SAMPLE
    means, _ = other.filter(some)
    _, slope, *_ = filtered(some, at, Q_LEVEL, Q_SLOPE)
    error = np.abs(slope[1:] - means[:-1, 1]).max() / np.abs(means[:, 1]).max()
    return ours, theirs, float(error), "pykalman"


def refresh(y: np.ndarray, x: np.ndarray) -> tuple[float, float]:
    """What one more closed bar costs a page, and the slow tests."""
    windows, memo, took = Windows(), SeriesMemo(), []
    for last in range(N_SHOWN, N_SHOWN + 60):
        part = slice(last - N_SHOWN, last)
        ts = np.arange(part.start, last) * SECOND
        pair = Pair(PairSpec("Y", "X", SECOND), ts, np.exp(y[part]), np.exp(x[part]), 0, 0)
        begun = time.perf_counter()
        memo(pair, windows)
        ols(pair.log_y[-windows.hedge :], pair.log_x[-windows.hedge :])
        summary(pair.y), summary(pair.x)
        took.append(1e3 * (time.perf_counter() - begun))
    logs = y[:2_000], x[:2_000]
    tests = best_ms(lambda: (adf(logs[0]), engle_granger(*logs)))
    return float(np.median(took[10:])), tests


def main() -> None:
    """Measure in this process and print one line of JSON."""
    warnings.simplefilter("ignore")
    y, x = prices()
    rolled, alone = lines(y, x)
    answer = {"rolling OLS": rolled, "parameters alone": alone, "Kalman": filters(y, x)}
    print(json.dumps(answer | {"refresh": refresh(y, x)}))


if __name__ == "__main__":
    main()
