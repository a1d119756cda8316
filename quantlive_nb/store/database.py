"""The DuckDB file: opened once, appended to by one writer, read by any thread.

This file knows no feed, no loop and no statistics.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from quantlive_nb.errors import StoreError, StoreFull
from quantlive_nb.interval import Micros
from quantlive_nb.store.base import Writer
from quantlive_nb.store.duckdb_file import DuckDBFile
from quantlive_nb.store.ownership import MEMORY
from quantlive_nb.store.question.answer import answer
from quantlive_nb.store.question.question_budget import Budget, asking
from quantlive_nb.store.tape import ledger
from quantlive_nb.store.tape.coverage import Coverage, Gap, Range
from quantlive_nb.store.tape.era import Doubt, contradicting, first_break
from quantlive_nb.store.tape.ledger import How
from quantlive_nb.store.tape.migration import prepare
from quantlive_nb.store.tape.partial_aggregate import remainders
from quantlive_nb.store.tape.receipts import Receipts
from quantlive_nb.store.tape.replacement import replace
from quantlive_nb.store.tape.trade_rows import Numbers, bounds, insert
from quantlive_nb.store.verify import Verdict, verify
from quantlive_nb.types import Bools, Trades

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MEMORY", "Store"]

log = logging.getLogger("quantlive.store")

MERGE_AFTER = 1_000
"""So many entries are added to the ledger before neighbours are merged."""
LATE_US: Micros = 500_000
"""A trade this much older than its symbol's newest is a repair; readers' caches are told."""


class Store(DuckDBFile, Writer):
    """Trades at rest, in a file that this process owns or in memory.

    Parameters
    ----------
    path : str or Path
        A DuckDB file, made if it does not exist, or ``":memory:"``.
    read_only : bool
        For exports and checks: nothing is created or changed.
    memory_mb : int
        What DuckDB may keep of the file in memory, and sort without the disk; 0: most of it.

    Raises
    ------
    StoreBusy
        When another process, or another Live of this one, is recording into the file.
    StoreError
        When the path cannot be opened; the sentence says what to do.

    Notes
    -----
    Any thread reads, each through a cursor of its own; any may write, one at a time. A batch is
    written in one transaction with its entry in the ledger: after ``kill -9`` at most the batch in
    flight is missing, and the ledger knows.

    Examples
    --------
    >>> from quantlive_nb.types import Trade, Trades
    >>> store = Store(":memory:")
    >>> row = Trade("binance", "BTCUSDT", 7, 7, "61837.63", "0.02", True, 10, 11, 12)
    >>> store.append(Trades.of([row])), store.append(Trades.of([row]))
    (1, 0)
    >>> store.close()
    """

    def __init__(
        self, path: "str | Path" = MEMORY, *, read_only: bool = False, memory_mb: int = 0
    ) -> None:
        self.coverage: dict[str, Coverage] = {}
        self.newest: dict[tuple[str, str], Micros] = {}
        self.confirmed: dict[tuple[str, str], Micros] = {}
        """Up to when the feed of a venue and symbol has proved that every trade is here."""
        self.on_late: list[Callable[[str, str, Micros], None]] = []
        self.budget = Budget.read()
        self.doubt, self.receipts = Doubt(), Receipts()
        self._n_entries, self._views = 0, ""
        self._writing = threading.RLock()
        super().__init__(path, read_only=read_only, memory_mb=memory_mb)

    def append(self, trades: Trades, how: How = "live") -> int:
        """Store the trades that are not stored yet.

        Parameters
        ----------
        trades : Trades
            One batch of one venue; ids decide what is new, so a batch may be repeated. Of an
            aggregate of which some ids are stored, only the remainder is new.
        how : ``"live"``, ``"rest"`` or ``"import"``
            For the ledger.

        Returns
        -------
        int
            How many rows were new.

        Raises
        ------
        StoreFull
            When the disk takes no more. The batch may be given again, whatever of it is stored.
        Closed
            After :meth:`close`.
        """
        with self._writing:
            coverage = self.coverage.setdefault(trades.venue, Coverage())
            if trades.venue_trade_id is not None:
                with self.asking() as cursor:
                    trades = self.receipts.fresh(cursor, trades)
                return self.receipts.take(coverage, trades, how, self._write, self._begin_era)
            slow: list[str] = []
            fresh, begun = coverage.fresh(trades, slow), list[Trades]()
            if how == "live" and (slow or self.doubt.pending):
                if at := first_break(trades, slow):  # the rest may belong to another era
                    parts = (trades.select(slice(at)), trades.select(slice(at, None)))
                    return sum(self.append(part) for part in parts)
                with self.asking() as cursor:
                    odd = contradicting(cursor, coverage, trades, slow)
                trades, begun = self.doubt.sort_out(trades, odd, self.newest)
                fresh = coverage.fresh(trades)
            n_new = self._append(coverage, trades, fresh, how)
            return n_new + sum(self._begin_era(coverage, later) for later in begun)

    def replace(self, trades: Trades) -> int:
        """Store trades in the place of those that have their ids; how many rows these were.

        Parameters
        ----------
        trades : Trades
            Raw trades of one venue and symbol with ascending ids, none left out.

        Returns
        -------
        int
            0, and nothing is changed, unless exactly these ids are held by rows of their own.
        """
        coverage = self.coverage.setdefault(trades.venue, Coverage())
        with self._writing, self.transaction() as cursor:
            n_rows = replace(cursor, coverage, trades)
        if n_rows:
            self.tell_late(trades.venue, trades.symbol[0], int(trades.ts_exch.min()))
        return n_rows

    def skip(self, venue: str, symbol: str, gap: Gap) -> None:
        """Book missing ids as skipped: they are no gap any more, and no part of a complete bar."""
        with self._writing:
            coverage = self.coverage.setdefault(venue, Coverage())
            entry = ledger.Entry(venue, symbol, Range(*gap), "skipped", coverage.era(symbol))
            with self.transaction() as cursor:
                ledger.enter(cursor, [entry])
            coverage.skip(symbol, gap)
        self.tell_late(venue, symbol, gap.from_ts)

    def unskip(self, venue: str, symbol: str) -> None:
        """Take what was skipped for missing again."""
        coverage = self.coverage.setdefault(venue, Coverage())
        with self._writing:
            with self.transaction() as cursor:
                ledger.unskip(cursor, venue, symbol, coverage.era(symbol))
            coverage.skipped.pop(symbol, None)

    def sql(self, query: str, params: "Mapping[str, object] | None" = None) -> "pd.DataFrame":
        """The answer to a question as a DataFrame; the tables are trades, alerts and alert_events.

        Raises
        ------
        StoreError
            When the SQL is wrong, does more than ask, or costs more than the budget.
        """
        with asking():  # from here on the end of the process waits
            return answer(self.cursor(), query, params, self.budget, self.path)

    def copy(self, query: str, params: "Mapping[str, object]", out: str, options: str) -> int:
        """Write the answer to a question into a file, as DuckDB's COPY does; how many rows."""
        name = out.replace("'", "''")
        with asking(cursor := self.cursor()):
            written = cursor.execute(f"COPY ({query}) TO '{name}' {options}", params)
            return int((written.fetchone() or (0,))[0])

    def verify(self) -> tuple[Verdict, ...]:
        """One verdict a symbol, from the tables alone."""
        return verify(self)

    def revive(self) -> None:
        """Open the file anew after DuckDB gave it up; what was committed is there again.

        Raises
        ------
        StoreError
            When it cannot be opened; it may be tried again.
        """
        with self._writing:
            super().revive()
        for venue, symbol in self.newest:
            self.tell_late(venue, symbol, 0)

    def close(self) -> None:
        """Give the file back; may be called twice."""
        with self._writing:
            if not (self._is_closed or self.is_broken or self.read_only):
                with contextlib.suppress(StoreError, duckdb.Error):
                    self._merge()
        super().close()

    def _prepare(self) -> None:
        """The tables, and what is stored already."""
        with self.transaction() as cursor:
            self._views = prepare(cursor, self.path, read_only=self.read_only)
            self._equip(cursor)
        wanted = {venue: coverage.wanted for venue, coverage in self.coverage.items()}
        self.coverage, self.newest = ledger.load(cursor)
        for venue, ranges in wanted.items():  # what ought to be there no table knows
            self.coverage.setdefault(venue, Coverage()).wanted = ranges

    def _equip(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """The views through which an older file is read."""
        if self._views:
            cursor.execute(self._views)

    def _merge(self) -> None:
        """Write the ledger in as few entries as possible."""
        with self.transaction() as cursor:
            ledger.merge(cursor)
        self._n_entries = 0

    def _append(self, coverage: Coverage, trades: Trades, fresh: Bools, how: How) -> int:
        """The rows of which no id is stored, and of the others what is left of aggregates."""
        if fresh.all():
            return self._write(coverage, trades, how)
        n_new = self._write(coverage, trades.select(fresh), how)
        known = trades.select(~fresh & (trades.last_id > trades.trade_id))
        for row in known.rows():
            with self.asking() as cursor:
                parts = remainders(cursor, coverage, row)
            n_new += self._write(coverage, Trades.of(parts, trades.venue), how)
        return n_new

    def _begin_era(self, coverage: Coverage, trades: Trades) -> int:
        """Store the first trades of a symbol since its ids began anew."""
        symbol = trades.symbol[0]
        with coverage.turning(symbol):
            n_new = self.append(trades)
        log.warning("%s: %s", trades.venue, coverage.said(symbol))
        self.tell_late(trades.venue, symbol, int(trades.ts_exch.min()))
        return n_new

    def _write(self, coverage: Coverage, trades: Trades, how: How) -> int:
        """Rows of which no id is stored, with their entries in the ledger."""
        if not len(trades):
            return 0
        numbers = Numbers.of(trades)
        found = ledger.entries(trades, numbers, how, coverage)
        with self.transaction() as cursor:
            insert(cursor, trades, coverage.eras_of(trades), numbers)
            ledger.enter(cursor, found)
        # For readers beside it: first a memory of the past ends, then a gap, then a bar closes.
        times = bounds(trades)
        for symbol, (oldest_us, _) in times.items():
            if oldest_us < self.newest.get((trades.venue, symbol), 0) - LATE_US:
                self.tell_late(trades.venue, symbol, oldest_us)
        for entry in found:
            coverage.add(entry.symbol, entry.held)
        for symbol, (_, newest_us) in times.items():
            key = trades.venue, symbol
            self.newest[key] = max(self.newest.get(key, 0), newest_us)
        self._n_entries += len(found)
        if self._n_entries > MERGE_AFTER:
            with contextlib.suppress(StoreFull):  # another time: the trades are stored
                self._merge()
        return len(trades)
