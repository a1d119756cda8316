"""Bars as a question: closed ones from memory, only the tail asked of SQL.

This file knows no feed and no screen; the caller says what time it is in the market.
"""

import threading
import weakref
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from quantlive_nb.errors import UsageError
from quantlive_nb.interval import Micros, micros
from quantlive_nb.store.aggregate.bar_rows import ROW, Rows, coarser, joined, summed
from quantlive_nb.store.aggregate.bar_sql import (
    BEFORE,
    BEFORE_OF_ERAS,
    FIRST,
    PAGE_BARS,
    QUESTION,
    QUESTION_OF_ERAS,
)
from quantlive_nb.store.aggregate.grid import Known, filled
from quantlive_nb.store.aggregate.recent_bars import STEP_US
from quantlive_nb.store.base import Reader
from quantlive_nb.store.database import LATE_US
from quantlive_nb.store.tape.coverage import Coverage
from quantlive_nb.types import Bars, Bools

__all__ = ["BarReader"]

MOST = 2_000_000
"""Bars in one answer, at most."""
KEEP = 200_000
"""Aggregated bars kept per symbol and interval before a cache is begun anew."""


@dataclass
class Cache:
    """Aggregated trades of one symbol and interval from ``from_us`` up to a frontier.

    Attributes
    ----------
    rows : Rows
        Every trade with ``from_us <= ts_exch < frontier_us`` is in here exactly once.
    before : float
        The last price before ``from_us``; NaN if there was none.
    """

    from_us: Micros
    frontier_us: Micros
    before: float
    rows: Rows = field(default_factory=lambda: np.empty(0, ROW))

    def cut(self, ts: Micros, every_us: Micros) -> None:
        """Forget everything from the bar of this moment on."""
        if ts < self.frontier_us:
            self.frontier_us = ts // every_us * every_us
            self.rows = self.rows[self.rows["ts"] < self.frontier_us]


