"""An endless stream of random trades: arrival times, prices and quantities."""

import asyncio
import math
import random
from collections.abc import Iterable, Iterator

from quantlive_nb.errors import UsageError
from quantlive_nb.testing.exchange.clients import Clients
from quantlive_nb.testing.market.market import Market
from quantlive_nb.testing.market.pace import Throttle, due

__all__ = ["RandomWalk"]

FIRST_PRICES = {"BTCUSDT": 61_837.63, "ETHUSDT": 2_683.80, "SOLUSDT": 153.27, "BNBUSDT": 509.1}


class RandomWalk:
    """Endless random trades, deterministic for a seed.

    Parameters
    ----------
    symbols : sequence of str
    rate : float, trades/s
        Mean over all symbols together; arrivals are Poisson.
    seed : int

    Raises
    ------
    UsageError
        If there is no symbol or no rate.

    Examples
    --------
    >>> RandomWalk(["BTCUSDT"], 50.0, seed=1).draw() == RandomWalk(["BTCUSDT"], 50.0, 1).draw()
    True
    """

    def __init__(self, symbols: Iterable[str], rate: float, seed: int) -> None:
        if not (rate > 0 and math.isfinite(rate)):
            raise UsageError(f"rate is {rate}: give trades per second, or 0 for none")
        self._prices = {symbol: FIRST_PRICES.get(symbol, 100.0) for symbol in symbols}
        if not self._prices:
            raise UsageError("random trades need symbols: give symbols=('BTCUSDT', 'ETHUSDT')")
        self._random = random.Random(seed)  # noqa: S311 - must repeat, need not be secret
        self._clock = random.Random(seed)  # noqa: S311 - apart, so that pace changes no price
        self._rate = rate
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

    async def play(self, clients: Clients, market: Market, throttle: Throttle) -> None:
        """Make every trade at its time, ordered with the trades that tests make."""
        loop = asyncio.get_running_loop()
        async for n in due(self.offsets_s(), throttle=throttle):
            drawn = [self.draw() for _ in range(n)]
            market.make(drawn, lambda frames: loop.call_soon(clients.play, frames))
            await asyncio.sleep(0)
            await clients.flush()
