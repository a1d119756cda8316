"""The market: its symbols, its trades so far, and new trades as messages."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation

from quantlive_nb.errors import UsageError
from quantlive_nb.testing.market.event_frame import EventFrame
from quantlive_nb.testing.market.market_trade import Trade
from quantlive_nb.testing.market.trade_history import History

__all__ = ["Market", "Number", "now_ms"]

Number = str | Decimal | int
Fields = tuple[str, Number, Number, bool] | tuple[str, Number, Number, bool, int | None, int | None]
"""The arguments of a trade: symbol, price, qty, side, and perhaps its time and id."""

WELL_KNOWN = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT", "BTCUSDC")


def now_ms() -> int:
    """This machine's clock, ms since 1970 UTC.

    Examples
    --------
    >>> now_ms() > 1_700_000_000_000
    True
    """
    return time.time_ns() // 1_000_000


def _eight_places(value: Number, name: str) -> str:
    """A decimal as the exchange writes it: ``0.02`` becomes ``0.02000000``."""
    try:
        number = Decimal(value)
        text = f"{number:.8f}"
    except (InvalidOperation, TypeError, ValueError) as exc:
        raise UsageError(f"{name} {value!r} is not a number: give text such as '0.02'") from exc
    if not number.is_finite() or Decimal(text) != number:
        raise UsageError(f"{name} {value} cannot be written with 8 decimals: give it as text")
    return text


class Market:
    """Symbols, the next trade id of each, and all trades so far.

    Parameters
    ----------
    symbols : iterable of str
        Listed besides the well-known ones.

    Attributes
    ----------
    history : History
    skew_ms : int, ms
        Offset of the exchange's clock from this machine's.
    halted : frozenset of str
        Symbols that are listed but halted.

    Examples
    --------
    >>> market = Market(["DOGEUSDT"])
    >>> market.trade("DOGEUSDT", "0.1", "5", True, 1_723_161_255_342)[0]
    1
    >>> market.trade("DOGEUSDT", "0.1", "5", True, 1_723_161_255_342)[0]
    2
    """

    def __init__(self, symbols: Iterable[str] = ()) -> None:
        self._last_ids: dict[str, int] = dict.fromkeys((*symbols, *WELL_KNOWN), 0)
        self._order = threading.Lock()  # trades are sent in the order of their ids
        self.history = History()
        self.skew_ms = 0
        self.halted: frozenset[str] = frozenset()

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every listed symbol, in upper case."""
        return tuple(self._last_ids)

    def clock_ms(self) -> int:
        """The exchange's clock, ms since 1970 UTC."""
        return now_ms() + self.skew_ms

    def enlist(self, last_ids: Mapping[str, int]) -> None:
        """Add symbols, each with the trade id that its next trade follows."""
        self._last_ids |= last_ids

    def begin_anew(self, symbol: str) -> None:
        """Clear the trades of a symbol; its next trade has the id 1."""
        with self._order:
            self._last_ids[symbol] = 0
            self.history.forget(symbol)

    def make(
        self, drawn: Iterable[Fields], hand_over: Callable[[list[EventFrame]], object]
    ) -> list[int]:
        """Make trades and pass on their frames, ordered with those of all other threads.

        Parameters
        ----------
        drawn : iterable of tuple
            The arguments of ``trade``.
        hand_over : callable
            Receives the frames in the order of the ids.

        Returns
        -------
        list of int
            The trade ids.
        """
        with self._order:
            made = [self.trade(*fields) for fields in drawn]
            hand_over([frame for _, frame in made])
        return [number for number, _ in made]

    def trade(  # noqa: PLR0917 - the fields of a trade
        self,
        symbol: str,
        price: Number,
        qty: Number,
        buyer_maker: bool,
        ts_ms: int | None = None,
        trade_id: int | None = None,
    ) -> tuple[int, EventFrame]:
        """Make one trade; see ``LoopbackExchange.trade``.

        Returns
        -------
        int, Frame
            Its id, and its frame in the form of September 2024 and later, without order ids.
        """
        p, q = _eight_places(price, "price"), _eight_places(qty, "qty")
        at_ms = now_ms() if ts_ms is None else ts_ms
        number = self._last_ids.get(symbol, 0) + 1 if trade_id is None else trade_id
        self._last_ids[symbol] = number
        self.history.add([Trade(symbol, number, p, q, at_ms, buyer_maker)])
        m = "true" if buyer_maker else "false"
        return number, EventFrame.of(
            f'{{"stream":"{symbol.lower()}@trade","data":{{"e":"trade","E":{at_ms + self.skew_ms},'
            f'"s":"{symbol}","t":{number},"p":"{p}","q":"{q}","T":{at_ms},"m":{m},"M":true}}}}'
        )
