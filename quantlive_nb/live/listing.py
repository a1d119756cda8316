"""Which symbols an exchange trades, asked over REST once; the judge of a slip of the pen.

This file knows no socket and no store.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field

from quantlive_nb.errors import FeedError, UnknownSymbol
from quantlive_nb.feed.proxy import client_options
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
            self.symbols = self._ask(self.exchange)
        return self.symbols

    def _ask(self, exchange: Exchange) -> tuple[str, ...]:
        """The answer of an exchange, or of its other hosts where these are closed to us."""
        import httpx

        url = exchange.rest_url.rstrip("/") + exchange.listing_path()
        options = {"timeout": TIMEOUT_S, "follow_redirects": True, **client_options(url)}
        try:
            answer = httpx.get(url, **options)
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            why = str(exc) or type(exc).__name__
            raise FeedError(f"{exchange.name} cannot be asked for its symbols: {why}") from exc
        other = exchange.elsewhere() if answer.status_code in CLOSED_TO_US else None
        if other is not None:
            return self._ask(other)
        if answer.status_code != httpx.codes.OK:
            why = f"it answered HTTP {answer.status_code}"
            raise FeedError(f"{exchange.name} cannot be asked for its symbols: {why}")
        return exchange.listing(answer.content)

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
