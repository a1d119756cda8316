"""Ranges of trade ids: stored, missing, of an earlier era, and those in a batch."""

import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from quantlive_nb.interval import Micros
from quantlive_nb.types import Ints, Trades

__all__ = [
    "Era",
    "Gap",
    "Range",
    "between",
    "pieces",
    "runs",
    "seam",
    "stretches",
    "without",
]


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
        """Number of ids."""
        return self.to_id - self.from_id + 1


class Era(NamedTuple):
    """The stored ranges of an earlier era; nothing is added to it."""

    number: int
    ranges: list[Range]
    skipped: list[Range]


def between(held: list[Range], wanted: "Range | None" = None) -> list[Gap]:
    """The gaps between ranges and, where more ids are wanted, before and after them.

    Examples
    --------
    >>> between([Range(1, 4, 10, 40), Range(8, 8, 80, 80)], Range(1, 9, 10, 90))
    [Gap(from_id=5, to_id=7, from_ts=40, to_ts=80), Gap(from_id=9, to_id=9, from_ts=80, to_ts=90)]
    """
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


def seam(end_ts: "Micros | None", held: list[Range]) -> list[Gap]:
    """The hole of unknown size (count 0) between an era and the next."""
    if end_ts is None or not held:
        return []
    first = held[0]
    return [Gap(first.from_id, first.from_id - 1, *sorted((end_ts, first.from_ts)))]


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
    return ((symbol, held) for symbol, held, _ in pieces(trades))


def pieces(trades: Trades) -> Iterator[tuple[str, Range, Ints]]:
    """Each symbol's runs of contiguous ids, and which rows hold them."""
    for symbol in dict.fromkeys(trades.symbol.tolist()):
        rows = np.flatnonzero(trades.symbol == symbol)
        rows = rows[np.argsort(trades.trade_id[rows], kind="stable")]
        at = 0
        for held, n in counted(trades.trade_id[rows], trades.last_id[rows], trades.ts_exch[rows]):
            yield symbol, held, rows[at : at + n]
            at += n


def runs(first: Ints, last: Ints, ts: Ints) -> Iterable[Range]:
    """Stretches of contiguous ids in sorted rows."""
    return (held for held, _ in counted(first, last, ts))


def counted(first: Ints, last: Ints, ts: Ints) -> Iterator[tuple[Range, int]]:
    """The same, with the number of rows in each."""
    breaks = np.flatnonzero(first[1:] != last[:-1] + 1) + 1
    for a, b in itertools.pairwise([0, *breaks.tolist(), len(first)]):
        yield Range(int(first[a]), int(last[b - 1]), int(ts[a]), int(ts[b - 1])), b - a