class BarReader:
    """Answers for bars of one store, at a cost that does not grow with its history.

    Parameters
    ----------
    store : Reader

    Notes
    -----
    Each question asks SQL only for trades after the frontier, which follows half a second behind
    the newest trade; what lies before it is kept aggregated. A viewer of another process's store
    is told the newest seconds, and asks only for what it was not told. A trade that is written
    into the past drops the cache from its bar on.

    Examples
    --------
    >>> from quantlive_nb.store import Store
    >>> from quantlive_nb.types import Trade, Trades
    >>> store, second = Store(), 1_000_000
    >>> rows = [Trade("v", "A", i, i, str(10 + i), "1", True, i * 2 * second, 0, 0) for i in (0, 1)]
    >>> store.append(Trades.of(rows))
    2
    >>> store.confirmed["v", "A"] = 3 * second
    >>> bars = BarReader(store).bars("v", "A", "1s", now_us=4 * second)
    >>> bars.close.tolist(), bars.n_trades.tolist(), bars.is_closed.tolist()
    ([10.0, 10.0, 11.0, 11.0, 11.0], [1, 0, 1, 0, 0], [True, True, True, False, False])
    >>> store.close()
    """

    def __init__(self, store: Reader) -> None:
        self.store = store
        self._caches: dict[tuple[str, str, Micros], Cache] = {}
        self._late: deque[tuple[str, str, Micros]] = deque()
        self._lock = threading.Lock()
        late = self._late

        def tell(venue: str, symbol: str, ts: Micros) -> None:
            late.append((venue, symbol, ts))

        store.on_late.append(tell)
        weakref.finalize(self, store.on_late.remove, tell)

    def bars(
        self,
        venue: str,
        symbol: str,
        every: "str | Micros",
        *,
        now_us: Micros,
        start_us: Micros = 0,
    ) -> Bars:
        """The bars from a moment up to now, the forming one last.

        Parameters
        ----------
        venue, symbol : str
        every : str or int
            Length of a bar: ``"5s"``, or µs.
        now_us : int, µs UTC
            Market time; the bar that holds it is the last. One is closed when its symbol has traded
            after it, or its feed is confirmed up to its end (``store.confirmed``).
        start_us : int, µs UTC
            The first bar is the one that holds this moment, or the symbol's first trade.

        Returns
        -------
        Bars
            Empty when the symbol has no trade yet.

        Raises
        ------
        UsageError
            If the answer would have more than 2 million bars.
        """
        every_us = micros(every)
        start_us = start_us // every_us * every_us
        # What is known of the trades is read before they are, or a batch that is stored meanwhile
        # would close a bar, or make one complete, whose trades this question did not see.
        newest_us = self.store.newest.get((venue, symbol), 0)
        heard_us = max(newest_us, self.store.confirmed.get((venue, symbol), 0))
        coverage = self.store.coverage.get(venue, Coverage())
        known = Known(heard_us, coverage.holes(symbol), coverage.start(symbol))
        with self._lock:
            self._forget_late()
            cache, tail, newest_us = self._read((venue, symbol, every_us), start_us, newest_us)
            rows, before = self._joined((venue, symbol, every_us), cache.rows, tail), cache.before
        if len(rows) and rows["ts"][0] < start_us:
            at = int(np.searchsorted(rows["ts"], start_us))
            rows, before = rows[at:], float(rows["close"][at - 1])
        first = start_us if before == before else int(rows["ts"][0]) if len(rows) else None
        if first is None:
            return Bars.empty(venue, symbol, every_us)
        last = max(now_us, newest_us) // every_us * every_us
        if (last - first) // every_us >= MOST:
            raise UsageError(f"that is more than {MOST:,} bars: ask for a shorter stretch")
        grid = np.arange(first, last + 1, every_us, dtype=np.int64)
        return filled(Bars.empty(venue, symbol, every_us), grid, rows, before, known)

    def _read(
        self, key: tuple[str, str, Micros], start_us: Micros, newest_us: Micros
    ) -> tuple[Cache, Rows, Micros]:
        """The cache brought up to date, the rows after its frontier, the newest trade's time."""
        venue, symbol, every_us = key
        told = self.store.recent_bars(venue, symbol)
        cache = self._caches.get(key)
        if cache is None or start_us < cache.from_us:
            cache = self._caches[key] = self._begun(key, start_us, newest_us)
        if told is None or every_us % STEP_US or cache.frontier_us < told.from_us:
            rows, is_late, split = self._asked(key, cache, newest_us)
            early, late = rows[~is_late], rows[is_late]
        else:
            newest_us, split = told.newest_us, self._split(told.newest_us, cache)
            rows = told.rows[told.rows["ts"] >= cache.frontier_us]
            is_late = rows["ts"] >= split
            turns = self._turns(venue, symbol)
            early, late = (coarser(rows[which], every_us, turns) for which in (~is_late, is_late))
        cache.rows, cache.frontier_us = self._joined(key, cache.rows, early), split
        if len(cache.rows) > KEEP and start_us > cache.rows["ts"][-KEEP // 2]:
            self._caches.pop(key)
        return cache, late, newest_us

    def _turns(self, venue: str, symbol: str) -> list[Micros]:
        """When the ids of a symbol began anew."""
        return self.store.coverage.get(venue, Coverage()).turns(symbol)

    def _joined(self, key: tuple[str, str, Micros], early: Rows, late: Rows) -> Rows:
        """Two pieces as one."""
        venue, symbol, every_us = key
        turns = self._turns(venue, symbol)
        ts = int(late["ts"][0]) if len(late) else 0
        return joined(early, late, is_torn=any(ts <= turn < ts + every_us for turn in turns))

    def _begun(self, key: tuple[str, str, Micros], start_us: Micros, newest_us: Micros) -> Cache:
        """An empty cache from a moment on."""
        venue, symbol, every_us = key
        # What lies before the cache may change only by trades that on_late tells of.
        from_us = max(min(start_us, (newest_us - LATE_US) // every_us * every_us), 0)
        where = {"venue": venue, "symbol": symbol, "start": from_us}
        question = BEFORE_OF_ERAS if self._turns(venue, symbol) else BEFORE
        (before,) = self.store.cursor().execute(question, where).fetchone() or (None,)
        return Cache(from_us, from_us, float("nan") if before is None else before)

    def _split(self, newest_us: Micros, cache: Cache) -> Micros:
        """The next frontier; where seconds are told, a whole one."""
        step_us = self.store.step_us
        return max((newest_us - LATE_US) // step_us * step_us, cache.frontier_us)

    def _asked(
        self, key: tuple[str, str, Micros], cache: Cache, newest_us: Micros
    ) -> tuple[Rows, Bools, Micros]:
        """What SQL says of the trades from the frontier on; to sort there costs a third more."""
        venue, symbol, every_us = key
        split = self._split(newest_us, cache)
        where = {"venue": venue, "symbol": symbol, "every": every_us, "split": split}
        question = QUESTION_OF_ERAS if self._turns(venue, symbol) else QUESTION
        starts = self._starts(key, cache.frontier_us, newest_us)
        pages = [summed(partial(self._page, where | {"start": s}), question) for s in starts]
        found = {n: np.concatenate([page[n] for page in pages]) for n in pages[0]}
        order = np.argsort(found["ts"])
        rows = np.empty(len(order), ROW)
        for name in ROW.names or ():
            rows[name] = found[name][order]
        return rows, np.asarray(found["is_late"], np.bool_)[order], split

    def _page(self, where: dict[str, Any], question: str) -> dict[str, Any]:
        """The bars of one page of trades."""
        return self.store.cursor().execute(question, where).fetchnumpy()

    def _starts(
        self, key: tuple[str, str, Micros], start: Micros, newest_us: Micros
    ) -> Iterator[Micros]:
        """Where each question begins; a stretch without a trade is passed over."""
        venue, symbol, every_us = key
        page_us = PAGE_BARS * every_us
        while start + page_us <= newest_us:
            where = {"venue": venue, "symbol": symbol, "start": start}
            (first,) = self.store.cursor().execute(FIRST, where).fetchone() or (None,)
            if first is None:
                break
            start = max(first // every_us * every_us, start)
            yield start
            start += page_us
        yield start

    def _forget_late(self) -> None:
        """Drop what trades from the past have made untrue."""
        while self._late:
            venue, symbol, ts = self._late.popleft()
            for key, cache in list(self._caches.items()):
                if key[:2] != (venue, symbol):
                    continue
                if ts < cache.from_us:
                    del self._caches[key]
                else:
                    cache.cut(ts, key[2])
