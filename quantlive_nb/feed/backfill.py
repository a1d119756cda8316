"""The past of an exchange over REST: asked slowly, again after a failure, elsewhere if refused.

This file knows no store and no exchange's texts: it is told what is missing and hands over trades.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from quantlive_nb.clock import Clock, System
from quantlive_nb.errors import FeedError, FeedRefused, WireError
from quantlive_nb.feed.budget import Budget
from quantlive_nb.feed.retry import backoff
from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.types import Trade, Trades
from quantlive_nb.wire import Exchange
from quantlive_nb.wire.base import Ask, History, Kline

if TYPE_CHECKING:
    import httpx

__all__ = ["Backfill"]

log = logging.getLogger("quantlive.backfill")

T = TypeVar("T")
PAGE = 1_000
"""Rows of one answer, at most."""
AT_ONCE = 4
TIMEOUT_S = 20.0
SHARE = 0.8
"""Part of the host's budget that is used: others may work from this address."""
RETRY_AFTER_S = 60.0
"""Waited after a 429 or 418 that does not say how long."""
TOO_MANY = frozenset({418, 429})
REFUSED = frozenset({403, 451})
MOST_PAGES = 200
"""Pages of aggregates that are turned over in search of an id."""


class Backfill:
    """Asks one exchange for what was missed.

    Parameters
    ----------
    exchange : Exchange
        With a history.
    clock : Clock
        Stamps the receipt and paces the requests.
    waits : callable
        Makes the generator of back-off seconds after a failed request.

    Attributes
    ----------
    trouble : str
        Why nothing is answered, in a sentence; empty while all is well.

    Notes
    -----
    At most four requests are under way, within 80 % of the host's weight a minute. 429 and 418 are
    obeyed to the second. A request that fails is asked again until it is answered or cancelled. A
    host that refuses is left for the exchange's other one, if there is one.

    Examples
    --------
    >>> from quantlive_nb.wire import Binance
    >>> Backfill(Binance()).is_by_id
    True
    """

    def __init__(
        self,
        exchange: Exchange,
        clock: "Clock | None" = None,
        waits: Callable[[], Iterator[float]] = backoff,
    ) -> None:
        self.exchange = exchange
        self.clock = clock or System()
        self.trouble = ""
        self._waits = waits
        self._budget = Budget(int(SHARE * self._history.weight_per_min), clock=self.clock)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._client: httpx.AsyncClient | None = None
        self._making = asyncio.Lock()
        self._no_trades = False

    @property
    def is_by_id(self) -> bool:
        """Whether any id can be asked for; else a range comes from its beginning on."""
        return self._history.has_trades and not self._no_trades

    async def newest(self, symbol: str) -> "Trade | None":
        """The newest trades of a symbol as one aggregate; None if there never was one.

        Raises
        ------
        FeedRefused
        """
        found = await self._aggregates(self._history.newest(symbol), symbol)
        return found[-1][1] if found else None

    async def first(self, symbol: str, ts: Micros) -> "Trade | None":
        """The first trades from a moment on as one aggregate; None if there is none yet.

        Raises
        ------
        FeedRefused
        """
        found = await self._aggregates(self._history.aggregates_since(symbol, ts, 1), symbol)
        return found[0][1] if found else None

    async def page(self, symbol: str, from_id: int, to_id: int, since_us: Micros) -> Trades:
        """Trades of an id range from its beginning, as many as one answer brings.

        Parameters
        ----------
        from_id, to_id : int
        since_us : int, µs UTC
            A moment not after the trade ``from_id``; where only aggregates can be had, they are
            looked for from there on.

        Returns
        -------
        Trades
            Aggregates may reach beyond the range. None when the exchange has none of these ids.

        Raises
        ------
        FeedRefused
        """
        if self.is_by_id:
            limit = min(PAGE, to_id - from_id + 1)
            ask = self._history.trades(symbol, from_id, limit)
            try:
                rows = await self._get(ask, lambda body, now: self._read(body, symbol, now))
            except Unknown:
                self._no_trades = True  # this host has aggregates alone
            else:
                return self._within(rows, from_id, to_id)
        return self._within(await self._search(symbol, from_id, since_us), from_id, to_id)

    async def klines(
        self, symbol: str, every_us: Micros, start_us: Micros, limit: int = PAGE
    ) -> list[Kline]:
        """The exchange's own bars from a moment on, oldest first, the forming one last.

        Raises
        ------
        FeedRefused
        """
        ask = self._history.klines(symbol, every_us, start_us, limit)
        return await self._get(ask, lambda body, _: self._history.read_klines(body))

    async def aclose(self) -> None:
        """Free the connections; may be called twice."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    @property
    def _history(self) -> History:
        history = self.exchange.history
        if history is None:
            raise FeedError(f"{self.exchange.name} tells no history")
        return history

    async def _search(self, symbol: str, from_id: int, since_us: Micros) -> list[Trade]:
        """Aggregates from the one that holds an id on."""
        ask = self._history.aggregates_since(symbol, since_us, PAGE)
        for _ in range(MOST_PAGES):
            found = await self._aggregates(ask, symbol)
            reached = [trade for _, trade in found if trade.last_id >= from_id]
            if reached or not found:
                return reached
            ask = self._history.aggregates(symbol, found[-1][0] + 1, PAGE)
        return []

    async def _aggregates(self, ask: Ask, symbol: str) -> list[tuple[int, Trade]]:
        return await self._get(
            ask, lambda body, now: self._history.read_aggregates(body, symbol, now)
        )

    def _read(self, body: bytes, symbol: str, ts_recv: Micros) -> list[Trade]:
        return self._history.read_trades(body, symbol, ts_recv)

    def _within(self, rows: list[Trade], from_id: int, to_id: int) -> Trades:
        """Rows that hold any of the ids."""
        mine = [row for row in rows if row.last_id >= from_id and row.trade_id <= to_id]
        return Trades.of(mine, self.exchange.name)

    async def _get(self, ask: Ask, read: Callable[[bytes, Micros], T]) -> T:
        """The answer to a request, asked again until it can be read.

        Raises
        ------
        FeedRefused
            When every host refuses, or the request itself is wrong.
        """
        waits = self._waits()
        while True:
            try:
                async with self._slots:
                    answer = await self._ask(ask)
                    result = read(answer.content, self.clock.now_us())
            except (OSError, WireError, Unanswered) as exc:
                self._complain(str(exc))
                await asyncio.sleep(getattr(exc, "wait_s", None) or next(waits))
            else:
                self.trouble = ""
                return result

    async def _ask(self, ask: Ask) -> "httpx.Response":
        """One attempt, in its turn."""
        async with self._making:
            if self._client is None:  # importing it and reading certificates takes a while
                self._client = await asyncio.to_thread(new_client)
        await self._budget.turn(ask.weight)
        import httpx

        url = self.exchange.rest_url.rstrip("/") + ask.path
        try:
            answer = await self._client.get(url)
        except httpx.HTTPError as exc:
            raise Unanswered(f"cannot be asked ({str(exc) or type(exc).__name__})") from exc
        self._budget.heard(int(answer.headers.get("X-MBX-USED-WEIGHT-1M", 0)))
        self._judge(answer)
        return answer

    def _judge(self, answer: "httpx.Response") -> None:
        """Raise what an answer other than 200 means."""
        code, name = answer.status_code, self.exchange.name
        if code in TOO_MANY:
            wait_s = as_seconds(answer.headers.get("Retry-After"))
            self._budget.shut(int(wait_s * SECOND))
            raise Unanswered(f"asks for a pause of {wait_s:.0f} s (HTTP {code})", wait_s=1e-3)
        if code in REFUSED:
            other = self.exchange.elsewhere()
            if other is None:
                raise FeedRefused(name, str(answer.url), f"HTTP {code}")
            self.exchange = other
            raise Unanswered(f"is refused (HTTP {code}): asking {other.rest_url}", wait_s=1e-3)
        if code == 404:
            raise Unknown(name, str(answer.url), "HTTP 404")
        if 400 <= code < 500:
            raise FeedRefused(name, str(answer.url), f"HTTP {code} {answer.text[:120]}")
        if code != 200:
            raise Unanswered(f"answered HTTP {code}")

    def _complain(self, why: str) -> None:
        """Keep the newest trouble for the screen; log each once."""
        sentence = f"the history of {self.exchange.name} {why}"
        if sentence != self.trouble:
            log.info("%s", sentence)
        self.trouble = sentence


class Unknown(FeedRefused):
    """The host does not have this path."""


class Unanswered(Exception):
    """A request that may be asked again, after ``wait_s`` seconds or the next back-off."""

    def __init__(self, why: str, wait_s: "float | None" = None) -> None:
        super().__init__(why)
        self.wait_s = wait_s


def new_client() -> "httpx.AsyncClient":
    """A client that keeps its connections."""
    import httpx

    return httpx.AsyncClient(timeout=TIMEOUT_S)


def as_seconds(text: "str | None") -> float:
    """What ``Retry-After`` says; a minute where it says nothing that can be used.

    Examples
    --------
    >>> as_seconds("2"), as_seconds(None), as_seconds("soon")
    (2.0, 60.0, 60.0)
    """
    try:
        return max(float(text or ""), 0.0)
    except ValueError:
        return RETRY_AFTER_S
