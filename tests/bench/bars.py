"""What a refresh costs as history grows, against resampling the whole history with pandas.

This file knows no socket and no page: trades go straight into a recorder, frames come out.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd  # noqa: F401  pandas is imported before it is timed

from quantlive_nb.analytics import SeriesMemo
from quantlive_nb.feed import Batch
from quantlive_nb.health import FeedState
from quantlive_nb.interval import SECOND
from quantlive_nb.live.attachment import Attachment
from quantlive_nb.live.recorder import Recorder
from quantlive_nb.live.snapshot.alert_runner import AlertRunner
from quantlive_nb.live.snapshot.build_snapshot import assemble
from quantlive_nb.live.snapshot.market_data import MarketData
from quantlive_nb.live.source import Options
from quantlive_nb.settings import Settings
from quantlive_nb.store import Store
from quantlive_nb.types import Trades
from tests.bench.exchange import FIRST_ID, SYMBOLS
from tests.bench.history import fill
from tests.bench.table import Figure, against, at_most

__all__ = ["measure"]

SIZES = {100_000: "10⁵", 1_000_000: "10⁶", 10_000_000: "10⁷"}
RATE = 100
"""Trades a second in the history: 10⁷ are more than a day."""
END_US = 1_700_000_000_000_000
STEP_US, N_NEW = SECOND // 4, 50
"""From one refresh to the next: a quarter of a second, and so many trades of each symbol."""
ROUNDS, ROUNDS_PANDAS = 60, 4
TICKS = "SELECT ts_exch AS ts, price::DOUBLE price, qty::DOUBLE qty FROM trades WHERE symbol = $s"


class Past:
    """A recording of some size that goes on, and its two pages: bars of 1 s and of 1 min."""

    def __init__(self, path: Path, n_trades: int) -> None:
        fill(path, n_trades, RATE, END_US, "simulated")
        self.n_trades, self.n_new = n_trades, 0
        options = Options(SYMBOLS, "simulated")
        self.recorder = Recorder(options, lambda: None, Attachment.own(Store(path)))
        self.tape = MarketData(self.recorder)
        self.watcher = AlertRunner(self.tape, {}, lambda: None)
        self.memos = {"1 s": SeriesMemo(), "1 min": SeriesMemo()}
        self.took_ms: dict[str, list[float]] = {name: [] for name in self.memos}
        self.pandas_ms: dict[str, list[float]] = {name: [] for name in self.memos}
        asked = [
            self.recorder.store.cursor().execute(TICKS, {"s": symbol}).df() for symbol in SYMBOLS
        ]
        self.ticks = [ticks.set_index("ts") for ticks in asked]

    def grow(self) -> None:
        """Take the next quarter of a second of both symbols."""
        now = END_US + (self.n_new // N_NEW + 1) * STEP_US
        ids = np.tile(FIRST_ID + self.n_new + np.arange(N_NEW), 2)
        ts = now - np.tile(np.arange(N_NEW)[::-1], 2) * (STEP_US // N_NEW)
        texts = (np.repeat(np.array(pair, object), N_NEW) for pair in (SYMBOLS, ("61000", "2600")))
        symbol, price = texts
        qty, is_buy = np.full(2 * N_NEW, "0.01", object), ids % 2 == 0
        batch = Trades("simulated", symbol, ids, ids, price, qty, is_buy, ts, ts, ts)
        asyncio.run(self.recorder._take(Batch(FeedState.LIVE, batch)))
        self.n_new += N_NEW

    def refresh(self, every: str) -> None:
        """Compute a frame as the page does, and note what it took."""
        every_us = {"1 s": SECOND, "1 min": 60 * SECOND}[every]
        settings = Settings(SYMBOLS[1], SYMBOLS[0], every_us)
        ask = lambda: assemble(self.tape, self.watcher, settings, self.memos[every])  # noqa: E731
        self.took_ms[every].append(timed_ms(ask))

    def resample(self, every: str) -> None:
        """Make the same bars from every trade with pandas, as the original does at each refresh."""
        rule = every.replace(" ", "")
        how = {"price": "ohlc", "qty": "sum"}
        bars = [lambda ticks=ticks: ticks.resample(rule).agg(how) for ticks in self.ticks]
        self.pandas_ms[every].append(sum(timed_ms(make) for make in bars))


def timed_ms(work: Callable[[], object]) -> float:
    """What one call takes."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1e3


def measure() -> list[Figure]:
    """All sizes in turns, so that whatever else the machine does falls on each alike."""
    with tempfile.TemporaryDirectory() as folder:
        warm, *pasts = (Past(Path(folder) / f"{n}.duckdb", n) for n in (50_000, *SIZES))
        for turn in range(ROUNDS + 1):
            for past in pasts if turn else (warm, *pasts):
                past.grow()
                for every in past.memos:
                    past.refresh(every)
                    if turn % (ROUNDS // ROUNDS_PANDAS) == 1:
                        past.resample(every)
        for past in (warm, *pasts):
            past.recorder.store.close()
    return [figure for every in pasts[0].memos for figure in figures(pasts, every)]


def figures(pasts: list[Past], every: str) -> list[Figure]:
    """The refresh at each size; the first answer, which reads the past once, stands apart."""
    lines, medians = [], []
    for past in pasts:
        p50, p95 = np.percentile(past.took_ms[every][1:], [50, 95])
        medians.append(p50)
        pandas_ms = np.median(past.pandas_ms[every])
        lines.append(
            Figure(
                f"refresh at {SIZES[past.n_trades]} trades, {every} bars, p50/p95: ms",
                f"{p50:.1f}/{p95:.1f}",
                f"{pandas_ms:.0f} pandas",
                against(pandas_ms / p50),
                **at_most(p50, 15, " ms"),
            )
        )
    grown = medians[-1] / medians[0]
    first = "/".join(f"{past.took_ms[every][0]:.0f}" for past in pasts)
    return [
        *lines,
        Figure("  10⁷ against 10⁵", f"{grown:.2f}×", **at_most(grown, 1.5, "×")),
        Figure(f"  first answer at {'/'.join(SIZES.values())}: ms", first),
    ]
