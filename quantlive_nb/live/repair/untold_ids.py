"""Ids that an exchange does not deliver, and why; they stay missing."""

import logging
from collections.abc import Iterable, Mapping

from quantlive_nb.store import Coverage

__all__ = ["UntoldIds"]

log = logging.getLogger("quantlive.repair")

MOST = 1_000
"""Most ids remembered per symbol; further ones stay missing too."""


class UntoldIds:
    """Ids that were requested and not delivered.

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
        """Record ids with the reason; each is logged once."""
        known = self._whys.setdefault(symbol, {})
        for trade_id, why in whys.items():
            if trade_id not in known and len(known) < MOST:
                log.warning(
                    "%s does not tell trade %d of %s (%s)", self.venue, trade_id, symbol, why
                )
                known[trade_id] = why

    def forget(self, symbol: str) -> None:
        """Remove ids that were never traded."""
        self._whys.pop(symbol, None)

    def sentence(self, coverage: Coverage, symbols: Iterable[str]) -> str:
        """A sentence on undelivered ids of these symbols that are still missing; or empty."""
        for symbol in symbols:
            for trade_id, why in tuple(self._whys.get(symbol, {}).items()):
                if coverage.touches(symbol, trade_id, trade_id):
                    self._whys[symbol].pop(trade_id, None)
                    continue
                told = f"{self.venue} does not tell trade {trade_id} of {symbol} ({why})"
                return f"{told}: it stays missing"
        return ""
