"""Stores arriving trades, and buffers them while the disk is full, within limits.

Trades beyond the limit are counted, and are missing until they are repaired.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping

from quantlive_nb.errors import StoreError, StoreFull
from quantlive_nb.interval import Micros
from quantlive_nb.store import Coverage, Writer
from quantlive_nb.store.tape.coverage import stretches
from quantlive_nb.types import Trades

__all__ = ["TradeWriter"]

log = logging.getLogger("quantlive.intake")

MOST_ROWS = 200_000
"""Most trades buffered while the disk is full: half an hour of two busy symbols."""
AGAIN_S = 1.0


class TradeWriter:
    """The only writer of trades; thread-safe, one call at a time.

    Parameters
    ----------
    store : callable
        The store of now.
    most_rows : int
        Most trades buffered; further ones are dropped.

    Attributes
    ----------
    n_stored : int
        New rows.
    n_dropped : int
        Trades dropped.
    trouble : str
        Why trades are buffered, in a sentence; empty if none are.

    Examples
    --------
    >>> from quantlive_nb.store import Store
    >>> from quantlive_nb.types import Trade
    >>> store = Store()
    >>> intake = TradeWriter(lambda: store)
    >>> intake.take(Trades.of([Trade("v", "A", 1, 1, "1", "1", True, 0, 0, 0)]))
    1
    >>> store.close()
    """

    def __init__(self, store: Callable[[], Writer], most_rows: int = MOST_ROWS) -> None:
        self.n_stored = self.n_dropped = 0
        self.trouble = ""
        self._store, self._most_rows = store, most_rows
        self._turn = threading.RLock()
        self._waiting: deque[Trades] = deque()
        self._again_s = 0.0

    def take(self, trades: "Trades | None") -> int:
        """Store a batch, or buffer it; return the number of new rows."""
        with self._turn:
            if trades is not None and len(trades):
                n_room = max(self._most_rows - self.n_waiting, 0) if self.trouble else len(trades)
                if n_room < len(trades):
                    self._drop(trades.select(slice(n_room, None)))
                if n_room:
                    self._waiting.append(trades.select(slice(n_room)))
            if self.trouble and time.monotonic() < self._again_s:
                return 0
            return self.flush()

    def interrupt(self, venue: str, symbols: Iterable[str]) -> None:
        """Before the next trade of these an unknown number is missing: no id tells of it."""
        with self._turn:
            self._store().receipts.interrupt(venue, symbols)

    def mend(self, trades: Trades) -> int:
        """Store trades from REST; return the number of new rows.

        Raises
        ------
        StoreFull
            While the disk is full: the trades can be fetched again later.
        """
        with self._turn:
            if self.trouble:
                raise StoreFull(self._store().path, self.trouble)
            n_new = self._store().append(trades, "rest")
            self.n_stored += n_new
            return n_new

    def flush(self) -> int:
        """Store buffered trades, oldest first, while the disk allows; return the new rows."""
        with self._turn:
            n_new = 0
            try:
                if self.trouble and self._store().is_broken:
                    self._store().revive()
                while self._waiting:
                    n_rows = self._store().append(self._waiting[0])
                    n_new, self.n_stored = n_new + n_rows, self.n_stored + n_rows
                    self._waiting.popleft()
            except StoreError as exc:
                if not self.trouble:
                    log.warning("%s", exc)
                self.trouble, self._again_s = str(exc), time.monotonic() + AGAIN_S
            else:
                self.trouble = ""
            return n_new

    def confirm(self, venue: str, confirmed: "Mapping[str, Micros]") -> None:
        """Set the time up to which all trades are stored; it stops while some are buffered.

        For a symbol with a trade held back because it contradicts the tape, no later than that
        trade.
        """
        told, doubt = self._store().confirmed, self._store().doubt
        for symbol, known in confirmed.items():
            key, since = (venue, symbol), doubt.since(venue, symbol)
            ts = known if since is None else min(known, since)
            told[key] = min(ts, told.get(key, 0)) if self.n_waiting else ts

    def _drop(self, trades: Trades) -> None:
        """Drop trades that do not fit; the ledger records at once that they are missing."""
        self.n_dropped += len(trades)
        if trades.venue_trade_id is not None:
            self.interrupt(trades.venue, trades.symbol.tolist())
            return
        coverage = self._store().coverage.setdefault(trades.venue, Coverage())
        for symbol, lost in stretches(trades):
            coverage.want(symbol, lost)

    @property
    def n_waiting(self) -> int:
        """Number of buffered trades."""
        return sum(map(len, tuple(self._waiting)))
