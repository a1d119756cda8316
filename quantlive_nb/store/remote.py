"""A store that another process owns: the same questions, answered there, over DuckDB's protocol.

This file knows no owner's inside: it reads what is told, and asks in SQL.
"""

import json
import re
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from quantlive_nb.errors import Closed, StoreError, StoreLost
from quantlive_nb.interval import Micros
from quantlive_nb.store.coverage import Coverage, Range
from quantlive_nb.store.duck import Store
from quantlive_nb.store.extension import load_quack
from quantlive_nb.store.guard import lease, wish
from quantlive_nb.store.share import Address
from quantlive_nb.store.tail import STEP_US, Tail

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RemoteStore", "literal", "spelled"]

ASK = "FROM quack_query($url, $said, token => $token, disable_ssl => true)"
PARAMETER = re.compile(r"\$([A-Za-z_]\w*)|\?")
TOLD = "SELECT version, told FROM now.main.state"
LOST = (
    "could not connect",
    "connection",
    "curl",
    "http",
    "timeout",
    "refused",
    "invalid session",
    "database was closed",
)


class RemoteCursor:
    """A connection of one thread; what it executes is answered by the owner.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Of a database in memory, with the extension loaded.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, address: Address, path: str) -> None:
        self._connection, self._address, self._path = connection, address, path

    def execute(self, query: str, params: "Mapping[str, object] | Sequence[object]" = ()) -> Any:
        """Ask the owner.

        Raises
        ------
        StoreLost
            When it does not answer any more.
        duckdb.Error
            When the question is wrong, or is not a viewer's to ask.
        """
        said = spelled(query, params)
        given = {"url": self._address.url, "said": said, "token": self._address.token}
        try:
            return self._connection.execute(ASK, given)
        except duckdb.Error as exc:
            if isinstance(exc, duckdb.IOException | duckdb.HTTPException) or is_lost(str(exc)):
                raise StoreLost(self._path, self._address.pid) from exc
            raise

    def copy(self, query: str, params: Mapping[str, object], out: str, options: str) -> int:
        """Write the owner's answer into a file here; how many rows."""
        said = spelled(query, params)
        given = {"url": self._address.url, "said": said, "token": self._address.token}
        answer = self._connection.execute(f"COPY ({ASK}) TO {literal(out)} {options}", given)
        (n_rows,) = answer.fetchone() or (0,)
        return int(n_rows)

    def close(self) -> None:
        """Free it."""
        self._connection.close()


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
        self.version = -1
        self._n_late = 0
        self._local = threading.local()
        self._asking: list[RemoteCursor] = []
        self._root = duckdb.connect()
        if trouble := load_quack(self._root):
            self.close()
            raise StoreError(path, trouble)
        self._root.execute("SET enable_progress_bar = false")
        try:
            self.refresh()
        except BaseException:
            self.close()
            raise

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

    def refresh(self) -> bool:
        """Take in what the owner tells; whether it is news.

        Raises
        ------
        StoreLost
            When it does not answer any more.
        """
        row = self.cursor().execute(TOLD).fetchone()
        if row is None or row[0] == self.version:
            return False
        self.version, self.told = row[0], json.loads(row[1])
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
        return True

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

    def close(self) -> None:
        """Free the connections; the owner goes on. May be called twice."""
        root, self._root = self._root, None
        if root is not None:
            for cursor in self._asking:
                cursor.close()
            root.close()


def is_lost(message: str) -> bool:
    """Whether a message of DuckDB's means that nobody answers.

    Examples
    --------
    >>> is_lost("Invalid Input Error: Database was closed"), is_lost("Authorization failed: http")
    (True, False)
    """
    text = message.lower()
    return "authorization" not in text and any(sign in text for sign in LOST)


def spelled(query: str, params: "Mapping[str, object] | Sequence[object]") -> str:
    """A query with its parameters written into it.

    Examples
    --------
    >>> spelled("SELECT $a, '$b' WHERE x = $a", {"a": "it's"})
    "SELECT 'it''s', '$b' WHERE x = 'it''s'"
    >>> spelled("SELECT ?, ?", [1, None])
    'SELECT 1, NULL'
    """
    values = iter(params if not isinstance(params, Mapping) else ())
    parts = re.split(r"('(?:[^']|'')*')", query)

    def value(match: "re.Match[str]") -> str:
        return literal(params[match[1]] if isinstance(params, Mapping) else next(values))

    return "".join(p if p.startswith("'") else PARAMETER.sub(value, p) for p in parts)


def literal(value: object) -> str:
    """A value as SQL writes it.

    Examples
    --------
    >>> literal(True), literal(["a", "b'"]), literal(1.5)
    ('true', "['a', 'b''']", '1.5')
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)
