"""Which trade ids are stored, as merged ranges; says what is new and what is missing.

This file knows no SQL: the database tells it once what it holds, then it keeps count itself.
"""

import bisect
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from quantlive_nb.interval import Micros
from quantlive_nb.types import Bools, Ints, Trades

__all__ = ["Coverage", "Gap", "Range"]


class Range(NamedTuple):
    """Ids ``from_id..to_id`` are all stored; the first was traded at from_ts, the last at to_ts."""

    from_id: int
    to_id: int
    from_ts: Micros
    to_ts: Micros


class Gap(NamedTuple):
    """Ids ``from_id..to_id`` are missing; their trades happened from from_ts to to_ts."""

    from_id: int
    to_id: int
    from_ts: Micros
    to_ts: Micros

    @property
    def n_missing(self) -> int:
        """How many ids."""
        return self.to_id - self.from_id + 1


@dataclass
class Coverage:
    """The stored ids of every symbol of one venue.

    Examples
    --------
    >>> coverage = Coverage()
    >>> coverage.add("BTCUSDT", Range(5, 9, 100, 200))
    >>> coverage.add("BTCUSDT", Range(12, 12, 300, 300))
    >>> coverage.gaps("BTCUSDT")
    [Gap(from_id=10, to_id=11, from_ts=200, to_ts=300)]
    >>> coverage.add("BTCUSDT", Range(10, 11, 210, 220))
    >>> coverage.ranges["BTCUSDT"], coverage.n_missing("BTCUSDT")
    ([Range(from_id=5, to_id=12, from_ts=100, to_ts=300)], 0)
    """

    ranges: dict[str, list[Range]] = field(default_factory=dict)

    def fresh(self, trades: Trades) -> Bools:
        """Which rows hold only ids that are neither stored nor earlier in the same batch.

        Notes
        -----
        Ids beyond the newest stored one, in ascending order, cost one comparison a batch; only
        reordered or repeated trades are looked at one by one.
        """
        keep = np.ones(len(trades), np.bool_)
        for symbol in dict.fromkeys(trades.symbol.tolist()):
            rows = np.flatnonzero(trades.symbol == symbol)
            first, last = trades.trade_id[rows], trades.last_id[rows]
            held = self.ranges.get(symbol, [])
            if (not held or first[0] > held[-1].to_id) and bool((first[1:] > last[:-1]).all()):
                continue
            seen = Coverage({symbol: list(held)})
            for row, a, b in zip(rows.tolist(), first.tolist(), last.tolist(), strict=True):
                keep[row] = not seen.touches(symbol, a, b)
                if keep[row]:
                    seen.add(symbol, Range(a, b, 0, 0))
        return keep

    def book(self, trades: Trades) -> None:
        """Count these rows as stored; every one of them must be fresh."""
        for symbol in dict.fromkeys(trades.symbol.tolist()):
            rows = trades.symbol == symbol
            order = np.argsort(trades.trade_id[rows], kind="stable")
            mine = (trades.trade_id[rows], trades.last_id[rows], trades.ts_exch[rows])
            for stretch in runs(*(column[order] for column in mine)):
                self.add(symbol, stretch)

    def add(self, symbol: str, new: Range) -> None:
        """Insert a range that overlaps none, merging it with the neighbours it touches."""
        held = list(self.ranges.get(symbol, ()))  # swapped whole: other threads are reading
        at = bisect.bisect_left(held, new)
        if at < len(held) and held[at].from_id == new.to_id + 1:
            after = held.pop(at)
            new = new._replace(to_id=after.to_id, to_ts=after.to_ts)
        if at > 0 and held[at - 1].to_id + 1 == new.from_id:
            before = held.pop(at - 1)
            new = new._replace(from_id=before.from_id, from_ts=before.from_ts)
            at -= 1
        held.insert(at, new)
        self.ranges[symbol] = held

    def touches(self, symbol: str, from_id: int, to_id: int) -> bool:
        """Whether any of these ids is stored."""
        held = self.ranges.get(symbol, [])
        at = bisect.bisect_right(held, to_id, key=lambda r: r.from_id)
        return at > 0 and held[at - 1].to_id >= from_id

    def gaps(self, symbol: str) -> list[Gap]:
        """The missing ranges between the first and the last stored id, oldest first."""
        held = self.ranges.get(symbol, [])
        return [
            Gap(a.to_id + 1, b.from_id - 1, *sorted((a.to_ts, b.from_ts)))
            for a, b in itertools.pairwise(held)
        ]

    def n_missing(self, *symbols: str) -> int:
        """How many ids are missing in these symbols' gaps."""
        return sum(gap.n_missing for symbol in symbols for gap in self.gaps(symbol))

    def start(self, symbol: str) -> "Micros | None":
        """When the first stored trade happened; what came before it in its bar is unknown."""
        held = self.ranges.get(symbol)
        return held[0].from_ts if held else None


def runs(first: Ints, last: Ints, ts: Ints) -> Iterable[Range]:
    """Stretches of contiguous ids in sorted rows."""
    breaks = np.flatnonzero(first[1:] != last[:-1] + 1) + 1
    for a, b in zip([0, *breaks.tolist()], [*breaks.tolist(), len(first)], strict=True):
        yield Range(int(first[a]), int(last[b - 1]), int(ts[a]), int(ts[b - 1]))
