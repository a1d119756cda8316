"""Trades at rest in DuckDB, and the questions asked of them in SQL.

This room knows no feed, no event loop and no widget.
"""

from quantlive_nb.store.bars import BarReader
from quantlive_nb.store.book import AlertBook
from quantlive_nb.store.coverage import Coverage
from quantlive_nb.store.duck import MEMORY, Store

__all__ = ["MEMORY", "AlertBook", "BarReader", "Coverage", "Store"]
