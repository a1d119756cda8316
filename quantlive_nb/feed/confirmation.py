"""Confirmation: the time up to which everything that an exchange sent has arrived.

A bar that ends later is unconfirmed: it may still get trades, even if the market looks quiet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from quantlive_nb.clock import GRACE_US, Clock, System
from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.types import Trade, Trades

__all__ = ["ExchangeTime", "Proof", "Records"]

ASK_US: Micros = 100_000
"""A connection without traffic is pinged this long after a bar could have been confirmed."""


@dataclass
class ExchangeTime:
    """Estimates the exchange's clock: the time of its newest trade plus the time since receipt.

    It lags the exchange's clock by the latency of that trade, and is never ahead of it.

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
        """Set the clock by a trade that was just received."""
        self._ts, self._at = ts_exch, self.clock.mono_us()

    def now_us(self) -> Micros:
        """Now, µs UTC; 0 before the first trade."""
        return self._ts + self.clock.mono_us() - self._at if self._ts else 0


class Proof:
    """Up to when one connection confirms its symbols.

    Attributes
    ----------
    heard_us : int, µs UTC
        Everything that the exchange sent on this connection until then has arrived.
    traded_us : int, µs UTC
        The newest trade.
    symbols : set of str
        Symbols of which no trade can be missing undetected: a trade has arrived on this connection,
        so that ids show any gap before it; or the newest id was requested after it was opened; or
        it replaced a connection that had them.

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
        """Trades arrived: everything that was sent before them has arrived too."""
        self.traded_us = max(self.traded_us, *(trade.ts_exch for trade in trades))
        self.heard_us = max(self.heard_us, self.traded_us)
        self.symbols.update(trade.symbol for trade in trades)

    def answered(self, asked_us: Micros) -> None:
        """A ping was answered: everything that was sent before the ping has arrived."""
        self.heard_us = max(self.heard_us, asked_us)

    def upto(self, symbol: str) -> Micros:
        """Time up to which a symbol is confirmed, µs UTC; 0 if it is not."""
        return max(self.heard_us - GRACE_US, 0) if symbol in self.symbols else 0

    def due_us(self, now_us: Micros) -> Micros:
        """Time until the exchange should be pinged, µs; 0: now.

        Notes
        -----
        Bars end on whole seconds. One that ends now can be confirmed by a message sent GRACE_US
        later; if none has arrived by then, a ping is sent.
        """
        whole_us = (now_us - GRACE_US - ASK_US) // SECOND * SECOND
        if self.heard_us - GRACE_US < whole_us:
            return 0
        return whole_us + SECOND + GRACE_US + ASK_US - now_us


class Records:
    """Confirms a replay or a simulated market: each trade confirms everything before it.

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
        """Time up to which each symbol is confirmed after these trades, µs UTC."""
        self._newest_us = max(self._newest_us, int(trades.ts_exch.max()))
        self._symbols |= dict.fromkeys(trades.symbol.tolist())
        return dict.fromkeys(self._symbols, max(self._newest_us - GRACE_US, 0))
