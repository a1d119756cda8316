"""Answers for a client: the owner's where they are cheap, else computed here on fetched rows."""

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import duckdb

from quantlive_nb.errors import StoreError
from quantlive_nb.share.authorize import TABLES, guard, is_small
from quantlive_nb.share.paged_copy import Need, PagedCopy
from quantlive_nb.share.remote_cursor import RemoteCursor
from quantlive_nb.share.required_columns import needs
from quantlive_nb.share.server import Address
from quantlive_nb.store.question.literal import literal, spelled
from quantlive_nb.store.question.question_budget import Budget, asking, frame
from quantlive_nb.store.question.read_only import refusal
from quantlive_nb.store.question.unbounded import MAKERS, expansion
from quantlive_nb.store.verify import Verdict, verify

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RemoteAnswer"]

TRIES = 4
"""Copies of a tape that is being repaired meanwhile."""
LATER = """
DELETE FROM trades USING (
    SELECT venue, symbol, era, max(to_id) AS last FROM coverage GROUP BY ALL
) AS c
WHERE trades.venue = c.venue AND trades.symbol = c.symbol AND trades.era = c.era
    AND trade_id > c.last
"""


class RemoteAnswer:
    """Answers questions about another process's tables.

    Parameters
    ----------
    address : Address
    path : str
        The database file, for messages.
    budget : Budget
        Of one question.
    local : callable
        A new connection to a database of this process, for parsing.
    remote : callable
        The calling thread's cursor of the owner.
    """

    def __init__(
        self,
        address: Address,
        path: str,
        budget: Budget,
        local: Callable[[], duckdb.DuckDBPyConnection],
        remote: Callable[[], RemoteCursor],
    ) -> None:
        self._address, self._path, self._budget = address, path, budget
        self._local, self._remote = local, remote
        self._is_guarded, self._guarding = False, threading.Lock()
        self._known: dict[str, list[str]] = {}

    def frame(self, query: str, params: "Mapping[str, object] | None") -> "pd.DataFrame":
        """The answer to one SELECT.

        Raises
        ------
        StoreError
            When the SQL is wrong, does more than ask, or costs more than the budget.
        """
        try:
            with asking():
                return self._answer(self._judge(), spelled(query, params or {}))
        except duckdb.Error as exc:
            raise StoreError(self._path, f"the SQL cannot be answered: {exc}") from exc

    def _answer(self, judge: duckdb.DuckDBPyConnection, said: str) -> "pd.DataFrame":
        """The owner's answer, or one computed here on its rows."""
        if why := refusal(judge, said) or expansion(judge, said, MAKERS):
            raise StoreError(self._path, why)
        if is_small(judge, said):
            cursor = self._remote()
            with self._budget.bound(cursor, self._path) as deadline:
                return frame(cursor.execute(said), self._budget, self._path, deadline)
        with (
            self._copy() as scratch,
            self._budget.bound(scratch.connection, self._path) as deadline,
        ):
            for need in needs(judge, said, self._columns()):
                scratch.fetch(need, deadline)
            answer = scratch.connection.execute(said)
            return frame(answer, self._budget, self._path, deadline)

    def write(self, query: str, params: "Mapping[str, object]", out: str, options: str) -> int:
        """Write the answer to a question into a file of this process; how many rows.

        Notes
        -----
        The rows are fetched page by page, so they may be of any number; where ``params`` name a
        ``venue`` or ``symbols``, only theirs.
        """
        said = spelled(query, params)
        where = " AND ".join(
            f"{name} IN {listed(values)}"
            for name, values in (("venue", params.get("venue")), ("symbol", params.get("symbols")))
            if values
        )
        with asking(), self._copy() as scratch, asking(scratch.connection):
            for need in needs(self._judge(), said, self._columns()):
                scratch.fetch(need._replace(where=where if need.table == "trades" else need.where))
            answer = scratch.connection.execute(f"COPY ({said}) TO {literal(out)} {options}")
            (n_rows,) = answer.fetchone() or (0,)
        return int(n_rows)

    def verify(self) -> tuple[Verdict, ...]:
        """One verdict a symbol, of a copy of the tables.

        Notes
        -----
        First the ledger is fetched, then the trades, of which those are left out that came after
        the ledger's end. A repair may come between the two: so a copy that is not whole is made
        again.
        """
        for _ in range(TRIES):
            with self._copy() as copy:
                copy.fetch(Need("coverage"))
                copy.fetch(Need("trades"))
                copy.connection.execute(LATER)
                found = verify(copy)
            if all(verdict.is_whole for verdict in found):
                break
        return found

    def _copy(self) -> PagedCopy:
        """An empty database for rows of the owner's."""
        self._remote()  # after closing this is refused
        return PagedCopy(self._address, self._path, self._budget.memory_mb)

    def _judge(self) -> duckdb.DuckDBPyConnection:
        """A connection of the calling thread that knows what the owner would answer."""
        judge = self._local()
        with self._guarding:
            if not self._is_guarded:
                guard(judge)
                self._is_guarded = True
        return judge

    def _columns(self) -> dict[str, list[str]]:
        """The columns of each table."""
        if not self._known:
            for table in TABLES:
                found = self._remote().execute(f"FROM {table} LIMIT 0").description
                self._known[table] = [column[0] for column in found]
        return self._known


def listed(values: object) -> str:
    """One value or several, as SQL lists them.

    Examples
    --------
    >>> listed("binance"), listed(["A", "B"])
    ("('binance')", "('A', 'B')")
    """
    found = [values] if isinstance(values, str) else list(values)  # type: ignore[call-overload]
    return f"({', '.join(map(literal, found))})"
