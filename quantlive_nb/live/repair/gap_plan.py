"""Which missing ids to fetch next, and which are too old: pure arithmetic on ids."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.store.tape.coverage import Coverage, Gap, Range
from quantlive_nb.types import Trade, Trades

__all__ = ["Block", "Plan", "blocks", "distance", "due", "likely", "plan"]

PAGE = 1_000
STRAY_US: Micros = 60 * SECOND
"""Tolerance by which a repaired trade may lie outside its gap's times."""


class Block(NamedTuple):
    """A part of a gap that one request can fetch.

    Examples
    --------
    >>> Block("BTCUSDT", 0, Gap(1, 9, 0, 0)).key
    ('BTCUSDT', 0)
    """

    symbol: str
    number: int
    gap: Gap

    @property
    def key(self) -> tuple[str, int]:
        """A key that stays the same while parts of the ids arrive."""
        return self.symbol, self.number


class Plan(NamedTuple):
    """The plan for a symbol's history: ids to skip, and ids that are wanted."""

    skipped: tuple[Gap, ...]
    wanted: "Range | None"


def blocks(
    symbol: str, gap: Gap, *, is_by_id: bool, focus_us: "Micros | None" = None
) -> Iterator[Block]:
    """Parts of a gap in the order of fetching.

    Parameters
    ----------
    is_by_id : bool
        Whether any id can be requested; else a gap can only be filled from its start.
    focus_us : int or None, µs UTC
        The time shown on the page; None for the newest.

    Notes
    -----
    Pages begin at multiples of a thousand, so that a gap is always split in the same places.

    Examples
    --------
    >>> [b.gap[:2] for b in blocks("A", Gap(1_500, 3_700, 0, 0), is_by_id=True)]
    [(3000, 3700), (2000, 2999), (1500, 1999)]
    >>> [b.gap[:2] for b in blocks("A", Gap(1_500, 3_700, 0, 0), is_by_id=False)]
    [(1500, 3700)]
    """
    if not is_by_id:
        yield Block(symbol, gap.from_id, gap)
        return
    first, last = gap.from_id // PAGE, gap.to_id // PAGE
    middle = last if focus_us is None else _at(gap, focus_us) // PAGE
    for number in outward(middle, first, last):
        from_id = max(number * PAGE, gap.from_id)
        to_id = min(number * PAGE + PAGE - 1, gap.to_id)
        yield Block(symbol, number, gap._replace(from_id=from_id, to_id=to_id))


def due(
    found: Sequence[tuple[str, Gap]], *, is_by_id: bool, focus_us: "Micros | None" = None
) -> Iterator[Block]:
    """Blocks of many symbols' gaps, those nearest to the shown time first.

    Examples
    --------
    >>> gaps = [("A", Gap(1, 2, 100, 200)), ("B", Gap(8, 9, 800, 900))]
    >>> [block.symbol for block in due(gaps, is_by_id=True)]
    ['B', 'A']
    """
    far = [distance(gap, focus_us) for _, gap in found]
    for at in np.argsort(far, kind="stable"):
        symbol, gap = found[at]
        yield from blocks(symbol, gap, is_by_id=is_by_id, focus_us=focus_us)


def distance(gap: Gap, focus_us: "Micros | None") -> float:
    """Distance of a gap from the shown time, or from now.

    Examples
    --------
    >>> old, new = Gap(1, 2, 100, 200), Gap(8, 9, 800, 900)
    >>> distance(old, 250), distance(new, 250), distance(new, None) < distance(old, None)
    (50.0, 550.0, True)
    """
    if focus_us is None:
        return -float(gap.to_ts)
    return float(max(gap.from_ts - focus_us, focus_us - gap.to_ts, 0))


def outward(middle: int, first: int, last: int) -> Iterator[int]:
    """All numbers of a range, from its middle outward.

    Examples
    --------
    >>> list(outward(3, 1, 7))
    [3, 4, 2, 5, 1, 6, 7]
    """
    for far in range(max(middle - first, last - middle) + 1):
        for number in dict.fromkeys((middle + far, middle - far)):
            if first <= number <= last:
                yield number


def plan(coverage: Coverage, symbol: str, newest: Trade, first: "Trade | None") -> Plan:
    """Which ids a symbol's tape needs at the start.

    Parameters
    ----------
    newest : Trade
        The exchange's newest trade.
    first : Trade or None
        The first trade within the preload window; None without preload.

    Examples
    --------
    >>> held = Coverage({"A": [Range(1, 9, 10, 90)]})
    >>> trade = Trade("v", "A", 50, 50, "1", "1", True, 500, 500, 500)
    >>> plan(held, "A", trade, trade._replace(trade_id=41, last_id=41, ts_exch=410))
    Plan(skipped=(Gap(from_id=10, to_id=40, from_ts=90, to_ts=410),), \
wanted=Range(from_id=41, to_id=50, from_ts=410, to_ts=500))
    """
    start = newest.last_id + 1 if first is None else first.trade_id
    start_ts = newest.ts_exch if first is None else first.ts_exch
    wanted = None
    if start <= newest.last_id:
        wanted = Range(start, newest.last_id, start_ts, max(newest.ts_exch, start_ts))
    gaps = coverage.gaps(symbol)
    held = coverage.ranges.get(symbol)
    if held and held[-1].to_id < start - 1:
        gaps = [*gaps, Gap(held[-1].to_id + 1, start - 1, held[-1].to_ts, start_ts)]
    old = [gap for gap in gaps if gap.from_id < start]
    return Plan(
        tuple(
            gap
            if gap.to_id < start
            else gap._replace(to_id=start - 1, to_ts=max(gap.from_ts, start_ts))
            for gap in old
        ),
        wanted,
    )


def likely(trades: Trades, gap: Gap) -> Trades:
    """The trades whose times fit the gap."""
    near = (trades.ts_exch >= gap.from_ts - STRAY_US) & (trades.ts_exch <= gap.to_ts + STRAY_US)
    return trades if near.all() else trades.select(near)


def _at(gap: Gap, ts: Micros) -> int:
    """The id at a time, by linear interpolation."""
    part = (ts - gap.from_ts) / max(gap.to_ts - gap.from_ts, 1)
    return gap.from_id + int(min(max(part, 0.0), 1.0) * (gap.to_id - gap.from_id))
