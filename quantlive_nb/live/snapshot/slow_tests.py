"""The slow tests of a pair, recomputed when a bar has closed and five seconds have passed.

The alert engine's thread computes them; the render thread only reads.
"""

import time
from dataclasses import dataclass, field

from quantlive_nb.analytics import ADFResult, EGResult, adf, engle_granger, ols
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.interval import Micros
from quantlive_nb.live.snapshot.market_data import MarketData
from quantlive_nb.types import Pair, PairSpec

__all__ = ["SlowTests", "Tests"]

EVERY_S = 5.0
FORGET_S = 60.0


class Computing(NotEnoughData):
    """There is enough data; the first result is being computed."""

    @property
    def warming(self) -> str:
        """The state in a word."""
        return "computing"


@dataclass(frozen=True, slots=True)
class Tests:
    """ADF of the spread and Engle-Granger of the pair at one closed bar, or why there are none."""

    adf: ADFResult | NotEnoughData | UsageError
    engle_granger: EGResult | NotEnoughData | UsageError
    ts: Micros | None = None
    """Opening time of the last bar that they rest on."""

    @classmethod
    def of(cls, pair: Pair) -> "Tests":
        """Both tests on log closes; the spread is the residual of OLS on the same bars."""
        y, x = pair.log_y, pair.log_x
        try:
            dickey_fuller = adf(ols(y, x).residuals(y, x), estimated=True)
        except (NotEnoughData, UsageError) as exc:
            return cls(exc, exc)
        try:
            return cls(dickey_fuller, engle_granger(y, x), int(pair.ts[-1]))
        except (NotEnoughData, UsageError) as exc:
            return cls(dickey_fuller, exc, int(pair.ts[-1]))


@dataclass(slots=True)
class Entry:
    """One pair's tests: when they were last read and last computed."""

    tests: Tests
    asked_s: float
    ran_s: float = 0.0


@dataclass
class SlowTests:
    """The tests of every pair that is shown."""

    _entries: dict[PairSpec, Entry] = field(default_factory=dict)

    def read(self, spec: PairSpec, n_bars: int) -> Tests:
        """The latest result; reading keeps the pair scheduled for a minute."""
        entry = self._entries.get(spec)
        if entry is None:
            pending = Computing("the test", n_bars, n_bars)
            entry = Entry(Tests(pending, pending), time.monotonic())
            self._entries[spec] = entry
        entry.asked_s = time.monotonic()
        return entry.tests

    def work(self, tape: MarketData) -> None:
        """Compute the tests that are due: a bar has closed and the last run was 5 s ago."""
        now = time.monotonic()
        for spec, entry in list(self._entries.items()):
            if now - entry.asked_s > FORGET_S:
                del self._entries[spec]
            elif now - entry.ran_s >= EVERY_S:
                pair = tape.pair(spec)
                if len(pair) and int(pair.ts[-1]) != entry.tests.ts:
                    entry.tests, entry.ran_s = Tests.of(pair), time.monotonic()
