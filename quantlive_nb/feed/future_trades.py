"""Trades dated after the moment at which they came: held back until others say the same.

This file believes no clock: ours may be wrong by hours, but it is wrong for all trades alike.
"""

from dataclasses import dataclass, field

from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.types import Trade

__all__ = ["TOO_SOON", "FutureTrades"]

MOST_US: Micros = 60 * SECOND
"""A trade is not further ahead of our clock than its symbol's before it by more than this."""
ENOUGH = 3
"""So many different trades in a row that are, and it is our clock that was set back."""
TOO_SOON = "a trade dated after the moment at which it came"


@dataclass
class FutureTrades:
    """How far the trades of a feed have been ahead of our clock, and which leap beyond that.

    Trades that come late are behind, by any time; but one with a time of the future would close
    bars that have not begun.

    Attributes
    ----------
    most_us : dict of str to int, µs
        The most by which a symbol's trades were ahead of their receipt; mostly negative.
    pending : dict of str to list of Trade
        Held back: any other trade of the symbol refutes them.
    n_refused : int
        Those that were refuted.

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
        """The trades that can be taken now; none when this one is held back."""
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
