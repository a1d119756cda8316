"""What an exchange does not tell, and why: ids that stay missing, for a sentence on the screen.

This file asks nobody: it is told what came of a page.
"""

import logging
from collections.abc import Iterable, Mapping

from quantlive_nb.store import Coverage

__all__ = ["UntoldIds"]

log = logging.getLogger("quantlive.repair")

MOST = 1_000
"""Ids of a symbol that are remembered; more are missing all the same."""


class UntoldIds:
    """The book of ids that an exchange was asked for and did not tell.

    Examples
    --------
    >>> untold = UntoldIds("binance")
    >>> untold.note("BTCUSDT", {7: "a trade without a quantity"})
    >>> untold.sentence(Coverage(), ["BTCUSDT"])
    'binance does not tell trade 7 of BTCUSDT (a trade without a quantity): it stays missing'
    """

    def __init__(self, venue: str) -> None:
        self.venue = venue
        self._whys: dict[str, dict[int, str]] = {}

    def note(self, symbol: str, whys: Mapping[int, str]) -> None:
        """Take note of ids and of what is wrong with each; each is logged once."""
        known = self._whys.setdefault(symbol, {})
        for trade_id, why in whys.items():
            if trade_id not in known and len(known) < MOST:
                log.warning(
                    "%s does not tell trade %d of %s (%s)", self.venue, trade_id, symbol, why
                )
                known[trade_id] = why

    def forget(self, symbol: str) -> None:
        """There was no such trade."""
        self._whys.pop(symbol, None)

    def sentence(self, coverage: Coverage, symbols: Iterable[str]) -> str:
        """What is not told of these symbols and has not come otherwise; empty when nothing."""
        for symbol in symbols:
            for trade_id, why in tuple(self._whys.get(symbol, {}).items()):
                if coverage.touches(symbol, trade_id, trade_id):
                    self._whys[symbol].pop(trade_id, None)
                    continue
                told = f"{self.venue} does not tell trade {trade_id} of {symbol} ({why})"
                return f"{told}: it stays missing"
        return ""
