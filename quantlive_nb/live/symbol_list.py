"""The symbols that an exchange lists, requested over REST once; catches misspelt symbols."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from quantlive_nb.errors import FeedError, UnknownSymbol
from quantlive_nb.http.ask_once import ask_once
from quantlive_nb.venue import Exchange
from quantlive_nb.venue.base import Request

__all__ = ["SymbolList"]

TIMEOUT_S = 8.0


@dataclass
class SymbolList:
    """The symbols of one exchange; blocking, so not to be called on a loop or in a callback.

    Attributes
    ----------
    symbols : tuple of str
        Symbols that trade now.
    halted : tuple of str
        Symbols that were listed but halted at the time of the request.

    Examples
    --------
    >>> from quantlive_nb.venue import Binance
    >>> listing = SymbolList(Binance(), symbols=("BTCUSDT", "ETHUSDT"))
    >>> listing.check(["BTCUSDT"])
    >>> listing.check(["BTCUSTD"])
    Traceback (most recent call last):
    quantlive_nb.errors.UnknownSymbol: unknown symbol 'BTCUSTD': did you mean BTCUSDT?
    """

    exchange: Exchange
    symbols: tuple[str, ...] = field(default=())
    halted: tuple[str, ...] = field(default=())

    def load(self) -> tuple[str, ...]:
        """Request the list, once; a venue that lists nothing is not asked.

        Raises
        ------
        FeedError
            When the request fails.
        """
        if not self.symbols and self.exchange.listing_path():
            listed = self._ask(self.exchange)
            self.symbols = tuple(symbol for symbol, trades in listed.items() if trades)
            self.halted = tuple(symbol for symbol, trades in listed.items() if not trades)
        return self.symbols

    def _ask(self, exchange: Exchange) -> dict[str, bool]:
        """Request the list from an exchange, or from its fallback hosts if it refuses us."""
        ask = Request(exchange.listing_path(), exchange.limits.listing_weight)
        try:
            return ask_once(exchange, ask, lambda body, _: exchange.listing(body), TIMEOUT_S)
        except FeedError as exc:
            raise FeedError(f"{exchange.name} cannot be asked for its symbols: {exc}") from exc

    def check(self, asked: Sequence[str]) -> None:
        """Raise if a symbol is not listed; do nothing without a list.

        Raises
        ------
        UnknownSymbol
        """
        if self.symbols:
            for symbol in asked:
                if symbol not in self.symbols and symbol not in self.halted:
                    near = difflib.get_close_matches(symbol, self.symbols, n=2, cutoff=0.75)
                    raise UnknownSymbol(symbol, near)

    def heard(self, symbols: Iterable[str]) -> None:
        """Note that these symbols trade again."""
        if self.halted:
            again = set(self.halted) & set(symbols)
            self.symbols = tuple(sorted({*self.symbols, *again}))
            self.halted = tuple(symbol for symbol in self.halted if symbol not in again)

    def silence(self, asked: Sequence[str]) -> str:
        """Why some symbols may deliver no trades, in a sentence; empty if all trade.

        Examples
        --------
        >>> from quantlive_nb.venue import Binance
        >>> listing = SymbolList(Binance(), ("BTCUSDT",), halted=("LUNAUSDT",))
        >>> listing.silence(["BTCUSDT", "LUNAUSDT"])
        'LUNAUSDT is halted at binance: it is recorded as soon as it trades again'
        """
        halted = [symbol for symbol in asked if symbol in self.halted]
        gone = [s for s in asked if self.symbols and s not in (*self.symbols, *self.halted)]
        said = [f"{', '.join(gone)} is not listed at {self.exchange.name} any more"] if gone else []
        if halted:
            again = "it is recorded as soon as it trades again"
            said.append(f"{', '.join(halted)} is halted at {self.exchange.name}: {again}")
        return "; ".join(said)
