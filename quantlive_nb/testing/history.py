"""Everything that has traded so far, whether or not anybody was connected to hear of it.

This file knows no connection, no clock and no REST.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from quantlive_nb.testing.trade import Trade, is_same_order

__all__ = ["Book", "History", "Order"]

_ID = attrgetter("trade_id")


class Order(NamedTuple):
    """A taker order: its number, counted from 1, and its fills in order of their ids."""

    number: int
    trades: list[Trade]


class Book:
    """The trades of one symbol.

    Examples
    --------
    >>> book = Book()
    >>> for i in (1, 3, 2):
    ...     book.add(Trade("BTCUSDT", i, "61837.63000000", "0.02000000", 0, True))
    >>> [trade.trade_id for trade in book.page(from_id=2)]
    [2, 3]
    >>> [len(order.trades) for order in book.orders()]
    [3]
    """

    def __init__(self) -> None:
        self._trades: list[Trade] = []
        self._starts: list[int] = []  # places in _trades where a taker order begins
        self._n_grouped = 0  # trades that have been told as part of a taker order
        self._lock = threading.Lock()

    def add(self, trade: Trade) -> None:
        """Keep a trade; of two with one id, the first."""
        with self._lock:
            if not self._trades or trade.trade_id > self._trades[-1].trade_id:
                self._trades.append(trade)
                return
            place = bisect_left(self._trades, trade.trade_id, key=_ID)
            if self._trades[place].trade_id != trade.trade_id:
                self._trades.insert(place, trade)
                self._starts, self._n_grouped = [], 0

    def trades(self) -> list[Trade]:
        """All, in order of their ids."""
        with self._lock:
            return self._trades.copy()

    def page(self, from_id: int | None = None, limit: int = 1_000) -> list[Trade]:
        """The first ``limit`` trades from an id on, or by default the newest."""
        with self._lock:
            if from_id is None:
                return self._trades[-limit:]
            place = bisect_left(self._trades, from_id, key=_ID)
            return self._trades[place : place + limit]

    def orders(
        self,
        from_number: int | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
        limit: int = 1_000,
    ) -> list[Order]:
        """Taker orders from a number on, or of a span of time, both its ends included.

        Notes
        -----
        The oldest ``limit`` of them, but the newest if neither a number nor a start is given.
        An order that has been told is complete: a trade that is made later begins a new one. Only
        a trade with an id older than the last counts the orders anew.
        """
        with self._lock:
            self._group()
            if from_number is not None:
                first = max(from_number - 1, 0)
                return [self._order(i) for i in range(len(self._starts))[first : first + limit]]
            times = (self._trades[place].time_ms for place in self._starts)
            found = [
                i
                for i, at_ms in enumerate(times)
                if (start_ms is None or start_ms <= at_ms) and (end_ms is None or at_ms <= end_ms)
            ]
            chosen = found[-limit:] if start_ms is None else found[:limit]
            return [self._order(i) for i in chosen]

    def _group(self) -> None:
        """Number the taker orders of the trades that came since the last time."""
        for i in range(self._n_grouped, len(self._trades)):
            is_new = i == self._n_grouped
            if is_new or not is_same_order(self._trades[i - 1], self._trades[i]):
                self._starts.append(i)
        self._n_grouped = len(self._trades)

    def _order(self, i: int) -> Order:
        ends = self._starts[i + 1 : i + 2] or [self._n_grouped]
        return Order(i + 1, self._trades[self._starts[i] : ends[0]])


class History:
    """The books of all symbols; any thread may add and read.

    Attributes
    ----------
    newest_ms : int, ms UTC
        Time of the latest trade of any symbol; 0 before the first.

    Examples
    --------
    >>> history = History()
    >>> history.add([Trade("BTCUSDT", 7, "61837.63000000", "0.02000000", 1_723_161_255_342, True)])
    >>> len(history.book("BTCUSDT").trades()), len(history.book("ETHUSDT").trades())
    (1, 0)
    """

    def __init__(self) -> None:
        self._books: dict[str, Book] = {}
        self.newest_ms = 0

    def add(self, trades: Iterable[Trade | None]) -> None:
        """Keep these trades; a None, which stands for any other event, is passed over."""
        for trade in trades:
            if trade is not None:
                self.book(trade.symbol).add(trade)
                self.newest_ms = max(self.newest_ms, trade.time_ms)

    def book(self, symbol: str) -> Book:
        """The book of a symbol, empty if it has never traded."""
        book = self._books.get(symbol)
        return self._books.setdefault(symbol, Book()) if book is None else book
