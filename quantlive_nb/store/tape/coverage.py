"""Coverage: stored trade ids as merged ranges; what is new, missing or skipped.

It is loaded from the database once and then maintained in memory.
"""

import bisect
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.store.tape.id_range import (
    Era,
    Gap,
    Range,
    between,
    runs,
    seam,
    stretches,
    without,
)
from quantlive_nb.types import Bools, Ints, Trades

__all__ = ["SLACK_US", "Coverage", "Gap", "Range", "runs", "stretches", "without"]

SLACK_US: Micros = 5 * SECOND
"""Ids and times ascend together, up to this tolerance."""


@dataclass
class Coverage:
    """The stored ids of every symbol of one venue.

    Attributes
    ----------
    ranges, skipped, wanted : dict by symbol
        Of the current era.
    eras : dict by symbol
        Number of the current era of each symbol; absent for 0.
    past : dict by symbol
        Earlier eras, oldest first.

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

    eras: dict[str, int] = field(default_factory=dict)
    past: dict[str, list[Era]] = field(default_factory=dict)

    def fresh(self, trades: Trades, slow: "list[str] | None" = None) -> Bools:
        """Which rows hold only ids that are neither stored nor earlier in the same batch.

        Parameters
        ----------
        trades : Trades
        slow : list of str, optional
            Receives the symbols with ids not beyond the newest stored one.

        Notes
        -----
        Ascending ids beyond the newest stored one cost one comparison per batch; only reordered or
        repeated trades are checked one by one.
        """
        keep = np.ones(len(trades), np.bool_)
        for symbol in dict.fromkeys(trades.symbol.tolist()):
            rows = np.flatnonzero(trades.symbol == symbol)
            first, last = trades.trade_id[rows], trades.last_id[rows]
            held = self.ranges.get(symbol, [])
            if (not held or first[0] > held[-1].to_id) and bool((first[1:] > last[:-1]).all()):
                continue
            if slow is not None:
                slow.append(symbol)
            seen = Coverage({symbol: list(held)})
            for row, a, b in zip(rows.tolist(), first.tolist(), last.tolist(), strict=True):
                keep[row] = not seen.touches(symbol, a, b)
                if keep[row]:
                    seen.add(symbol, Range(a, b, 0, 0))
        return keep

    def book(self, trades: Trades) -> None:
        """Add these rows; every one must be fresh."""
        for symbol, stretch in stretches(trades):
            self.add(symbol, stretch)

    def add(self, symbol: str, new: Range) -> None:
        """Insert a range that overlaps none, merging it with the neighbours it touches."""
        held = list(self.ranges.get(symbol, ()))  # replaced as a whole, as other threads read it
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
        """Note ids that the exchange has; those not stored become gaps.

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
        """Mark missing ids as skipped: they are no longer a gap."""
        held = [*self.skipped.get(symbol, ()), Range(*gap)]
        self.skipped[symbol] = sorted(held)

    def era(self, symbol: str) -> int:
        """The number of the current era; 0 is the first."""
        return self.eras.get(symbol, 0)

    def eras_of(self, trades: Trades) -> Ints:
        """The current era of each row's symbol."""
        if not self.eras:
            return np.zeros(len(trades), np.int64)
        return np.array([self.era(symbol) for symbol in trades.symbol.tolist()], np.int64)

    def turn(self, symbol: str) -> None:
        """Begin a new era: the ids of a symbol were restarted.

        Examples
        --------
        >>> coverage = Coverage({"BTCUSDT": [Range(5, 9, 100, 200)]})
        >>> coverage.turn("BTCUSDT")
        >>> coverage.add("BTCUSDT", Range(1, 2, 300, 400))
        >>> coverage.era("BTCUSDT"), coverage.turns("BTCUSDT"), coverage.gaps("BTCUSDT")
        (1, [300], [])
        >>> coverage.holes("BTCUSDT")
        [Gap(from_id=1, to_id=0, from_ts=200, to_ts=300)]
        """
        old = Era(self.era(symbol), self.ranges.get(symbol, []), self.skipped.pop(symbol, []))
        self.past[symbol] = [*self.past.get(symbol, ()), old]
        self.eras[symbol] = old.number + 1
        self.ranges[symbol] = []
        self.wanted.pop(symbol, None)

    def is_contradicted(self, symbol: str, last_id: int, ts: Micros) -> bool:
        """Whether a trade is later than a stored one with a higher id.

        Examples
        --------
        >>> coverage = Coverage({"BTCUSDT": [Range(5, 9, 100, 200)]})
        >>> [coverage.is_contradicted("BTCUSDT", 1, ts) for ts in (100, 9**9)]
        [False, True]
        """
        held = self.ranges.get(symbol, [])
        at = bisect.bisect_right(held, last_id, key=lambda r: r.to_id)
        if at == len(held):
            return False
        above = held[at]
        return ts > SLACK_US + (above.from_ts if last_id < above.from_id else above.to_ts)

    @contextlib.contextmanager
    def turning(self, symbol: str) -> Iterator[None]:
        """:meth:`turn`, undone if the block, which stores the first trades of the era, fails."""
        skipped, wanted = self.skipped.get(symbol), self.wanted.get(symbol)
        self.turn(symbol)
        try:
            yield
        except BaseException:
            *self.past[symbol], old = self.past[symbol]
            self.eras[symbol], self.ranges[symbol] = old.number, old.ranges
            self.skipped |= {symbol: skipped} if skipped else {}
            self.wanted |= {symbol: wanted} if wanted else {}
            raise

    def turns(self, symbol: str) -> list[Micros]:
        """Start of each era but the oldest, by its first stored trade."""
        eras = [*(era.ranges for era in self.past.get(symbol, ())), self.ranges.get(symbol, [])]
        return [held[0].from_ts for held in eras if held][1:]

    def said(self, symbol: str) -> str:
        """A sentence that a symbol's ids were restarted; empty if they never were."""
        turns = self.turns(symbol)
        if not turns:
            return ""
        when = datetime.fromtimestamp(turns[-1] / SECOND, UTC)
        return (
            f"the trade ids of {symbol} began anew at {when:%Y-%m-%d %H:%M} UTC: the trades "
            "before are kept apart, what came in between is not known"
        )

    def holes(self, symbol: str) -> list[Gap]:
        """Everything that is not stored: gaps and skipped ids, oldest first.

        Notes
        -----
        Between two eras an unknown number is missing: a hole with a count of 0.
        """
        found, end_ts = list[Gap](), None
        for era in self.past.get(symbol, ()):
            found += [*seam(end_ts, era.ranges), *between(era.ranges)]
            end_ts = era.ranges[-1].to_ts if era.ranges else end_ts
        return [*found, *seam(end_ts, self.ranges.get(symbol, [])), *self._holes(symbol)]

    def _holes(self, symbol: str) -> list[Gap]:
        """The holes of the current era."""
        return between(self.ranges.get(symbol, []), self.wanted.get(symbol))

    def gaps(self, symbol: str) -> list[Gap]:
        """The missing ranges of the current era that were not skipped, oldest first."""
        skipped = self.skipped.get(symbol, [])
        if not skipped:
            return self._holes(symbol)
        return [part for hole in self._holes(symbol) for part in without(hole, skipped)]

    def n_missing(self, *symbols: str) -> int:
        """Number of ids missing in these symbols' gaps."""
        return sum(gap.n_missing for symbol in symbols for gap in self.gaps(symbol))

    def n_held(self, *symbols: str) -> int:
        """Number of stored ids of these symbols, in all eras."""
        held = (r for symbol in symbols for r in self.ranges.get(symbol, ()))
        eras = (era for symbol in symbols for era in self.past.get(symbol, ()))
        old = (r for era in eras for r in era.ranges)
        return sum(r.to_id - r.from_id + 1 for r in (*held, *old))

    def n_turns(self, *symbols: str) -> int:
        """How often the ids of these symbols were restarted."""
        return sum(len(self.turns(symbol)) for symbol in symbols)

    def n_lost(self, *symbols: str) -> int:
        """Number of ids missing in earlier eras, which cannot be fetched."""
        eras = ((symbol, era) for symbol in symbols for era in self.past.get(symbol, ()))
        return sum(Coverage({s: e.ranges}, {s: e.skipped}).n_missing(s) for s, e in eras)

    def n_skipped(self, *symbols: str) -> int:
        """Number of skipped ids of these symbols that have not arrived since."""
        holes = sum(gap.n_missing for symbol in symbols for gap in self._holes(symbol))
        return holes - self.n_missing(*symbols)

    def absent(self, symbol: str, from_id: int, to_id: int) -> list[tuple[int, int]]:
        """The parts of an id range that are not stored.

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

    def start(self, symbol: str, *, of_era: bool = False) -> "Micros | None":
        """Time of the first stored trade of the current era.

        Earlier trades of its bar are unknown.
        """
        if of_era and self.ranges.get(symbol):
            return self.ranges[symbol][0].from_ts
        eras = (*(era.ranges for era in self.past.get(symbol, ())), self.ranges.get(symbol, []))
        return next((held[0].from_ts for held in eras if held), None)
