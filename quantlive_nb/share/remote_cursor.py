"""A connection whose questions another process answers: SQL with its parameters written into it.

This file knows no table and no store.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from quantlive_nb.errors import StoreLost
from quantlive_nb.share.server import Address
from quantlive_nb.store.question.literal import literal, spelled

__all__ = ["RemoteCursor", "asked"]

KNOW = "SET VARIABLE url = {url}; SET VARIABLE token = {token}"
"""Once a connection: what a question holds, an error about it may quote."""
ASK = (
    "FROM quack_query(getvariable('url'), {said},"
    " token => getvariable('token'), disable_ssl => true)"
)
"""Without a bound parameter: DuckDB imports pandas to look at one, a second and 38 MB a kernel."""
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
        connection.execute(KNOW.format(url=literal(address.url), token=literal(address.token)))

    def execute(self, query: str, params: "Mapping[str, object] | Sequence[object]" = ()) -> Any:
        """Ask the owner.

        Raises
        ------
        StoreLost
            When it does not answer any more.
        duckdb.Error
            When the question is wrong, or is not a viewer's to ask.
        """
        return self.run(asked(query, params))

    def run(self, statement: str) -> Any:
        """Execute a statement here that asks the owner within it; see :func:`asked`.

        Raises
        ------
        StoreLost
            When it does not answer any more.
        duckdb.Error
        """
        try:
            return self._connection.execute(statement)
        except duckdb.Error as exc:
            if isinstance(exc, duckdb.IOException | duckdb.HTTPException) or is_lost(str(exc)):
                raise StoreLost(self._path, self._address.pid) from exc
            raise

    def interrupt(self) -> None:
        """Have the statement at hand end with an error; called from another thread."""
        self._connection.interrupt()

    def close(self) -> None:
        """Free it."""
        self._connection.close()


def is_lost(message: str) -> bool:
    """Whether a message of DuckDB's means that nobody answers.

    Examples
    --------
    >>> is_lost("Invalid Input Error: Database was closed"), is_lost("Authorization failed: http")
    (True, False)
    """
    text = message.lower()
    return "authorization" not in text and any(sign in text for sign in LOST)


def asked(query: str, params: "Mapping[str, object] | Sequence[object]") -> str:
    """A query as this process puts it to the owner."""
    return ASK.format(said=literal(spelled(query, params)))
