"""Which trade ids are stored, as merged ranges; says what is new, what is missing, what skipped.

This file knows no SQL: the database tells it once what it holds, then it keeps count itself.
"""

import bisect
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from quantlive_nb.interval import Micros
from quantlive_nb.types import Bools, Ints, Trades

__all__ = ["Coverage", "Gap", "Range", "stretches"]


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
    skipped: dict[str, list[Range]] = field(default_factory=dict)
    """Ids that were passed over on purpose: no gap, and no part of a complete bar either."""
    wanted: dict[str, Range] = field(default_factory=dict, compare=False)
    """Ids that ought to be here, by what the exchange said of its first and its newest."""

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
        for symbol, stretch in stretches(trades):
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

    def want(self, symbol: str, new: Range) -> None:
        """Take note of ids that the exchange has; those that are not held are gaps from now on.

        Examples
        --------
        >>> coverage = Coverage({"BTCUSDT": [Range(5, 9, 100, 200)]})
        >>> coverage.want("BTCUSDT", Range(3, 12, 50, 300))
        >>> [(gap.from_id, gap.to_id) for gap in coverage.gaps("BTCUSDT")]
        [(3, 4), (10, 12)]
        """
        old = self.wanted.get(symbol, new)
        first, last = min(old, new), max(old, new, key=lambda r: r.to_id)
        self.wanted[symbol] = first._replace(to_id=last.to_id, to_ts=last.to_ts)

    def skip(self, symbol: str, gap: "Gap") -> None:
        """Pass over missing ids: they are no gap any more."""
        held = [*self.skipped.get(symbol, ()), Range(*gap)]
        self.skipped[symbol] = sorted(held)

    def holes(self, symbol: str) -> list[Gap]:
        """Everything that is not held: gaps, and what was skipped; oldest first."""
        held = self.ranges.get(symbol, [])
        wanted = self.wanted.get(symbol)
        holes = [
            Gap(a.to_id + 1, b.from_id - 1, *sorted((a.to_ts, b.from_ts)))
            for a, b in itertools.pairwise(held)
        ]
        if wanted is None:
            return holes
        if not held:
            return [Gap(*wanted)]
        first, last = held[0], held[-1]
        if wanted.from_id < first.from_id:
            start, end = sorted((wanted.from_ts, first.from_ts))
            holes.insert(0, Gap(wanted.from_id, first.from_id - 1, start, end))
        if wanted.to_id > last.to_id:
            holes.append(Gap(last.to_id + 1, wanted.to_id, *sorted((last.to_ts, wanted.to_ts))))
        return holes

    def gaps(self, symbol: str) -> list[Gap]:
        """The missing ranges that were not skipped, oldest first."""
        skipped = self.skipped.get(symbol, [])
        if not skipped:
            return self.holes(symbol)
        return [part for hole in self.holes(symbol) for part in without(hole, skipped)]

    def n_missing(self, *symbols: str) -> int:
        """How many ids are missing in these symbols' gaps."""
        return sum(gap.n_missing for symbol in symbols for gap in self.gaps(symbol))

    def n_held(self, *symbols: str) -> int:
        """How many ids of these symbols are held."""
        held = (r for symbol in symbols for r in self.ranges.get(symbol, ()))
        return sum(r.to_id - r.from_id + 1 for r in held)

    def n_skipped(self, *symbols: str) -> int:
        """How many ids of these symbols were skipped and have not come since."""
        holes = sum(gap.n_missing for symbol in symbols for gap in self.holes(symbol))
        return holes - self.n_missing(*symbols)

    def absent(self, symbol: str, from_id: int, to_id: int) -> list[tuple[int, int]]:
        """The parts of an id range that are not held.

        Examples
        --------
        >>> Coverage({"BTCUSDT": [Range(5, 9, 100, 200)]}).absent("BTCUSDT", 3, 12)
        [(3, 4), (10, 12)]
        """
        parts, at = [], from_id
        for held in self.ranges.get(symbol, []):
            if held.to_id < at or held.from_id > to_id:
                continue
            if held.from_id > at:
                parts.append((at, held.from_id - 1))
            at = held.to_id + 1
        return [*parts, (at, to_id)] if at <= to_id else parts

    def start(self, symbol: str) -> "Micros | None":
        """When the first stored trade happened; what came before it in its bar is unknown."""
        held = self.ranges.get(symbol)
        return held[0].from_ts if held else None


def without(hole: Gap, skipped: list[Range]) -> list[Gap]:
    """The parts of a hole that were not skipped.

    Examples
    --------
    >>> without(Gap(1, 9, 10, 90), [Range(1, 4, 10, 40), Range(8, 8, 80, 80)])
    [Gap(from_id=5, to_id=7, from_ts=40, to_ts=80), Gap(from_id=9, to_id=9, from_ts=80, to_ts=90)]
    """
    parts, at, since = [], hole.from_id, hole.from_ts
    for part in skipped:
        if part.to_id < at or part.from_id > hole.to_id:
            continue
        if part.from_id > at:
            parts.append(Gap(at, part.from_id - 1, since, max(since, part.from_ts)))
        at, since = part.to_id + 1, max(since, part.to_ts)
    return (
        [*parts, Gap(at, hole.to_id, since, max(since, hole.to_ts))] if at <= hole.to_id else parts
    )


def stretches(trades: Trades) -> Iterator[tuple[str, Range]]:
    """Each symbol's runs of contiguous ids, in whatever order the rows are."""
    for symbol in dict.fromkeys(trades.symbol.tolist()):
        rows = trades.symbol == symbol
        order = np.argsort(trades.trade_id[rows], kind="stable")
        mine = (trades.trade_id[rows], trades.last_id[rows], trades.ts_exch[rows])
        for stretch in runs(*(column[order] for column in mine)):
            yield symbol, stretch


def runs(first: Ints, last: Ints, ts: Ints) -> Iterable[Range]:
    """Stretches of contiguous ids in sorted rows."""
    breaks = np.flatnonzero(first[1:] != last[:-1] + 1) + 1
    for a, b in zip([0, *breaks.tolist()], [*breaks.tolist(), len(first)], strict=True):
        yield Range(int(first[a]), int(last[b - 1]), int(ts[a]), int(ts[b - 1]))
