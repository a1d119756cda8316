"""Rows of another process's tables, fetched page by page into a database of this process's own.

This file knows no store: what is computed on the rows costs this process, and not their owner.
"""

import tempfile
from typing import NamedTuple, Self

import duckdb

from quantlive_nb.errors import StoreError
from quantlive_nb.share.authorize import PAGE_ROWS
from quantlive_nb.share.extension import load_quack
from quantlive_nb.share.remote_cursor import RemoteCursor, asked
from quantlive_nb.share.server import Address
from quantlive_nb.store.question.literal import literal
from quantlive_nb.store.question.question_budget import Deadline

__all__ = ["Need", "PagedCopy"]

SETTINGS = "SET TimeZone = 'UTC'; SET enable_progress_bar = false; SET temp_directory = {folder}"
KEYS = ("venue", "symbol", "era")
"""Columns within which ids ascend, where the table has them."""
STEP_IDS = PAGE_ROWS - 1
"""Ids of a page: a full answer then says that an id stands there more than once."""


class Need(NamedTuple):
    """What a question reads of a table.

    Attributes
    ----------
    table : str
    columns : tuple of str
        Empty for all.
    where : str
        A condition that its rows meet; empty for all of them.
    """

    table: str
    columns: tuple[str, ...] = ()
    where: str = ""

    def select(self, *conditions: str) -> str:
        """The statement that asks for these rows, under further conditions."""
        found = [condition for condition in (self.where, *conditions) if condition]
        where = f" WHERE {' AND '.join(f'({one})' for one in found)}" if found else ""
        return f"SELECT {', '.join(self.columns) or '*'} FROM {self.table}{where}"


class PagedCopy:
    """A database in memory, and on the disk beyond that, with rows of another process's tables.

    Parameters
    ----------
    address : Address
    path : str
        The database file, for messages.
    memory_mb : int

    Attributes
    ----------
    connection : DuckDBPyConnection

    Notes
    -----
    A page of trades is a range of ids, asked in one statement of at most 50 000 rows: the whole
    may be of any size. Trades that are stored meanwhile may be in it or not.
    """

    def __init__(self, address: Address, path: str, memory_mb: int) -> None:
        self._path, self._n_rows = path, 0
        self._deadline: Deadline | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="quantlive-")
        self.connection = duckdb.connect()
        self.connection.execute(SETTINGS.format(folder=literal(self._folder.name)))
        self.connection.execute(f"SET memory_limit = '{memory_mb}MB'")
        if trouble := load_quack(self.connection):
            self.close()
            raise StoreError(path, trouble)
        self._remote = RemoteCursor(self.connection, address, path)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """:meth:`close`."""
        self.close()

    def close(self) -> None:
        """Free everything."""
        self.connection.close()
        self._folder.cleanup()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """The connection, as a store gives it."""
        return self.connection

    def fetch(self, need: Need, deadline: "Deadline | None" = None) -> None:
        """Make a table with these rows.

        Parameters
        ----------
        deadline : Deadline or None
            Checked before each page; None: it may take as long as it takes.

        Raises
        ------
        StoreLost
            When the owner does not answer any more.
        StoreError
            When it takes too long.
        """
        self._deadline = deadline
        empty = asked(f"{need.select()} LIMIT 0", ())
        self._remote.run(f"CREATE TABLE {need.table} AS {empty}")
        if not self._insert(need):
            for key in self._keys(need):
                self._fetch_tape(need, key)

    def _insert(self, need: Need, *conditions: str) -> bool:
        """One page; whether all of it found room in one answer, else nothing is kept."""
        self._check()
        page = asked(f"{need.select(*conditions)} LIMIT {PAGE_ROWS}", ())
        self.connection.execute("BEGIN")
        try:
            ((n_rows,),) = self._remote.run(f"INSERT INTO {need.table} {page}").fetchall()
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self._n_rows = int(n_rows)
        self.connection.execute("COMMIT" if n_rows < PAGE_ROWS else "ROLLBACK")
        return bool(n_rows < PAGE_ROWS)

    def _check(self) -> None:
        """Go on only while there is time."""
        if self._deadline is not None:
            self._deadline.check()

    def _keys(self, need: Need) -> list[str]:
        """A condition for each tape of a table; other tables have one."""
        if need.table != "trades":
            return [""]
        found = self._remote.execute(f"FROM {need.table} LIMIT 0").description
        names = [name for name in KEYS if name in {column[0] for column in found}]
        distinct = need._replace(columns=(f"DISTINCT {', '.join(names)}",))
        return [
            " AND ".join(is_value(*pair) for pair in zip(names, row, strict=True))
            for row in sorted(self._remote.execute(distinct.select()).fetchall(), key=repr)
        ]

    def _fetch_tape(self, need: Need, key: str) -> None:
        """All rows of one key, a range of ids at a time; ranges without a row are passed over."""
        by = "trade_id" if key else "rowid"
        self._check()
        span = need._replace(columns=(f"min({by})", f"max({by})"))
        (at, last), step = self._remote.execute(span.select(key)).fetchone(), STEP_IDS
        while at is not None and at <= last:
            if not self._insert(need, key, f"{by} BETWEEN {at} AND {at + step - 1}"):
                if step == 1:
                    raise StoreError(self._path, f"the id {at} stands there too often")
                step = max(step // 2, 1)  # ids stand there more than once
                continue
            at, step = at + step, STEP_IDS
            if not self._n_rows:
                at, _ = self._remote.execute(span.select(key, f"{by} >= {at}")).fetchone()


def is_value(name: str, value: object) -> str:
    """The condition that a column has a value, or none.

    Examples
    --------
    >>> is_value("symbol", "A"), is_value("era", None)
    ("symbol = 'A'", 'era IS NULL')
    """
    return f"{name} IS NULL" if value is None else f"{name} = {literal(value)}"
