"""The DuckDB file: opened once, appended to by one writer, read by any thread.

This file knows no feed, no loop and no statistics.
"""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from quantlive_nb.errors import Closed, StoreError
from quantlive_nb.interval import Micros
from quantlive_nb.store.coverage import Coverage, Range
from quantlive_nb.store.ownership import MEMORY, connect, release
from quantlive_nb.store.schema import INSERT, TABLES
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
STRETCHES = """
SELECT venue, symbol, min(trade_id), max(last_id),
       epoch_us(arg_min(ts_exch, trade_id)), epoch_us(arg_max(ts_exch, trade_id)),
       sum(last_id - trade_id + 1)::BIGINT, epoch_us(max(ts_exch))
FROM {source} GROUP BY {key} ORDER BY venue, symbol, min(trade_id)
"""
CUT = """(
    SELECT *, sum(starts::INT) OVER (PARTITION BY venue, symbol ORDER BY trade_id) AS stretch
    FROM (
        SELECT *, trade_id IS DISTINCT FROM
            lag(last_id) OVER (PARTITION BY venue, symbol ORDER BY trade_id) + 1 AS starts
        FROM trades
    )
)"""
"""Trades numbered by the stretch of contiguous ids in which they lie."""
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

    Raises
    ------
    StoreBusy
        When another process, or another Live of this one, is recording into the file.
    StoreError
        When the path cannot be opened; the sentence says what to do.

    Notes
    -----
    One thread appends; any thread reads, each through a cursor of its own. A batch is written in
    one transaction: after ``kill -9`` at most the batch in flight is missing.

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

    def __init__(self, path: "str | Path" = MEMORY, *, read_only: bool = False) -> None:
        self.path = str(path)
        self.read_only = read_only
        self.coverage: dict[str, Coverage] = {}
        self.newest: dict[tuple[str, str], Micros] = {}
        self.on_late: list[Callable[[str, str, Micros], None]] = []
        self._local = threading.local()
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self._root: duckdb.DuckDBPyConnection | None = connect(self.path, read_only=read_only)
        self._prepare()

    def append(self, trades: Trades) -> int:
        """Store the trades that are not stored yet.

        Parameters
        ----------
        trades : Trades
            One batch of one venue; ids decide what is new, so a batch may be repeated.

        Returns
        -------
        int
            How many rows were new.

        Raises
        ------
        Closed
            After :meth:`close`.
        """
        coverage = self.coverage.setdefault(trades.venue, Coverage())
        fresh = coverage.fresh(trades)
        if not fresh.all():
            trades = trades.select(fresh)
        if not len(trades):
            return 0
        cursor = self.cursor()
        names = ("symbol", "trade_id", "last_id", "price", "qty", "is_buy")
        columns = {n: getattr(trades, n) for n in (*names, "ts_exch", "ts_event", "ts_recv")}
        cursor.register("batch", columns)
        cursor.execute(INSERT, {"venue": trades.venue})
        cursor.unregister("batch")
        coverage.book(trades)
        self._note(trades)
        return len(trades)

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

    def symbols(self, venue: "str | None" = None) -> tuple[str, ...]:
        """Symbols that have trades, of one venue or of all."""
        return tuple(sorted({s for v, s in self.newest if venue in (None, v)}))

    def venues(self) -> tuple[str, ...]:
        """Venues that have trades."""
        return tuple(sorted({venue for venue, _ in self.newest}))

    def close(self) -> None:
        """Give the file back; may be called twice."""
        root, self._root = self._root, None
        if root is None:
            return
        for connection in (*self._cursors, root):
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
            cursor.execute(f"BEGIN; {TABLES} COMMIT")
        self._load()

    def _load(self) -> None:
        """Take stock of the ids: one range per symbol if nothing is missing, else every stretch."""
        for source, key in (("trades", "venue, symbol"), (CUT, "venue, symbol, stretch")):
            self.coverage.clear()
            whole = True
            rows = self.cursor().execute(STRETCHES.format(source=source, key=key)).fetchall()
            for venue, symbol, a, b, t0, t1, n, newest in rows:
                self.coverage.setdefault(venue, Coverage()).add(symbol, Range(a, b, t0, t1))
                self.newest[venue, symbol] = max(newest, self.newest.get((venue, symbol), 0))
                whole = whole and n == b - a + 1
            if whole:
                return

    def _note(self, trades: Trades) -> None:
        """Remember the newest time of each symbol; tell the readers of a trade from the past."""
        for symbol in dict.fromkeys(trades.symbol.tolist()):
            ts = trades.ts_exch[trades.symbol == symbol]
            before, oldest = self.newest.get((trades.venue, symbol), 0), int(ts.min())
            self.newest[trades.venue, symbol] = max(before, int(ts.max()))
            if oldest < before - LATE_US:
                for tell in tuple(self.on_late):
                    tell(trades.venue, symbol, oldest)
