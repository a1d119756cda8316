"""Detects ids that were restarted: trades that contradict the stored ones, and how many suffice."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np

from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.store.tape.coverage import SLACK_US, Coverage
from quantlive_nb.types import Bools, Ints, Trade, Trades

__all__ = ["Doubt", "contradicting", "first_break"]

log = logging.getLogger("quantlive.store")

MS_US: Micros = 1_000
"""Some answers give a trade's time in ms, others in µs."""
ENOUGH = 3
"""This many different ids in a row that contradict the tape show a new era."""
STORED = """
SELECT trade_id, last_id, price, epoch_us(ts_exch) FROM trades
WHERE venue = ? AND symbol = ? AND era = ? AND trade_id BETWEEN ? AND ?
AND trade_id IN (SELECT unnest(?))
"""


@dataclass
class Doubt:
    """Trades that contradict the tape, held back until enough of them show a new era.

    Attributes
    ----------
    pending : dict by venue and symbol
        The latest such trades, ascending in id and time; an ordinary trade of the symbol refutes
        them.
    n_refused : int
        Refuted trades.
    """

    pending: dict[tuple[str, str], list[Trade]] = field(default_factory=dict)
    n_refused: int = 0

    def sort_out(
        self, trades: Trades, odd: Bools, newest: dict[tuple[str, str], Micros]
    ) -> tuple[Trades, list[Trades]]:
        """The trades of the current era, and per symbol those that begin its next era."""
        keep, begun = ~odd, []
        for symbol in dict.fromkeys(trades.symbol.tolist()):
            rows = np.flatnonzero(trades.symbol == symbol)
            if not odd[rows].any():
                self._refute((trades.venue, symbol))
                continue
            newest_us = newest.get((trades.venue, symbol), 0)
            turned = self._turned(trades, rows, odd, newest_us)
            if turned is not None:
                first = Trades.of(self.pending.pop((trades.venue, symbol)))
                after = rows[rows > turned]
                keep[after] = False
                begun.append(Trades.of([*first.rows(), *trades.select(after).rows()]))
        return trades.select(keep), begun

    def since(self, venue: str, symbol: str) -> "Micros | None":
        """Time of the first trade held back; None if none is. Thread-safe."""
        held = tuple(self.pending.get((venue, symbol), ()))
        return held[0].ts_exch if held else None

    def said(self, venue: str, symbols: Iterable[str]) -> str:
        """A sentence that trades are held back; empty if none are."""
        for symbol in symbols:
            if held := tuple(self.pending.get((venue, symbol), ())):
                return (
                    f"trade {held[-1].trade_id} of {symbol} contradicts the tape: either it is "
                    "wrong or the ids began anew, the next trades will tell"
                )
        return ""

    def _turned(self, trades: Trades, rows: Ints, odd: Bools, newest_us: Micros) -> "int | None":
        """The row that completes the evidence of a new era."""
        key = trades.venue, trades.symbol[rows[0]]
        for at in rows.tolist():
            if not odd[at]:
                self._refute(key)
                continue
            (row,) = trades.select(slice(at, at + 1)).rows()
            seen = self.pending.get(key, [])
            if any(row.trade_id == other.trade_id for other in seen):
                continue
            if seen and (row.trade_id < seen[-1].last_id or row.ts_exch < seen[-1].ts_exch - MS_US):
                self._refute(key)
            if row.ts_exch < newest_us - SLACK_US:  # a new era is later than all before
                self.n_refused += 1
                continue
            self.pending.setdefault(key, []).append(row)
            if len(self.pending[key]) >= ENOUGH:
                return int(at)
        return None

    def _refute(self, key: tuple[str, str]) -> None:
        """Drop the trades held back: the current era continues."""
        for row in self.pending.pop(key, ()):
            self.n_refused += 1
            log.warning(
                "%s %s: trade %d came with a price or time that contradicts the tape, and was "
                "refused",
                *key,
                row.trade_id,
            )


def first_break(trades: Trades, symbols: Iterable[str]) -> int:
    """The first row with a lower id and a later time than an earlier row; 0 if none.

    Examples
    --------
    >>> row = Trade("v", "A", 8, 8, "1", "1", True, 0, 0, 0)
    >>> first_break(Trades.of([row, row._replace(trade_id=1, last_id=1, ts_exch=9**9)]), ["A"])
    1
    """
    found = []
    for symbol in symbols:
        rows = np.flatnonzero(trades.symbol == symbol)
        ids, ts = trades.last_id[rows], trades.ts_exch[rows]
        top = np.maximum.accumulate(ids)
        at_top = np.maximum.accumulate(np.where(ids == top, np.arange(len(ids)), 0))
        breaks = (ids[1:] <= top[:-1]) & (ts[1:] > ts[at_top[:-1]] + SECOND)
        found += rows[1:][breaks][:1].tolist()
    return min(found, default=0)


def contradicting(
    cursor: duckdb.DuckDBPyConnection, coverage: Coverage, trades: Trades, symbols: Iterable[str]
) -> Bools:
    """Which trades cannot belong to the current era.

    Notes
    -----
    A stored id has another price or time, or a missing id is later than higher ids. Quantities
    are not compared: the remainder of an aggregate has only a part of one.
    """
    odd = np.zeros(len(trades), np.bool_)
    for symbol in symbols:
        held = coverage.ranges.get(symbol, [])
        rows = np.flatnonzero(trades.symbol == symbol)
        rows = rows[trades.trade_id[rows] <= held[-1].to_id] if held else rows[:0]
        if not len(rows):
            continue
        ids = trades.trade_id[rows]
        where = [trades.venue, symbol, coverage.era(symbol), int(ids.min()), int(ids.max())]
        found = cursor.execute(STORED, [*where, ids.tolist()]).fetchall()
        stored = {(first, last): rest for first, last, *rest in found}
        for at, row in zip(rows.tolist(), trades.select(rows).rows(), strict=True):
            if (content := stored.get((row.trade_id, row.last_id))) is not None:
                odd[at] = _differs(row, content)
            elif not coverage.touches(symbol, row.trade_id, row.last_id):
                odd[at] = coverage.is_contradicted(symbol, row.last_id, row.ts_exch)
    return odd


def _differs(row: Trade, content: list[Any]) -> bool:
    """Whether a trade has another price or time than its stored row."""
    price, ts_exch = content
    return bool(Decimal(row.price) != price or abs(row.ts_exch - ts_exch) >= MS_US)
