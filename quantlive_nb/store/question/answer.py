"""Runs one SELECT in the process that owns the database, within limits."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import duckdb

from quantlive_nb.errors import StoreError
from quantlive_nb.store.question.literal import native
from quantlive_nb.store.question.memory_watch import light
from quantlive_nb.store.question.question_budget import Budget, frame
from quantlive_nb.store.question.read_only import refusal
from quantlive_nb.store.question.unbounded import expansion

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["answer"]


def answer(
    cursor: duckdb.DuckDBPyConnection,
    query: str,
    params: "Mapping[str, object] | None",
    budget: Budget,
    path: str,
) -> "pd.DataFrame":
    """The result of a query as a DataFrame.

    Raises
    ------
    StoreError
        When the SQL is invalid, is not a SELECT, or exceeds the budget.

    Examples
    --------
    >>> with duckdb.connect() as connection:
    ...     answer(connection, "SELECT 42 AS n", None, Budget(), "t").n.item()
    42
    """
    try:
        with budget.bound(cursor, path) as deadline, light(cursor, budget.own_mb, path):
            if why := refusal(cursor, query, files=True) or expansion(cursor, query):
                raise StoreError(path, why)
            return frame(
                cursor.execute(query, native(params or {}) or None), budget, path, deadline
            )
    except duckdb.Error as exc:
        raise StoreError(path, f"the SQL cannot be answered: {exc}") from exc
