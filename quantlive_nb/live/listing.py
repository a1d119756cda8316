"""Which symbols an exchange trades, asked over REST once; the judge of a slip of the pen.

This file knows no socket and no store.
"""

import difflib
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field

from quantlive_nb.errors import FeedError, UnknownSymbol
from quantlive_nb.wire import Exchange

__all__ = ["Listing"]

TIMEOUT_S = 8.0
CLOSED_TO_US = frozenset({403, 451})


@dataclass
class Listing:
    """The symbols of one exchange; blocking, so never called on a loop or in a callback.

    Examples
    --------
    >>> from quantlive_nb.wire import Binance
    >>> listing = Listing(Binance(), symbols=("BTCUSDT", "ETHUSDT"))
    >>> listing.check(["BTCUSDT"])
    >>> listing.check(["BTCUSTD"])
    Traceback (most recent call last):
    quantlive_nb.errors.UnknownSymbol: unknown symbol 'BTCUSTD': did you mean BTCUSDT?
    """

    exchange: Exchange
    symbols: tuple[str, ...] = field(default=())

    def load(self) -> tuple[str, ...]:
        """Ask the exchange, once.

        Raises
        ------
        FeedError
            When it cannot be asked.
        """
        if not self.symbols:
            try:
                self.symbols = self._ask(self.exchange)
            except (OSError, ValueError) as exc:
                why = getattr(exc, "reason", None) or exc
                raise FeedError(
                    f"{self.exchange.name} cannot be asked for its symbols: {why}"
                ) from exc
        return self.symbols

    def _ask(self, exchange: Exchange) -> tuple[str, ...]:
        """The answer of an exchange, or of its other hosts where these are closed to us."""
        url = exchange.rest_url.rstrip("/") + exchange.listing_path()
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310
                return exchange.listing(answer.read())
        except urllib.error.HTTPError as exc:
            other = exchange.elsewhere() if exc.code in CLOSED_TO_US else None
            if other is None:
                raise
            exc.close()
            return self._ask(other)

    def check(self, asked: Sequence[str]) -> None:
        """Refuse a symbol that is not listed; say nothing when there is no list.

        Raises
        ------
        UnknownSymbol
        """
        if self.symbols:
            for symbol in asked:
                if symbol not in self.symbols:
                    near = difflib.get_close_matches(symbol, self.symbols, n=2, cutoff=0.75)
                    raise UnknownSymbol(symbol, near)
