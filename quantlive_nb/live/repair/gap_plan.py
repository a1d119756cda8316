"""What to fetch next of what is missing, and what is too old for that: plain arithmetic on ids.

This file knows no request and no clock.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.store.tape.coverage import Coverage, Gap, Range
from quantlive_nb.types import Trade, Trades

__all__ = ["Block", "Plan", "blocks", "distance", "due", "likely", "plan"]

PAGE = 1_000
STRAY_US: Micros = 60 * SECOND
"""A repaired trade cannot lie further than this outside its gap's times."""


class Block(NamedTuple):
    """A piece of a gap that one request can fetch.

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
        """The same for the same ids, however much of them has come since."""
        return self.symbol, self.number


class Plan(NamedTuple):
    """What to do about the past of a symbol: ids to pass over, and ids that ought to be there."""

    skipped: tuple[Gap, ...]
    wanted: "Range | None"


def blocks(
    symbol: str, gap: Gap, *, is_by_id: bool, focus_us: "Micros | None" = None
) -> Iterator[Block]:
    """Pieces of a gap, the first to be fetched first.

    Parameters
    ----------
    is_by_id : bool
        Whether any id can be asked for; else a gap can only be filled from its beginning.
    focus_us : int or None, µs UTC
        The moment that is looked at; None for the newest.

    Notes
    -----
    Pages begin at round thousands, so that two looks at one gap cut it in the same places.

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
    """Blocks of many symbols' gaps, those nearest to what is looked at first.

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
    """How far a gap is from what is looked at; the newest is nearest when nothing is.

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
    """All numbers of a range, those next to its middle first.

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
    """What the tape of a symbol lacks at the start.

    Parameters
    ----------
    newest : Trade
        The exchange's newest.
    first : Trade or None
        The first within the preload window; None when nothing is to be preloaded.

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
    """The trades whose times can be those of a gap's."""
    near = (trades.ts_exch >= gap.from_ts - STRAY_US) & (trades.ts_exch <= gap.to_ts + STRAY_US)
    return trades if near.all() else trades.select(near)


def _at(gap: Gap, ts: Micros) -> int:
    """The id that was traded at a moment, if trades came evenly."""
    part = (ts - gap.from_ts) / max(gap.to_ts - gap.from_ts, 1)
    return gap.from_id + int(min(max(part, 0.0), 1.0) * (gap.to_id - gap.from_id))
