"""The DuckDB file: opened once, appended to by one writer, read by any thread.

This file knows no feed, no loop and no statistics.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from quantlive_nb.errors import Closed, StoreError, StoreFull
from quantlive_nb.interval import Micros
from quantlive_nb.store import ledger
from quantlive_nb.store.batch import insert
from quantlive_nb.store.coverage import Coverage, Gap, Range, stretches
from quantlive_nb.store.ledger import How
from quantlive_nb.store.ownership import MEMORY, connect, release
from quantlive_nb.store.remainder import remainders
from quantlive_nb.store.schema import COVERAGE, TABLES
from quantlive_nb.types import Trades

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MEMORY", "Store"]

SETTINGS = """
SET enable_progress_bar = false;
SET pandas_analyze_sample = 0; -- a text is a text: guessing would double the cost of an append
SET TimeZone = 'UTC'
"""
"""Each connection has its own: a CSV is written in the time zone of the thread that writes it."""
MERGE_AFTER = 1_000
"""So many entries are added to the ledger before neighbours are merged."""
FULL = ("no space left", "file too large", "could not write", "disk quota")
BROKEN = "database has been invalidated"
LATE_US: Micros = 2_000_000
"""A trade this much older than its symbol's newest is a repair; readers' caches are told."""


class Store:
    """Trades at rest, in a file that this process owns or in memory.

    Parameters
    ----------
    path : str or Path
        A DuckDB file, made if it does not exist, or ``":memory:"``.
    read_only : bool
        For exports and checks: nothing is created or changed.
    memory_mb : int
        What DuckDB may keep of the file in memory, and sort without the disk; 0: its own default,
        most of the machine's.

    Raises
    ------
    StoreBusy
        When another process, or another Live of this one, is recording into the file.
    StoreError
        When the path cannot be opened; the sentence says what to do.

    Notes
    -----
    One thread appends; any thread reads, each through a cursor of its own. A batch is written in
    one transaction with its entry in the ledger: after ``kill -9`` at most the batch in flight is
    missing, and the ledger knows.

    Examples
    --------
    >>> from quantlive_nb.types import Trade, Trades
    >>> store = Store(":memory:")
    >>> row = Trade("binance", "BTCUSDT", 7, 7, "61837.63", "0.02", True, 10, 11, 12)
    >>> store.append(Trades.of([row])), store.append(Trades.of([row]))
    (1, 0)
    >>> store.sql("select symbol, count(*) n from trades group by all").n.item()
    1
    >>> store.close()
    """

    def __init__(
        self, path: "str | Path" = MEMORY, *, read_only: bool = False, memory_mb: int = 0
    ) -> None:
        self.path = str(path)
        self.read_only = read_only
        self.is_broken = False
        self.coverage: dict[str, Coverage] = {}
        self.newest: dict[tuple[str, str], Micros] = {}
        self.on_late: list[Callable[[str, str, Micros], None]] = []
        self._n_entries = 0
        self._local = threading.local()
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self._root: duckdb.DuckDBPyConnection | None = connect(self.path, read_only=read_only)
        if memory_mb:
            self.cursor().execute(f"SET memory_limit = '{memory_mb}MB'")
        self._prepare()

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
            When the disk takes no more; nothing of the batch is stored.
        Closed
            After :meth:`close`.
        """
        coverage = self.coverage.setdefault(trades.venue, Coverage())
        fresh = coverage.fresh(trades)
        if fresh.all():
            return self._write(coverage, trades, how)
        n_new = self._write(coverage, trades.select(fresh), how)
        known = trades.select(~fresh & (trades.last_id > trades.trade_id))
        for row in known.rows():
            parts = Trades.of(remainders(self.cursor(), coverage, row), trades.venue)
            n_new += self._write(coverage, parts, how)
        return n_new

    def replace(self, trades: Trades) -> int:
        """Store trades in the place of those that have their ids; how many rows these were.

        Parameters
        ----------
        trades : Trades
            Raw trades of one venue and symbol, ids ascending, all of them held already.
        """
        bounds = [trades.venue, trades.symbol[0], int(trades.trade_id[0]), int(trades.last_id[-1])]
        query = "DELETE FROM trades WHERE venue = ? AND symbol = ? AND trade_id BETWEEN ? AND ?"
        with self._transaction() as cursor:
            (n_rows,) = cursor.execute(query, bounds).fetchone() or (0,)
            insert(cursor, trades)
        for tell in tuple(self.on_late):
            tell(trades.venue, trades.symbol[0], int(trades.ts_exch.min()))
        return int(n_rows)

    def skip(self, venue: str, symbol: str, gap: Gap) -> None:
        """Book missing ids as skipped: they are no gap any more, and no part of a complete bar."""
        with self._transaction() as cursor:
            ledger.enter(cursor, [(venue, symbol, Range(*gap), "skipped")])
        self.coverage.setdefault(venue, Coverage()).skip(symbol, gap)
        for tell in tuple(self.on_late):
            tell(venue, symbol, gap.from_ts)

    def unskip(self, venue: str, symbol: str) -> None:
        """Take what was skipped for missing again."""
        query = "DELETE FROM coverage WHERE venue = ? AND symbol = ? AND how = 'skipped'"
        with self._transaction() as cursor:
            cursor.execute(query, [venue, symbol])
        self.coverage.setdefault(venue, Coverage()).skipped.pop(symbol, None)

    def revive(self) -> None:
        """Open the file anew after DuckDB gave it up; what was committed is there again.

        Raises
        ------
        StoreError
            When it cannot be opened.
        """
        self._give_back()
        self._local, self._cursors = threading.local(), []
        self._root = connect(self.path)
        self.coverage, self.newest = ledger.load(self.cursor())
        self.is_broken = False

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """The connection of the calling thread to this database.

        Raises
        ------
        Closed
            After :meth:`close`.
        """
        if self._root is None:
            raise Closed("Store")
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = self._root.cursor()
            cursor.execute(SETTINGS)
            self._cursors.append(cursor)
        return cursor

    def sql(self, query: str, params: "Mapping[str, object] | None" = None) -> "pd.DataFrame":
        """The answer to any SQL as a DataFrame; the tables are trades, alerts and alert_events.

        Raises
        ------
        StoreError
            When the SQL is wrong; the sentence is DuckDB's.
        """
        try:
            return self.cursor().execute(query, params or None).df()
        except duckdb.Error as exc:
            raise StoreError(self.path, f"the SQL cannot be answered: {exc}") from exc

    def copy(self, query: str, params: "Mapping[str, object]", out: str, options: str) -> int:
        """Write the answer to a question into a file, as DuckDB's COPY does; how many rows."""
        name = out.replace("'", "''")
        answer = self.cursor().execute(f"COPY ({query}) TO '{name}' {options}", params)
        (n_rows,) = answer.fetchone() or (0,)
        return int(n_rows)

    def symbols(self, venue: "str | None" = None) -> tuple[str, ...]:
        """Symbols that have trades, of one venue or of all."""
        return tuple(sorted({s for v, s in self.newest if venue in (None, v)}))

    def venues(self) -> tuple[str, ...]:
        """Venues that have trades."""
        return tuple(sorted({venue for venue, _ in self.newest}))

    def close(self) -> None:
        """Give the file back; may be called twice."""
        if self._root is not None and not self.read_only:
            with contextlib.suppress(duckdb.Error):
                self._merge()
        self._give_back()

    def _give_back(self) -> None:
        root, self._root = self._root, None
        if root is None:
            return
        for connection in (*self._cursors, root):
            with contextlib.suppress(duckdb.Error):
                connection.close()
        release(self.path)

    def _prepare(self) -> None:
        """The tables, and what is stored already."""
        cursor = self.cursor()
        tables = cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        found = {name for (name,) in tables}
        if "trades" not in found:
            if self.read_only or found:
                self.close()
                raise StoreError(
                    self.path, "it is not a quantlive database: choose another with --db"
                )
            cursor.execute(f"BEGIN; {TABLES} {COVERAGE} COMMIT")
        elif "coverage" not in found and not self.read_only:
            ledger.create(cursor)
        if self.read_only and "coverage" not in found:
            cursor.execute(COVERAGE.replace("CREATE TABLE", "CREATE TEMP TABLE"))
        self.coverage, self.newest = ledger.load(cursor)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """All or nothing; what the disk refuses is said in a sentence."""
        cursor = self.cursor()
        cursor.execute("BEGIN")
        try:
            yield cursor
            cursor.execute("COMMIT")
        except duckdb.Error as exc:
            with contextlib.suppress(duckdb.Error):
                cursor.execute("ROLLBACK")
            self.is_broken = BROKEN in str(exc)
            if self.is_broken or any(sign in str(exc).lower() for sign in FULL):
                raise StoreFull(self.path, str(exc)) from exc
            raise

    def _merge(self) -> None:
        """Write the ledger in as few entries as possible."""
        ledger.merge(self.cursor())
        self._n_entries = 0

    def _write(self, coverage: Coverage, trades: Trades, how: How) -> int:
        """Rows of which no id is stored, with their entries in the ledger."""
        if not len(trades):
            return 0
        found = list(stretches(trades))
        with self._transaction() as cursor:
            insert(cursor, trades)
            ledger.enter(cursor, [(trades.venue, symbol, held, how) for symbol, held in found])
        for symbol, held in found:
            coverage.add(symbol, held)
        self._note(trades)
        self._n_entries += len(found)
        if self._n_entries > MERGE_AFTER:
            self._merge()
        return len(trades)

    def _note(self, trades: Trades) -> None:
        """Remember the newest time of each symbol; tell the readers of a trade from the past."""
        for symbol in dict.fromkeys(trades.symbol.tolist()):
            ts = trades.ts_exch[trades.symbol == symbol]
            before, oldest = self.newest.get((trades.venue, symbol), 0), int(ts.min())
            self.newest[trades.venue, symbol] = max(before, int(ts.max()))
            if oldest < before - LATE_US:
                for tell in tuple(self.on_late):
                    tell(trades.venue, symbol, oldest)
