"""Received trades that were not handed on yet: a bounded buffer with counters and events."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from quantlive_nb.feed.confirmation import ExchangeTime
from quantlive_nb.feed.future_trades import TOO_SOON, FutureTrades
from quantlive_nb.judge import Judge
from quantlive_nb.types import Notice, Trade, Trades

__all__ = ["TradeBuffer"]

FLUSH_ROWS = 5_000
MOST_ROWS = 200_000
"""Trades beyond this are dropped and counted; their missing ids are repaired."""


@dataclass
class TradeBuffer:
    """Trades, counters and the last rejection since they were last taken.

    Attributes
    ----------
    opened : list of str
        Symbols for which a connection was opened.
    stirred : Event
        There is something to take.
    full : Event
        There is so much that it should be taken at once.
    openings : dict of str to int
        Connections opened for each symbol.
    time : ExchangeTime
        Advanced by every accepted trade.

    Examples
    --------
    >>> inbox = TradeBuffer(Judge({"A"}))
    >>> good = Trade("v", "A", 1, 1, "1", "1", True, 0, 0, 0)
    >>> inbox.take([good, Notice("error", "slow down")]) == ([good], "")
    True
    >>> inbox.take([good._replace(symbol="B")])
    ([], 'a trade of a symbol that was not asked for')
    >>> len(inbox.rows), inbox.n_rejected, inbox.complaint
    (1, 1, 'slow down')
    """

    judge: Judge
    rows: list[Trade] = field(default_factory=list)
    n_rejected: int = 0
    n_dropped: int = 0
    complaint: str = ""
    opened: list[str] = field(default_factory=list)
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    full: asyncio.Event = field(default_factory=asyncio.Event)
    openings: dict[str, int] = field(default_factory=dict)
    time: ExchangeTime = field(default_factory=ExchangeTime)
    ahead: FutureTrades = field(default_factory=FutureTrades, repr=False)

    def take(self, events: Sequence[Trade | Notice]) -> tuple[list[Trade], str]:
        """Keep the valid trades and the reason of the last rejection.

        Returns
        -------
        trades : list of Trade
            The valid trades, whether there was room for them or not.
        objection : str
            Why the last invalid trade was rejected; empty if none was.
        """
        trades, objection, judged = list[Trade](), "", self.judge.objection
        admitted, n_refused = self.ahead.admit, self.ahead.n_refused
        for event in events:
            if isinstance(event, Trade):
                if odd := judged(event):
                    objection = odd
                    self.n_rejected += 1
                else:
                    trades += admitted(event)
            elif event.kind == "error":
                self.complaint = event.text
        if self.ahead.n_refused > n_refused:
            objection = TOO_SOON
            self.n_rejected += self.ahead.n_refused - n_refused
        if trades:
            self.time.heard(max(trade.ts_exch for trade in trades))
        n_room = max(MOST_ROWS - len(self.rows), 0)
        self.rows += trades[:n_room]
        self.n_dropped += max(len(trades) - n_room, 0)
        if self.rows or objection:
            self.stirred.set()
        if len(self.rows) >= FLUSH_ROWS:
            self.full.set()
        return trades, objection

    def open(self, symbols: Sequence[str]) -> None:
        """Note that a connection was opened for these symbols: earlier trades may be missing."""
        self.opened += symbols
        for symbol in symbols:
            self.openings[symbol] = self.openings.get(symbol, 0) + 1

    def reject(self) -> None:
        """Count a message that could not be parsed."""
        self.n_rejected += 1
        self.stirred.set()

    def empty(self, venue: str) -> "tuple[Trades, int, int, str, tuple[str, ...]]":
        """Return trades, rejected, dropped, the last rejection and opened, and reset them."""
        taken = (
            Trades.of(self.rows, venue),
            self.n_rejected,
            self.n_dropped,
            self.complaint,
            tuple(dict.fromkeys(self.opened)),
        )
        self.rows, self.opened = [], []
        self.n_rejected = self.n_dropped = 0
        self.complaint = ""
        self.stirred.clear()
        self.full.clear()
        return taken
