"""How far a source is confirmed: up to when everything that an exchange sent has come.

This file knows no socket and no database. A bar that ends later is unconfirmed: it may still have
trades, however quiet it looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from quantlive_nb.clock import GRACE_US, Clock, System
from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.types import Trade, Trades

__all__ = ["ExchangeTime", "Proof", "Records"]

ASK_US: Micros = 100_000
"""A connection on which nothing came is asked so long after a bar could have been confirmed."""


@dataclass
class ExchangeTime:
    """The exchange's clock, as its newest trade told it, and what has passed here since.

    It is behind the exchange's own clock by the way of that trade, never ahead of it.

    Examples
    --------
    >>> from quantlive_nb.clock import Manual
    >>> hand = Manual()
    >>> time = ExchangeTime(hand)
    >>> time.heard(1_000_000); hand.advance(250); time.now_us()
    1000250
    """

    clock: Clock = field(default_factory=System)
    _ts: Micros = 0
    _at: Micros = 0

    def heard(self, ts_exch: Micros) -> None:
        """Set the clock by a trade that has just come."""
        self._ts, self._at = ts_exch, self.clock.mono_us()

    def now_us(self) -> Micros:
        """Now, µs UTC; 0 before the first trade."""
        return self._ts + self.clock.mono_us() - self._at if self._ts else 0


class Proof:
    """What one connection proves of the symbols that it carries.

    Attributes
    ----------
    heard_us : int, µs UTC
        Whatever the exchange sent on this connection up to then has come.
    traded_us : int, µs UTC
        The newest trade.
    symbols : set of str
        Those of which no trade can be missing unnoticed: a trade of theirs has come on this
        connection, so ids show any gap before it; or the exchange was asked for the newest id
        after the connection had begun; or the connection took over from one that had them.

    Examples
    --------
    >>> proof = Proof()
    >>> proof.trades([Trade("v", "A", 1, 1, "1", "1", True, 9_000_000, 0, 0)])
    >>> proof.upto("A"), proof.upto("B")
    (8500000, 0)
    >>> proof.answered(9_900_000)
    >>> proof.upto("A")
    9400000
    """

    def __init__(self) -> None:
        self.heard_us: Micros = 0
        self.traded_us: Micros = 0
        self.symbols: set[str] = set()

    def trades(self, trades: Sequence[Trade]) -> None:
        """Trades have come: what was sent before them has come too."""
        self.traded_us = max(self.traded_us, *(trade.ts_exch for trade in trades))
        self.heard_us = max(self.heard_us, self.traded_us)
        self.symbols.update(trade.symbol for trade in trades)

    def answered(self, asked_us: Micros) -> None:
        """A ping was answered: what was sent before it was asked has come."""
        self.heard_us = max(self.heard_us, asked_us)

    def upto(self, symbol: str) -> Micros:
        """Up to when a symbol is confirmed, µs UTC; 0 when not at all."""
        return max(self.heard_us - GRACE_US, 0) if symbol in self.symbols else 0

    def due_us(self, now_us: Micros) -> Micros:
        """How long until the exchange should be asked for an answer, µs; 0: now.

        Notes
        -----
        Bars end on whole seconds. One that ends now can be confirmed by what is sent GRACE_US
        later; when nothing has come by then, a ping asks.
        """
        whole_us = (now_us - GRACE_US - ASK_US) // SECOND * SECOND
        if self.heard_us - GRACE_US < whole_us:
            return 0
        return whole_us + SECOND + GRACE_US + ASK_US - now_us


class Records:
    """Confirms a replay or a simulated market: each record confirms all that came before it.

    Examples
    --------
    >>> records = Records()
    >>> row = Trade("v", "A", 1, 1, "1", "1", True, 9_000_000, 0, 0)
    >>> records.confirm(Trades.of([row, row._replace(symbol="B")]))
    {'A': 8500000, 'B': 8500000}
    """

    def __init__(self) -> None:
        self._newest_us: Micros = 0
        self._symbols: dict[str, None] = {}

    def confirm(self, trades: Trades) -> dict[str, Micros]:
        """Up to when each symbol is confirmed once these trades have been taken, µs UTC."""
        self._newest_us = max(self._newest_us, int(trades.ts_exch.max()))
        self._symbols |= dict.fromkeys(trades.symbol.tolist())
        return dict.fromkeys(self._symbols, max(self._newest_us - GRACE_US, 0))
