"""Bars of a symbol and closes of a pair from a recording, at market time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantlive_nb.errors import UsageError
from quantlive_nb.interval import Micros
from quantlive_nb.live.recorder import Recorder
from quantlive_nb.types import Bars, Bools, Pair, PairSpec

__all__ = ["MarketData", "aligned", "paired", "shared"]


@dataclass(frozen=True, slots=True)
class MarketData:
    """The recorded data of one source; thread-safe, read-only."""

    recorder: Recorder

    @property
    def now_us(self) -> Micros:
        """Market time, µs UTC; 0 before the first trade."""
        return self.recorder.market.now_us()

    def bars(self, symbol: str, every_us: Micros, last_us: "Micros | None" = None) -> Bars:
        """Bars up to now, the forming one last; ``last_us`` looks back from now."""
        start_us = 0 if last_us is None else max(self.now_us - last_us, 0)
        return self.since(symbol, every_us, start_us)

    def since(self, symbol: str, every_us: Micros, start_us: Micros) -> Bars:
        """Bars from a moment up to now, the forming one last."""
        recorder, venue = self.recorder, self.recorder.venue
        if (venue, symbol) not in recorder.store.newest:
            return Bars.empty(venue, symbol, every_us)
        return recorder.reader.bars(venue, symbol, every_us, now_us=self.now_us, start_us=start_us)

    def confirmed_us(self, symbol: str) -> Micros:
        """Time up to which all trades of a symbol are stored, µs UTC; 0 if unknown."""
        store, key = self.recorder.store, (self.recorder.venue, symbol)
        return max(store.newest.get(key, 0), store.confirmed.get(key, 0))

    def pair(self, spec: PairSpec) -> Pair:
        """Closes of both legs where both bars are closed."""
        y, x = (self.bars(s, spec.every_us, spec.last_us) for s in (spec.y, spec.x))
        return paired(spec, y, x)

    def check(self, spec: PairSpec) -> None:
        """Raise if a pair is invalid.

        Raises
        ------
        UsageError
            If the legs are the same symbol, or one is empty.
        """
        if not (spec.y and spec.x):
            raise UsageError("a pair needs two symbols: name y and x")
        if spec.y == spec.x:
            raise UsageError(f"Y and X are both {spec.y}: choose two different symbols")


def aligned(y: Bars, x: Bars) -> tuple[Bars, Bars]:
    """The closed bars of both legs over their common time range."""
    y, x = shared((y, x))
    return y, x


def shared(bars: Sequence[Bars]) -> list[Bars]:
    """The closed bars of some symbols over the time range that all of them cover."""
    closed = [one.closed for one in bars]
    if not all(map(len, closed)):
        return [one.select(slice(0)) for one in closed]
    first = max((one.ts[0] for one in closed), default=0)
    last = min((one.ts[-1] for one in closed), default=0)
    return [one.select((one.ts >= first) & (one.ts <= last)) for one in closed]


def paired(spec: PairSpec, y: Bars, x: Bars) -> Pair:
    """Two legs' bars as a pair; counts bars that are filled or incomplete in either leg."""
    y, x = aligned(y, x)
    filled = (y.n_trades == 0) | (x.n_trades == 0)
    return Pair(spec, y.ts, y.close, x.close, int(filled.sum()), int((~whole(y, x)).sum()))


def whole(y: Bars, x: Bars) -> Bools:
    """Where both legs are complete."""
    return np.asarray(y.is_complete & x.is_complete)
