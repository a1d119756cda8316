"""Whether a trade can be true beside the others of its stream: its symbol, its times, its id.

This file knows no exchange's texts, and no clock of ours: a recording of 2024 is as good as today.
"""

from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.types import Trade

__all__ = ["Judge"]

HOUR: Micros = 3_600 * SECOND
DAY: Micros = 24 * HOUR
LEAP = 100_000_000
"""More trades than the busiest symbol has in a month."""
PATIENCE = 100
"""So many objections in a row, and it is the stream that has moved."""


class Judge:
    """Remembers each symbol's newest trade, and objects to what cannot follow it.

    Examples
    --------
    >>> judge = Judge({"BTCUSDT"})
    >>> good = Trade("binance", "BTCUSDT", 7, 7, "1", "1", True, 10**15, 10**15, 10**15)
    >>> judge.objection(good)
    ''
    >>> judge.objection(good._replace(trade_id=8, ts_exch=0))
    'a trade that happened 277777 hours from when it was sent'
    """

    def __init__(self, symbols: set[str]) -> None:
        self.symbols = symbols
        self._last: dict[str, Trade] = {}
        self._n_odd: dict[str, int] = {}

    def objection(self, trade: Trade) -> str:
        """What cannot be about a trade; empty when nothing.

        Notes
        -----
        A time is judged against the trade's own event time and against its neighbours, allowing
        for the time that has passed since on our clock. What is refused leaves a gap in the ids,
        which is repaired; after a hundred refusals in a row the new course is accepted.
        """
        if trade.symbol not in self.symbols:
            return "a trade of a symbol that was not asked for"
        apart = abs(trade.ts_event - trade.ts_exch)
        if apart > HOUR:
            return f"a trade that happened {apart // HOUR} hours from when it was sent"
        last = self._last.get(trade.symbol)
        if last is not None and (odd := _odd(trade, last)):
            n = self._n_odd[trade.symbol] = self._n_odd.get(trade.symbol, 0) + 1
            if n < PATIENCE:
                return odd
        self._n_odd[trade.symbol] = 0
        self._last[trade.symbol] = trade
        return ""


def _odd(trade: Trade, last: Trade) -> str:
    """What keeps a trade from being a neighbour of another."""
    passed = abs(trade.ts_recv - last.ts_recv)
    if abs(trade.ts_exch - last.ts_exch) > DAY + passed:
        return "a trade more than a day from its neighbours"
    if abs(trade.trade_id - last.trade_id) > LEAP:
        return f"a trade {abs(trade.trade_id - last.trade_id):,} ids from its neighbour"
    return ""
