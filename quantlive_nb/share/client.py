"""A store that another process owns: the same questions, answered there, over DuckDB's protocol.

This file knows no owner's inside: it reads what is told, and asks in SQL.
"""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from quantlive_nb.errors import Closed, StoreError, StoreLost
from quantlive_nb.interval import Micros
from quantlive_nb.share.extension import empty, load_quack
from quantlive_nb.share.message import lease, wish
from quantlive_nb.share.push import Listener
from quantlive_nb.share.remote_answer import RemoteAnswer
from quantlive_nb.share.remote_cursor import RemoteCursor
from quantlive_nb.share.server import Address
from quantlive_nb.store.aggregate.recent_bars import STEP_US, RecentBars
from quantlive_nb.store.base import Reader
from quantlive_nb.store.question.question_budget import Budget
from quantlive_nb.store.tape.coverage import Coverage, Range
from quantlive_nb.store.tape.id_range import Era
from quantlive_nb.store.verify import Verdict

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RemoteStore"]

FIRST_S = 10.0
"""An owner tells what there is as soon as its line is open."""


class RemoteStore(Reader):
    """A client of the process that owns a database: reads it, and asks the owner for the rest.

    Parameters
    ----------
    path : str
        The database file, for messages.
    address : Address
    budget : Budget or None
        Of one question; None for the one of the environment.

    Attributes
    ----------
    told : dict
        What the owner said last, beside coverage and newest times; see :meth:`refresh`.

    Raises
    ------
    StoreLost
        When nobody answers there.
    StoreError
        When the extension cannot be had.
    """

    step_us = STEP_US

    def __init__(self, path: str, address: Address, budget: "Budget | None" = None) -> None:
        self.path, self.address, self.budget = path, address, budget or Budget.read()
        self.coverage = {}
        self.newest, self.confirmed = {}, {}
        self.on_late = []
        self.told: dict[str, Any] = {}
        self._tails: dict[tuple[str, str], RecentBars] = {}
        self._n_late = 0
        self._local = threading.local()
        self._asking: list[RemoteCursor] = []
        self._line: Listener | None = None
        self._root: duckdb.DuckDBPyConnection | None = empty()
        self._answer = RemoteAnswer(address, path, self.budget, self._connect, self.cursor)
        if trouble := load_quack(self._root):
            self.close()
            raise StoreError(path, trouble)
        self._root.execute("SET enable_progress_bar = false")
        try:
            self._call()
        except BaseException:
            self.close()
            raise

    def _call(self) -> None:
        """Open the line to the owner, and hear how things stand."""
        until_s = time.monotonic() + FIRST_S
        try:
            self._line = Listener(self.address.told_on, self.address.token)
        except OSError as exc:
            raise StoreLost(self.path, self.address.pid) from exc
        while not self.refresh(FIRST_S):
            if time.monotonic() > until_s:
                raise StoreLost(self.path, self.address.pid)

    def cursor(self) -> RemoteCursor:
        """The connection of the calling thread.

        Raises
        ------
        Closed
            After :meth:`close`.
        """
        if self._root is None:
            raise Closed("Store")
        cursor: RemoteCursor | None = getattr(self._local, "cursor", None)
        if cursor is None:
            local = self._connect()
            local.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
            cursor = self._local.cursor = RemoteCursor(local, self.address, self.path)
            self._asking.append(cursor)
        return cursor

    def refresh(self, wait_s: float = 0.0) -> bool:
        """Take in what the owner has told; whether it is news.

        Parameters
        ----------
        wait_s : float, s
            How long to wait for a word, if only that there is nothing new.

        Raises
        ------
        StoreLost
            When it has gone, or says no word in that time.
        """
        if self._line is None:
            raise Closed("Store")
        try:
            text = self._line.newest(wait_s)
        except OSError as exc:
            raise StoreLost(self.path, self.address.pid) from exc
        if text is None and wait_s > 0:
            raise StoreLost(self.path, self.address.pid)
        if text:
            self._take_in(text)
        return bool(text)

    def _take_in(self, text: bytes) -> None:
        """Be up to date with what was told."""
        self.told = json.loads(text)
        tails: dict[tuple[str, str], RecentBars] = {}
        covered: dict[str, Coverage] = {}
        newest: dict[tuple[str, str], Micros] = {}
        confirmed: dict[tuple[str, str], Micros] = {}
        for venue, symbols in self.told["tape"].items():
            coverage = Coverage()
            for symbol, tape in symbols.items():
                if tape.get("tail"):
                    tails[venue, symbol] = RecentBars.heard(tape["tail"])
                coverage.ranges[symbol] = [Range(*held) for held in tape["held"]]
                if tape["skipped"]:
                    coverage.skipped[symbol] = [Range(*part) for part in tape["skipped"]]
                if tape["wanted"]:
                    coverage.wanted[symbol] = Range(*tape["wanted"])
                if tape["era"]:
                    coverage.eras[symbol] = tape["era"]
                    coverage.past[symbol] = [Era.heard(era) for era in tape["past"]]
                newest[venue, symbol] = tape["newest"]
                confirmed[venue, symbol] = tape.get("confirmed", 0)
            covered[venue] = coverage
        self._tails = tails  # before what is late: who has forgotten must not hear the old again
        for number, venue, symbol, ts in self.told["late"]:
            if number > self._n_late:
                self._n_late = number
                self.tell_late(venue, symbol, ts)
        # After: a bar is complete, or closed, only once its trades can be seen.
        self.coverage.update(covered)
        self.newest.update(newest)
        self.confirmed = confirmed

    def recent_bars(self, venue: str, symbol: str) -> "RecentBars | None":
        """The newest seconds of a symbol, as the owner told them last."""
        return self._tails.get((venue, symbol))

    def want(self, viewer: str, symbols: Sequence[str], expires_us: Micros) -> None:
        """Lease some symbols until a moment of the owner's clock."""
        for symbol in symbols:
            self.cursor().execute(lease(viewer, symbol, expires_us))

    def ask(self, wished: Mapping[str, object]) -> None:
        """Ask the owner to do something."""
        self.cursor().execute(wish(json.dumps(wished).encode()))

    def sql(self, query: str, params: "Mapping[str, object] | None" = None) -> "pd.DataFrame":
        """The answer to one SELECT as a DataFrame.

        Raises
        ------
        StoreError
            When the SQL is wrong, does more than ask, or costs more than the budget.

        Notes
        -----
        The owner answers what costs little. For the rest its rows are fetched and the answer is
        computed here: what a question costs, it costs its asker.
        """
        return self._answer.frame(query, params)

    def copy(self, query: str, params: "Mapping[str, object]", out: str, options: str) -> int:
        """Write the answer to a question into a file of this process; how many rows."""
        return self._answer.write(query, params, out, options)

    def verify(self) -> tuple[Verdict, ...]:
        """One verdict a symbol, of a copy of the owner's tables."""
        return self._answer.verify()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        """A new connection to the database in memory that this client asks with.

        Raises
        ------
        Closed
            After :meth:`close`.
        """
        if self._root is None:
            raise Closed("Store")
        return self._root.cursor()

    def hang_up(self) -> None:
        """Hear no more of the owner, and wake whoever waits for its word."""
        if self._line is not None:
            self._line.hang_up()

    def close(self) -> None:
        """Free the connections; the owner goes on. May be called twice."""
        if self._line is not None:
            self._line.close()
        root, self._root = self._root, None
        if root is not None:
            for cursor in self._asking:
                cursor.close()
            root.close()
