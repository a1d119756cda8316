"""Trades of venues whose ids prove no gap: each is stored once, numbered as it was received.

``trade_id`` counts the receipts of an era; the venue's own id is kept as ``venue_trade_id``. Where
the stream was interrupted an unknown number is missing, so a new era begins there.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import duckdb
import numpy as np

from quantlive_nb.store.tape.coverage import Coverage
from quantlive_nb.store.tape.ledger import How
from quantlive_nb.types import Trades

__all__ = ["Receipts"]

REMEMBERED = 20_000
"""Newest ids of a symbol among which a repeated one is looked for."""
NEWEST = f"""
SELECT venue_trade_id FROM trades WHERE venue = ? AND symbol = ? AND venue_trade_id IS NOT NULL
ORDER BY era DESC, trade_id DESC LIMIT {REMEMBERED}
"""

Key = tuple[str, str]


@dataclass
class Receipts:
    """The newest ids of each symbol, and whose stream was interrupted since its last trade."""

    known: dict[Key, dict[str, None]] = field(default_factory=dict)
    broken: set[Key] = field(default_factory=set)

    def interrupt(self, venue: str, symbols: Iterable[str]) -> None:
        """Before the next trade of these an unknown number may be missing."""
        self.broken |= {(venue, symbol) for symbol in symbols}

    def fresh(self, cursor: duckdb.DuckDBPyConnection, trades: Trades) -> Trades:
        """The trades whose ids are not among the newest of their symbol, each once."""
        keep, seen = np.zeros(len(trades), np.bool_), set[tuple[str, str]]()
        for at, row in enumerate(trades.rows()):
            known = self._known(cursor, (trades.venue, row.symbol))
            one = row.symbol, row.venue_trade_id
            keep[at] = row.venue_trade_id not in known and one not in seen
            seen.add(one)
        return trades.select(keep)

    def take(
        self,
        coverage: Coverage,
        trades: Trades,
        how: How,
        write: Callable[[Coverage, Trades, How], int],
        begin: Callable[[Coverage, Trades], int],
    ) -> int:
        """Store fresh trades; those after an interruption begin an era.

        Parameters
        ----------
        coverage : Coverage
        trades : Trades
        how : ``"live"``, ``"rest"`` or ``"import"``
        write, begin : callable
            Stores numbered trades, and lets trades begin an era; how many rows were new.
        """
        whole, broken = self._split(coverage, trades)
        n_new = write(coverage, numbered(coverage, whole), how)
        self._keep(whole)
        for part in broken:
            with self._resuming(part):
                n_new += begin(coverage, part)
        return n_new

    def _split(self, coverage: Coverage, trades: Trades) -> tuple[Trades, list[Trades]]:
        """The trades that go on with an era, and of each interrupted symbol those that begin one.

        A symbol of which nothing is stored has no era to break off.
        """
        begun = {s for v, s in self.broken if v == trades.venue and coverage.ranges.get(s)}
        parts = [trades.select(trades.symbol == symbol) for symbol in sorted(begun)]
        whole = trades.select(np.array([s not in begun for s in trades.symbol], np.bool_))
        return whole, [part for part in parts if len(part)]

    @contextlib.contextmanager
    def _resuming(self, trades: Trades) -> Iterator[None]:
        """Let trades of an interrupted symbol begin an era; interrupted still, if that fails."""
        key = trades.venue, trades.symbol[0]
        self.broken.discard(key)
        try:
            yield
        except BaseException:
            self.broken.add(key)
            raise

    def _keep(self, trades: Trades) -> None:
        """Remember trades that are stored."""
        for row in trades.rows():
            key = trades.venue, row.symbol
            self.broken.discard(key)
            known = self.known.setdefault(key, {})
            known[row.venue_trade_id] = None
            if len(known) > REMEMBERED:
                del known[next(iter(known))]

    def _known(self, cursor: duckdb.DuckDBPyConnection, key: Key) -> dict[str, None]:
        """The newest ids of a symbol, from the table when they are first asked for."""
        if key not in self.known:
            rows = cursor.execute(NEWEST, [*key]).fetchall()
            self.known[key] = dict.fromkeys(text for (text,) in reversed(rows))
        return self.known[key]


def numbered(coverage: Coverage, trades: Trades) -> Trades:
    """The trades with the numbers that follow those of their symbols' eras; the first is 1."""
    ids = np.zeros(len(trades), np.int64)
    for symbol in dict.fromkeys(trades.symbol.tolist()):
        mine = trades.symbol == symbol
        held = coverage.ranges.get(symbol)
        ids[mine] = (held[-1].to_id if held else 0) + 1 + np.arange(int(mine.sum()))
    return replace(trades, trade_id=ids, last_id=ids)
