"""Trades in DuckDB, and SQL queries on them."""

from quantlive_nb.store.alerts import AlertReader, AlertRepository
from quantlive_nb.store.bar_reader import BarReader
from quantlive_nb.store.base import Reader, Writer
from quantlive_nb.store.database import MEMORY, Store
from quantlive_nb.store.tape.coverage import Coverage

__all__ = [
    "MEMORY",
    "AlertReader",
    "AlertRepository",
    "BarReader",
    "Coverage",
    "Reader",
    "Store",
    "Writer",
]
