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
from quantlive_nb.store.bulletin import Listener
from quantlive_nb.store.coverage import Coverage, Range
from quantlive_nb.store.cursor import RemoteCursor
from quantlive_nb.store.duck import Store
from quantlive_nb.store.extension import empty, load_quack
from quantlive_nb.store.guard import lease, wish
from quantlive_nb.store.share import Address
from quantlive_nb.store.tail import STEP_US, Tail

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RemoteStore"]

FIRST_S = 10.0
"""An owner tells what there is as soon as its line is open."""


class RemoteStore(Store):
    """Reads what :class:`Store` reads, of a process that owns it.

    Parameters
    ----------
    path : str
        The database file, for messages.
    address : Address

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

    def __init__(self, path: str, address: Address) -> None:
        self.path, self.address = path, address
        self.read_only, self.is_broken = True, False
        self.coverage = {}
        self.newest = {}
        self.on_late = []
        self.told: dict[str, Any] = {}
        self._tails: dict[tuple[str, str], Tail] = {}
        self._n_late = 0
        self._local = threading.local()
        self._asking: list[RemoteCursor] = []
        self._line: Listener | None = None
        self._root = empty()
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

    def cursor(self) -> Any:
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
            local = self._root.cursor()
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
        tails: dict[tuple[str, str], Tail] = {}
        for venue, symbols in self.told["tape"].items():
            coverage = Coverage()
            for symbol, tape in symbols.items():
                if tape.get("tail"):
                    tails[venue, symbol] = Tail.heard(tape["tail"])
                coverage.ranges[symbol] = [Range(*held) for held in tape["held"]]
                if tape["skipped"]:
                    coverage.skipped[symbol] = [Range(*part) for part in tape["skipped"]]
                if tape["wanted"]:
                    coverage.wanted[symbol] = Range(*tape["wanted"])
                self.newest[venue, symbol] = tape["newest"]
            self.coverage[venue] = coverage
        self._tails = tails  # before what is late: who has forgotten must not hear the old again
        for number, venue, symbol, ts in self.told["late"]:
            if number > self._n_late:
                self._n_late = number
                self._tell_late(venue, symbol, ts)

    def tail(self, venue: str, symbol: str) -> "Tail | None":
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
        """The answer to a question as a DataFrame.

        Raises
        ------
        StoreError
            When the SQL is wrong, or does more than ask.
        """
        try:
            frame: pd.DataFrame = self.cursor().execute(query, params or {}).df()
        except duckdb.Error as exc:
            why = f"the SQL cannot be answered: {exc}"
            if "Authorization failed" in str(exc):
                why = "a viewer can only ask: one SELECT of the tables, without files or settings"
            raise StoreError(self.path, why) from exc
        return frame

    def copy(self, query: str, params: "Mapping[str, object]", out: str, options: str) -> int:
        """Write the owner's answer into a file of this process; how many rows."""
        return int(self.cursor().copy(query, params, out, options))

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
