"""The seams of the store: what any reader of trades offers."""

from typing import Protocol

import duckdb

__all__ = ["Tables"]


class Tables(Protocol):
    """Whoever has the tables: the owner of a file, or a copy of another process's rows."""

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection for the calling thread."""
