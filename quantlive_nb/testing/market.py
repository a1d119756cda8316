"""The market: which symbols exist, what has traded, and further trades in the wire form.

This file knows no connection; its random walk is nobody's price.
"""

import math
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from quantlive_nb.errors import UsageError
from quantlive_nb.testing.frame import Frame
from quantlive_nb.testing.history import History
from quantlive_nb.testing.trade import Trade

__all__ = ["Market", "RandomWalk", "now_ms"]

WELL_KNOWN = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT", "BTCUSDC")
FIRST_PRICES = {"BTCUSDT": 61_837.63, "ETHUSDT": 2_683.80, "SOLUSDT": 153.27, "BNBUSDT": 509.1}


def now_ms() -> int:
    """This machine's clock, ms since 1970 UTC.

    Examples
    --------
    >>> now_ms() > 1_700_000_000_000
    True
    """
    return time.time_ns() // 1_000_000


def _eight_places(value: str | Decimal | int, name: str) -> str:
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
        How far the exchange's clock is ahead of this machine's.

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
        self.history = History()
        self.skew_ms = 0

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

    def trade(  # noqa: PLR0917 - the fields of a trade
        self,
        symbol: str,
        price: str | Decimal | int,
        qty: str | Decimal | int,
        buyer_maker: bool,
        ts_ms: int | None = None,
        trade_id: int | None = None,
    ) -> tuple[int, Frame]:
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
        return number, Frame.of(
            f'{{"stream":"{symbol.lower()}@trade","data":{{"e":"trade","E":{at_ms + self.skew_ms},'
            f'"s":"{symbol}","t":{number},"p":"{p}","q":"{q}","T":{at_ms},"m":{m},"M":true}}}}'
        )


class RandomWalk:
    """Endless random trades: the same seed draws the same ones.

    Parameters
    ----------
    symbols : sequence of str
    rate : float, trades/s
        Mean over all symbols together; arrivals are Poisson.
    seed : int

    Examples
    --------
    >>> RandomWalk(["BTCUSDT"], 50.0, seed=1).draw() == RandomWalk(["BTCUSDT"], 50.0, 1).draw()
    True
    """

    def __init__(self, symbols: Iterable[str], rate: float, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - must repeat, need not be secret
        self._clock = random.Random(seed)  # noqa: S311 - apart, so that pace changes no price
        self._rate = rate
        self._prices = {symbol: FIRST_PRICES.get(symbol, 100.0) for symbol in symbols}
        self._symbols = tuple(self._prices)

    def offsets_s(self) -> Iterator[float]:
        """Seconds from the start to each trade, without end."""
        at_s = 0.0
        while True:
            at_s += self._clock.expovariate(self._rate)
            yield at_s

    def draw(self) -> tuple[str, str, str, bool]:
        """Symbol, price, qty and ``buyer_maker`` of the next trade."""
        symbol = self._random.choice(self._symbols)
        price = self._prices[symbol] * math.exp(self._random.gauss(0.0, 5e-5))
        self._prices[symbol] = price
        qty = self._random.lognormvariate(-4.0, 1.5) + 0.00001
        return symbol, f"{price:.2f}", f"{qty:.5f}", self._random.random() < 0.5
