"""Client of a shared database: a Reader of what another process owns, over DuckDB's protocol."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import duckdb

from quantlive_nb.errors import Closed, StoreError, StoreLost
from quantlive_nb.interval import Micros
from quantlive_nb.share.extension import empty, load_quack
from quantlive_nb.share.message import (
    Command,
    MessageError,
    Snapshot,
    Tape,
    decode_snapshot,
    encode,
)
from quantlive_nb.share.push import PushClient
from quantlive_nb.share.remote_answer import RemoteAnswer
from quantlive_nb.share.remote_cursor import RemoteCursor
from quantlive_nb.share.server import Address
from quantlive_nb.share.statement import command, subscription
from quantlive_nb.store.aggregate.recent_bars import STEP_US, RecentBars
from quantlive_nb.store.base import Reader
from quantlive_nb.store.question.question_budget import Budget
from quantlive_nb.store.tape.coverage import Coverage
from quantlive_nb.store.verify import Verdict

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RemoteStore"]

FIRST_S = 10.0
"""Seconds for the first snapshot, which an owner sends as soon as the connection is open."""


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
    snapshot : Snapshot
        The newest that the owner has pushed; see :meth:`refresh`.

    Raises
    ------
    StoreLost
        When nobody answers there.
    StoreError
        When the extension cannot be had, or the owner speaks another version of the protocol.
    """

    step_us = STEP_US

    def __init__(self, path: str, address: Address, budget: "Budget | None" = None) -> None:
        self.path, self.address, self.budget = path, address, budget or Budget.read()
        self.coverage = {}
        self.newest, self.confirmed = {}, {}
        self.on_late = []
        self.snapshot = Snapshot()
        self._recent: dict[tuple[str, str], RecentBars] = {}
        self._n_late = 0
        self._local = threading.local()
        self._asking: list[RemoteCursor] = []
        self._push: PushClient | None = None
        self._root: duckdb.DuckDBPyConnection | None = empty()
        self._answer = RemoteAnswer(address, path, self.budget, self._connect, self.cursor)
        if trouble := load_quack(self._root):
            self.close()
            raise StoreError(path, trouble)
        self._root.execute("SET enable_progress_bar = false")
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        """Connect to the owner, and wait for its first snapshot."""
        until_s = time.monotonic() + FIRST_S
        try:
            self._push = PushClient(self.address.push_port, self.address.token)
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
        """Take in the newest snapshot; whether there was one.

        Parameters
        ----------
        wait_s : float, s
            How long to wait for a snapshot or a heartbeat.

        Raises
        ------
        StoreLost
            When the owner has gone, or sends neither in that time.
        StoreError
            When it speaks another version of the protocol.
        """
        if self._push is None:
            raise Closed("Store")
        try:
            text = self._push.newest(wait_s)
        except OSError as exc:
            raise StoreLost(self.path, self.address.pid) from exc
        if text is None and wait_s > 0:
            raise StoreLost(self.path, self.address.pid)
        if text:
            try:
                self._take_in(decode_snapshot(text))
            except MessageError as exc:
                why = f"process {self.address.pid}, which records into it, is not understood: {exc}"
                raise StoreError(self.path, why) from exc
        return bool(text)

    def _take_in(self, snapshot: Snapshot) -> None:
        """Update everything that a reader knows without a question."""
        self.snapshot = snapshot
        recent: dict[tuple[str, str], RecentBars] = {}
        covered: dict[str, Coverage] = {}
        newest: dict[tuple[str, str], Micros] = {}
        confirmed: dict[tuple[str, str], Micros] = {}
        for venue, tapes in snapshot.tapes.items():
            covered[venue] = coverage_of(tapes)
            for symbol, tape in tapes.items():
                newest[venue, symbol], confirmed[venue, symbol] = tape.newest, tape.confirmed
                if tape.recent:
                    recent[venue, symbol] = RecentBars.unpack(tape.recent)
        self._recent = recent  # before caches are cut, or readers would cache stale rows again
        for number, venue, symbol, ts in snapshot.late:
            if number > self._n_late:
                self._n_late = number
                self.tell_late(venue, symbol, ts)
        # After: a bar is complete, or closed, only once its trades can be seen.
        self.coverage.update(covered)
        self.newest.update(newest)
        self.confirmed = confirmed

    def recent_bars(self, venue: str, symbol: str) -> "RecentBars | None":
        """The newest seconds of a symbol, as the owner pushed them last."""
        return self._recent.get((venue, symbol))

    def subscribe(self, client: str, symbols: Sequence[str], expires_us: Micros) -> None:
        """Have the owner stream some symbols until a moment of its clock."""
        for symbol in symbols:
            self.cursor().execute(subscription(client, symbol, expires_us))

    def send(self, asked: Command) -> None:
        """Send the owner a command."""
        self.cursor().execute(command(encode(asked)))

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
        """Close the connection for snapshots, which wakes whoever waits for one."""
        if self._push is not None:
            self._push.hang_up()

    def close(self) -> None:
        """Free the connections; the owner goes on. May be called twice."""
        if self._push is not None:
            self._push.close()
        root, self._root = self._root, None
        if root is not None:
            for cursor in self._asking:
                cursor.close()
            root.close()


def coverage_of(tapes: "Mapping[str, Tape]") -> Coverage:
    """The coverage of the symbols of one venue.

    Examples
    --------
    >>> from quantlive_nb.store.tape.coverage import Range
    >>> coverage_of({"A": Tape([Range(1, 4, 0, 9)], [], None, 0, [], 9)}).n_held("A")
    4
    """
    coverage = Coverage()
    for symbol, tape in tapes.items():
        coverage.ranges[symbol] = tape.held
        if tape.skipped:
            coverage.skipped[symbol] = tape.skipped
        if tape.wanted:
            coverage.wanted[symbol] = tape.wanted
        if tape.era:
            coverage.eras[symbol], coverage.past[symbol] = tape.era, tape.past
    return coverage
