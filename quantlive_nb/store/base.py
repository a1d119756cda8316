"""The seams of the store: what reads trades at rest, and what may also write them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

import duckdb

from quantlive_nb.interval import Micros
from quantlive_nb.store.aggregate.recent_bars import RecentBars
from quantlive_nb.store.tape.coverage import Coverage, Gap
from quantlive_nb.store.tape.era import Doubt
from quantlive_nb.store.tape.ledger import How
from quantlive_nb.store.tape.receipts import Receipts
from quantlive_nb.store.verify import Verdict
from quantlive_nb.types import Trades

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Cursor", "Reader", "Writer"]


class Cursor(Protocol):
    """A connection of one thread: DuckDB's own, or one that another process answers."""

    def execute(
        self, query: str, params: "Mapping[str, object] | Sequence[object]" = (), /
    ) -> duckdb.DuckDBPyConnection:
        """Run one statement; the answer is fetched from what is returned."""


class Reader(Protocol):
    """Trades at rest, to be read: a file, memory, or the database of another process.

    Attributes
    ----------
    path : str
        The database file, for messages.
    coverage : dict of str to Coverage
        Ids held and missing, by venue.
    newest, confirmed : dict of (str, str) to int, µs UTC
        By venue and symbol: the newest trade, and up to when the feed has proved that every trade
        is here.
    on_late : list of callable
        Called with venue, symbol and time when the past has changed from that time on.
    step_us : int, µs
        Length of the bars in :meth:`recent_bars`; 1 where there are none.
    """

    path: str
    coverage: dict[str, Coverage]
    newest: dict[tuple[str, str], Micros]
    confirmed: dict[tuple[str, str], Micros]
    on_late: list[Callable[[str, str, Micros], None]]
    step_us: Micros = 1

    def cursor(self) -> Cursor:
        """The connection of the calling thread.

        Raises
        ------
        Closed
            After :meth:`close`.
        """

    def sql(self, query: str, params: "Mapping[str, object] | None" = None) -> "pd.DataFrame":
        """The answer to one SELECT; the tables are trades, alerts and alert_events.

        Raises
        ------
        StoreError
            When the SQL is wrong, does more than ask, or costs more than the budget.
        """

    def copy(self, query: str, params: "Mapping[str, object]", out: str, options: str) -> int:
        """Write the answer to a question into a file, as DuckDB's COPY does; how many rows."""

    def verify(self) -> tuple[Verdict, ...]:
        """One verdict a symbol, from the tables alone."""

    def close(self) -> None:
        """Free the connections; may be called twice."""

    def recent_bars(self, venue: str, symbol: str) -> "RecentBars | None":  # noqa: ARG002
        """The newest seconds of a symbol where they are at hand without SQL, as a client has."""
        return None

    def symbols(self, venue: "str | None" = None) -> tuple[str, ...]:
        """Symbols that have trades, of one venue or of all."""
        return tuple(sorted({s for v, s in tuple(self.newest) if venue in (None, v)}))

    def venues(self) -> tuple[str, ...]:
        """Venues that have trades."""
        return tuple(sorted({venue for venue, _ in tuple(self.newest)}))

    def tell_late(self, venue: str, symbol: str, ts: Micros) -> None:
        """Call :attr:`on_late`: a symbol's past changed from this moment on."""
        for tell in tuple(self.on_late):
            tell(venue, symbol, ts)


class Writer(Reader, Protocol):
    """A reader that may write too: the owner of a file or of a database in memory.

    Attributes
    ----------
    is_broken : bool
        Nothing can be asked or written before :meth:`revive`.
    doubt : Doubt
        Trades held back because they contradict what is stored.
    receipts : Receipts
        Whose opaque ids are known, and whose stream was interrupted.
    """

    is_broken: bool
    doubt: Doubt
    receipts: Receipts

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """The connection of the calling thread, in this process."""

    def append(self, trades: Trades, how: How = "live") -> int:
        """Store the trades that are not stored yet; how many rows were new."""

    def replace(self, trades: Trades) -> int:
        """Store trades in the place of those that have their ids; how many rows these were."""

    def skip(self, venue: str, symbol: str, gap: Gap) -> None:
        """Record missing ids as skipped."""

    def unskip(self, venue: str, symbol: str) -> None:
        """Count what was skipped as missing again."""

    def transaction(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """All of the block is written, or nothing of it."""

    def check(self) -> None:
        """Raise StoreError when the file at the path is not the one that is open."""

    def revive(self) -> None:
        """Open the file again after a fatal error."""
