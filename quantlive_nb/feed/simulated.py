"""A simulated market: cointegrated legs that trade asynchronously and in bursts, from a seed.

Its trades are labelled SIMULATED everywhere.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from quantlive_nb.clock import Clock, System
from quantlive_nb.errors import UsageError
from quantlive_nb.feed.base import Batch
from quantlive_nb.feed.confirmation import Records
from quantlive_nb.health import FeedState
from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.types import Texts, Trades, Vector

__all__ = ["Simulated"]

VENUE = "simulated"
STEPS = 10
"""Steps of the latent price per second."""
FACTOR_SD = 2.0e-4
"""Standard deviation of the common factor over one second, in log price."""
SPREAD_SD = 4.0e-4
"""Stationary standard deviation of a leg's own spread."""
HALF_LIFE_S = 6.0
CLUSTER = 2.5
"""Mean number of trades that arrive together."""
FASTEST = 1_000
"""Highest speed, in market seconds per second."""
STEP_S = 0.1

FIRST_PRICE = {"BTCUSDT": 60_000.0, "ETHUSDT": 2_700.0, "SOLUSDT": 150.0, "BNBUSDT": 550.0}
BETA = {"BTCUSDT": 1.0, "ETHUSDT": 1.2}


@dataclass
class Leg:
    """State of one symbol: next id, spread, and its loading on the factor."""

    symbol: str
    next_id: int = 1
    start_price: float = 0.0
    spread: float = 0.0

    @property
    def key(self) -> int:
        """A hash of the symbol that is the same in every run."""
        return zlib.crc32(self.symbol.encode())

    @property
    def first_price(self) -> float:
        """First price: the last one, a typical one, or one derived from the symbol."""
        return self.start_price or FIRST_PRICE.get(self.symbol, 1.0 + self.key % 20_000 / 100)

    def second(self, seed: int, k: int, factor: Vector, rate: float, start: Micros) -> Trades:
        """The trades of the k-th second; deterministic for a seed."""
        rng = np.random.default_rng([seed, self.key, k])
        keep = 0.5 ** (1 / (STEPS * HALF_LIFE_S))
        shocks = rng.normal(0, SPREAD_SD * np.sqrt(1 - keep**2), STEPS)
        own = np.empty(STEPS)
        for i, shock in enumerate(shocks):
            self.spread = own[i] = keep * self.spread + shock
        sd = 0.3 if self.symbol == "BTCUSDT" else 1.0
        path = np.log(self.first_price) + BETA.get(self.symbol, 1.0) * factor + sd * own
        offset = arrivals(rng, rate)
        trades = self._trades(rng, np.exp(path), offset, start)
        self.next_id += len(trades)
        return trades

    def _trades(
        self, rng: np.random.Generator, path: Vector, offset_us: Vector, start: Micros
    ) -> Trades:
        n = len(offset_us)
        tick = 0.01 if self.first_price >= 10 else 0.0001
        is_buy = rng.random(n) < 0.5
        mid = path[(offset_us * STEPS // SECOND).astype(np.int64)]
        ticks = np.floor(mid / tick) + is_buy
        ts = start + offset_us.astype(np.int64) // 1_000 * 1_000
        ids = np.arange(self.next_id, self.next_id + n)
        lots = np.ceil(rng.lognormal(0, 1.5, n) * 100)
        return Trades(
            VENUE,
            np.full(n, self.symbol, object),
            ids,
            ids,
            texts(ticks * tick),
            texts(lots * 1e-5 * (60_000 / self.first_price)),
            is_buy,
            ts,
            ts + 1_000,
            ts + 5_000 + self.key % 20 * 1_000,
        )


def texts(values: Vector) -> Texts:
    """Numbers as exact decimal text, at most 5 places, above 0."""
    return np.array([f"{max(v, 1e-5):.5f}" for v in values.tolist()], dtype=object)


def arrivals(rng: np.random.Generator, rate: float) -> Vector:
    """Arrival times within one second, µs, clustered as in real markets."""
    parents = rng.uniform(0, SECOND, rng.poisson(rate / CLUSTER))
    sizes = rng.geometric(1 / CLUSTER, len(parents))
    children = np.repeat(parents, sizes) + rng.exponential(2_000, sizes.sum())
    return np.sort(np.minimum(children, SECOND - 1))


@dataclass
class Simulated:
    """An endless market of cointegrated symbols.

    Parameters
    ----------
    symbols : sequence of str
        Each follows one common factor with a mean-reverting spread of its own.
    seed : int
        The same seed gives the same prices, sizes and arrival times within the market's life.
    rate : float, trades per second and symbol
    history_s : int, seconds
        Length of the history delivered at once, so that charts are full from the start.
    pace : float
        Market seconds per second.

    Raises
    ------
    UsageError
        If rate or pace is not above 0, or the pace is above :data:`FASTEST`.

    Notes
    -----
    Common factor: Gaussian random walk. Spread of each leg: Ornstein-Uhlenbeck with a half-life
    of 6 s. Arrivals: Poisson clusters, independent between legs, so returns at short horizons
    correlate less than at long ones (Epps effect), as on real tapes.

    Examples
    --------
    >>> Simulated(["BTCUSDT"], rate=0)
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: rate and speed of the simulated market must be above 0
    """

    symbols: Sequence[str]
    seed: int = 7
    rate: float = 20.0
    history_s: int = 900
    pace: float = 1.0
    clock: Clock = field(default_factory=System)
    venue: str = VENUE
    _closed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _records: Records = field(default_factory=Records, repr=False)
    _legs: dict[str, Leg] = field(default_factory=dict, repr=False)
    _factor: float = 0.0
    _k: int = 0
    _resume_us: Micros = 0

    def __post_init__(self) -> None:
        if not (self.rate > 0 and 0 < self.pace < float("inf")):
            raise UsageError("rate and speed of the simulated market must be above 0")
        if self.pace > FASTEST:
            raise UsageError(
                f"the speed is {self.pace:g}: the simulated market has at most {FASTEST}"
            )

    @property
    def speed(self) -> float:
        """0: time moves by the trades alone, as in a replay."""
        return 0.0

    async def events(self) -> AsyncIterator[Batch]:
        """Yield the history at once, then new trades in real time, without end."""
        start_us = max(self.clock.now_us(), self._resume_us)
        zero = start_us // SECOND * SECOND - self.history_s * SECOND
        began_us = self.clock.mono_us() - start_us % SECOND
        pending = Trades.of([], VENUE)
        while not self._closed.is_set():
            played_us = int((self.clock.mono_us() - began_us) * self.pace)
            now = zero + self.history_s * SECOND + played_us
            blocks = [pending]
            while zero + self._k * SECOND <= now:
                blocks += self._second(zero + self._k * SECOND)
            pending = joined(blocks)
            due = pending.ts_recv <= now
            if due.any():
                trades, pending = pending.select(due), pending.select(~due)
                yield Batch(FeedState.LIVE, trades, confirmed=self._records.confirm(trades))
            await asyncio.sleep(STEP_S)

    def resume(self, last: Mapping[str, tuple[int, float]], last_us: Micros = 0) -> None:
        """Continue after these ids and prices, per symbol, instead of starting with a history.

        No trade happens before the second that follows ``last_us``, the latest stored time: at a
        pace above 1 the stored market is ahead of our clock.
        """
        for symbol, (last_id, price) in last.items():
            self._legs[symbol] = Leg(symbol, last_id + 1, price)
        if last:
            self.history_s, self._resume_us = 0, last_us // SECOND * SECOND + SECOND

    def want(self, symbols: Sequence[str]) -> None:
        """Trade exactly these symbols from the next second on."""
        self.symbols = tuple(symbols)

    async def aclose(self) -> None:
        """End at the next step."""
        self._closed.set()

    def _second(self, start: Micros) -> list[Trades]:
        """Every leg's trades of the next second."""
        rng = np.random.default_rng([self.seed, 0, self._k])
        factor = self._factor + np.cumsum(rng.normal(0, FACTOR_SD / np.sqrt(STEPS), STEPS))
        self._factor, k = float(factor[-1]), self._k
        self._k += 1
        return [
            self._legs.setdefault(s, Leg(s)).second(self.seed, k, factor, self.rate, start)
            for s in self.symbols
        ]


def joined(blocks: Sequence[Trades]) -> Trades:
    """Merge blocks in the order of receipt."""
    whole = Trades(
        VENUE,
        *(
            np.concatenate([getattr(block, name) for block in blocks])
            for name, _ in blocks[0].columns()
        ),
    )
    return whole.select(np.argsort(whole.ts_recv, kind="stable"))
