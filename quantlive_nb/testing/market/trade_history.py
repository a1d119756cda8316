"""All trades so far, whether or not a client received them."""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from quantlive_nb.testing.market.market_trade import Trade, is_same_order

__all__ = ["Book", "History", "Order"]

_ID = attrgetter("trade_id")


class Order(NamedTuple):
    """A taker order: its number, counted from 1, and its fills in order of their ids."""

    number: int
    trades: list[Trade]


class Book:
    """The trades of one symbol.

    Notes
    -----
    Lookups by time are fast while times do not decrease with ids, as at the exchange.

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
        self._n_grouped = 0  # trades already returned as part of a taker order
        self._is_timely = True  # whether times never decrease
        self._lock = threading.Lock()

    def add(self, trade: Trade) -> None:
        """Store a trade; the first of an id is kept."""
        with self._lock:
            last = self._trades[-1] if self._trades else trade
            if trade.trade_id > last.trade_id or not self._trades:
                self._is_timely &= trade.time_ms >= last.time_ms
                self._trades.append(trade)
            else:
                self._insert(trade)

    def _insert(self, trade: Trade) -> None:
        """Store a trade whose id is not the newest, and recompute the orders."""
        place = bisect_left(self._trades, trade.trade_id, key=_ID)
        if self._trades[place].trade_id != trade.trade_id:
            self._trades.insert(place, trade)
            self._starts, self._n_grouped = [], 0
            self._is_timely = all(a.time_ms <= b.time_ms for a, b in pairwise(self._trades))

    def first_ms(self) -> int | None:
        """When the symbol first traded; None if it never has."""
        with self._lock:
            times = (trade.time_ms for trade in self._trades[: 1 if self._is_timely else None])
            return min(times, default=None)

    def between(self, start_ms: int, end_ms: int) -> list[Trade]:
        """The trades of a time range, both ends included, in order of their ids."""
        with self._lock:
            return [
                self._trades[i] for i in self._inside(range(len(self._trades)), start_ms, end_ms)
            ]

    def last_before(self, at_ms: int) -> Trade | None:
        """The trade of the highest id before a time; None if there is none."""
        with self._lock:
            earlier = self._inside(range(len(self._trades)), None, at_ms - 1)
            return self._trades[earlier[-1]] if earlier else None

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
        """Taker orders from a number on, or of a time range, both ends included.

        Notes
        -----
        The oldest ``limit`` of them, but the newest if neither a number nor a start is given.
        An order that was returned is complete: a later trade begins a new one. Only a trade with an
        id below the last one renumbers the orders.
        """
        with self._lock:
            self._group()
            if from_number is not None:
                first = max(from_number - 1, 0)
                return [self._order(i) for i in range(len(self._starts))[first : first + limit]]
            found = self._inside(self._starts, start_ms, end_ms)
            chosen = found[-limit:] if start_ms is None else found[:limit]
            return [self._order(bisect_left(self._starts, place)) for place in chosen]

    def _inside(
        self, places: Sequence[int], start_ms: int | None, end_ms: int | None
    ) -> Sequence[int]:
        """Those of the places where a trade of this span is."""

        def time_ms(place: int) -> int:
            return self._trades[place].time_ms

        if self._is_timely:
            first = 0 if start_ms is None else bisect_left(places, start_ms, key=time_ms)
            last = len(places) if end_ms is None else bisect_right(places, end_ms, key=time_ms)
            return places[first:last]
        return [
            place
            for place in places
            if (start_ms is None or start_ms <= time_ms(place))
            and (end_ms is None or time_ms(place) <= end_ms)
        ]

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
    """The trades of all symbols; thread-safe.

    Attributes
    ----------
    newest_ms : int, ms UTC
        Time of the latest trade of any symbol; 0 before the first.

    Examples
    --------
    >>> history = History()
    >>> history.add([Trade("BTCUSDT", 7, "61837.63000000", "0.02000000", 1_723_161_255_342, True)])
    >>> len(history.book("BTCUSDT").page()), len(history.book("ETHUSDT").page())
    (1, 0)
    """

    def __init__(self) -> None:
        self._books: dict[str, Book] = {}
        self.newest_ms = 0

    def add(self, trades: Iterable[Trade | None]) -> None:
        """Store these trades; None (another kind of event) is ignored."""
        for trade in trades:
            if trade is not None:
                self.book(trade.symbol).add(trade)
                self.newest_ms = max(self.newest_ms, trade.time_ms)

    def forget(self, symbol: str) -> None:
        """Clear the trades of a symbol."""
        self._books[symbol] = Book()

    def traded(self) -> tuple[str, ...]:
        """Every symbol that has traded."""
        return tuple(symbol for symbol, book in self._books.items() if book.page(limit=1))

    def book(self, symbol: str) -> Book:
        """The trades of a symbol, empty if it never traded."""
        book = self._books.get(symbol)
        return self._books.setdefault(symbol, Book()) if book is None else book
