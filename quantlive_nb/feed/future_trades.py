"""Trades dated in the future: held back until further trades confirm them.

Our own clock may be wrong by hours, but it is wrong for all trades alike.
"""

from dataclasses import dataclass, field

from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.types import Trade

__all__ = ["TOO_SOON", "FutureTrades"]

MOST_US: Micros = 60 * SECOND
"""A trade may be ahead of our clock by at most this much more than earlier trades of its symbol."""
ENOUGH = 3
"""After this many such trades in a row, our clock is assumed to have been set back."""
TOO_SOON = "a trade dated after the moment at which it came"


@dataclass
class FutureTrades:
    """Holds back trades that are further ahead of our clock than earlier ones of their symbol.

    Late trades are fine; a trade from the future would close bars that have not begun.

    Attributes
    ----------
    most_us : dict of str to int, µs
        Largest difference of exchange time and receipt per symbol; mostly negative.
    pending : dict of str to list of Trade
        Trades held back; an ordinary trade of the symbol refutes them.
    n_refused : int
        Refuted trades.

    Examples
    --------
    >>> good = Trade("v", "A", 1, 1, "1", "1", True, 9_000_000, 9_000_000, 9_000_000)
    >>> soon = [good._replace(trade_id=i, ts_exch=9_000_000_000) for i in (2, 3, 4)]
    >>> ahead = FutureTrades()
    >>> [len(ahead.admit(trade)) for trade in (good, soon[0], good, *soon)], ahead.n_refused
    ([1, 0, 1, 0, 0, 3], 1)
    """

    most_us: dict[str, Micros] = field(default_factory=dict)
    pending: dict[str, list[Trade]] = field(default_factory=dict)
    n_refused: int = 0

    def admit(self, trade: Trade) -> list[Trade]:
        """The trades that can be accepted now; none if this one is held back."""
        ahead_us, symbol = trade.ts_exch - trade.ts_recv, trade.symbol
        most_us = self.most_us.get(symbol)
        if most_us is None or ahead_us <= most_us + MOST_US:
            if most_us is None or ahead_us > most_us:
                self.most_us[symbol] = ahead_us
            if self.pending:
                self.n_refused += len(self.pending.pop(symbol, ()))
            return [trade]
        pending = self.pending.setdefault(symbol, [])
        if all(trade.trade_id != other.trade_id for other in pending):
            pending.append(trade)
        if len(pending) < ENOUGH:
            return []
        self.most_us[symbol] = ahead_us
        return self.pending.pop(symbol)
