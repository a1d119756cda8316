"""The past of an exchange over REST: asked slowly, again after a failure, elsewhere if refused.

This file knows no store and no exchange's texts: it is told what is missing and hands over trades.
"""

from collections.abc import Callable, Iterator

from quantlive_nb.clock import Clock
from quantlive_nb.errors import FeedError, WireError
from quantlive_nb.http.backoff import backoff
from quantlive_nb.http.client import RestClient, Unknown
from quantlive_nb.interval import Micros
from quantlive_nb.types import Trade, Trades
from quantlive_nb.venue import Exchange
from quantlive_nb.venue.base import History, Kline, Request

__all__ = ["Backfill"]

PAGE = 1_000
"""Rows of one answer, at most."""
TRIES = 2
"""So often a page is asked for before others have their turn."""
FEW = 10
"""Rows that are asked for where one would do, in case it is flawed."""
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

    Examples
    --------
    >>> from quantlive_nb.venue import Binance
    >>> Backfill(Binance()).is_by_id
    True
    """

    def __init__(
        self,
        exchange: Exchange,
        clock: "Clock | None" = None,
        waits: Callable[[], Iterator[float]] = backoff,
    ) -> None:
        self._rest = RestClient(exchange, clock, waits)
        self._no_trades = self._has_told_trades = False
        _ = self._history  # an exchange without one is refused now

    @property
    def exchange(self) -> Exchange:
        """Who is asked: the exchange, or its market-data hosts."""
        return self._rest.exchange

    @property
    def trouble(self) -> str:
        """Why nothing is answered, in a sentence; empty while all is well."""
        return self._rest.trouble

    @property
    def is_by_id(self) -> bool:
        """Whether any id can be asked for; else a range comes from its beginning on."""
        return self.exchange.capabilities.history == "id" and not self._no_trades

    async def newest(self, symbol: str) -> "Trade | None":
        """The newest trades of a symbol as one aggregate; None if there never was one.

        Raises
        ------
        FeedRefused
        """
        found = await self._aggregates(self._history.newest(symbol, FEW), symbol)
        return found[-1][1] if found else None

    async def first(self, symbol: str, ts: Micros) -> "Trade | None":
        """The first trades from a moment on as one aggregate; None if there is none yet.

        Raises
        ------
        FeedRefused
        """
        found = await self._aggregates(self._history.aggregates_since(symbol, ts, FEW), symbol)
        return found[0][1] if found else None

    async def page(
        self,
        symbol: str,
        from_id: int,
        to_id: int,
        since_us: Micros,
        flaws: "dict[int, str] | None" = None,
    ) -> Trades:
        """Trades of an id range from its beginning, as many as one answer brings.

        Parameters
        ----------
        from_id, to_id : int
        since_us : int, µs UTC
            A moment not after the trade ``from_id``; where only aggregates can be had, they are
            looked for from there on.
        flaws : dict, optional
            Is told, by id, why a row cannot be believed; the others are taken all the same.

        Returns
        -------
        Trades
            Aggregates may reach beyond the range. None when the exchange has none of these ids.

        Raises
        ------
        FeedRefused
        FeedError
            When it was asked for in vain: the next page may have more luck.
        """
        flaws = {} if flaws is None else flaws
        if self.is_by_id:
            limit = min(PAGE, to_id - from_id + 1)
            ask = self._history.trades(symbol, from_id, limit)
            try:
                rows = await self._rest.get(
                    ask,
                    lambda body, now: self._history.read_trades(body, symbol, now, flaws),
                    TRIES,
                )
            except Unknown:
                if self._has_told_trades:  # a passing fault of a host that has them
                    raise
                self._no_trades = True  # this host has aggregates alone
            else:
                self._has_told_trades = True
                return self._within(rows, flaws, from_id, to_id)
        rows = await self._search(symbol, from_id, since_us, flaws)
        return self._within(rows, flaws, from_id, to_id)

    async def klines(
        self, symbol: str, every_us: Micros, start_us: Micros, limit: int = PAGE
    ) -> list[Kline]:
        """The exchange's own bars from a moment on, oldest first, the forming one last.

        Raises
        ------
        FeedRefused
        """
        ask = self._history.klines(symbol, every_us, start_us, limit)
        return await self._rest.get(ask, lambda body, _: self._history.read_klines(body))

    async def aclose(self) -> None:
        """Free the connections; may be called twice."""
        await self._rest.aclose()

    @property
    def _history(self) -> History:
        """The requests that the host now asked understands."""
        history = self.exchange.history
        if history is None:
            raise FeedError(f"{self.exchange.name} tells no history")
        return history

    async def _search(
        self, symbol: str, from_id: int, since_us: Micros, flaws: dict[int, str]
    ) -> list[Trade]:
        """Aggregates from the one that holds an id on."""
        ask = self._history.aggregates_since(symbol, since_us, PAGE)
        for _ in range(MOST_PAGES):
            found = await self._aggregates(ask, symbol, flaws, TRIES)
            reached = [trade for _, trade in found if trade.last_id >= from_id]
            if reached or not found:
                return reached
            ask = self._history.aggregates(symbol, found[-1][0] + 1, PAGE)
        return []

    async def _aggregates(
        self,
        ask: Request,
        symbol: str,
        flaws: "dict[int, str] | None" = None,
        n_tries: "int | None" = None,
    ) -> list[tuple[int, Trade]]:
        """Aggregates with their numbers; an answer that has nothing but flaws is none."""

        def read(body: bytes, now_us: Micros) -> list[tuple[int, Trade]]:
            bad: dict[int, str] = {}
            found = self._history.read_aggregates(body, symbol, now_us, bad)
            if flaws is not None:
                flaws.update(bad)
            elif bad and not found:
                raise WireError(self.exchange.name, body, next(iter(bad.values())))
            return found

        return await self._rest.get(ask, read, n_tries)

    def _within(self, rows: list[Trade], flaws: dict[int, str], from_id: int, to_id: int) -> Trades:
        """Rows and flaws of these ids; a flaw without an id is that of the first id not told."""
        mine = [row for row in rows if row.last_id >= from_id and row.trade_id <= to_id]
        if why := flaws.pop(-1, ""):
            told = {i for row in mine for i in (row.trade_id, row.last_id)} | flaws.keys()
            flaws[next((i for i in range(from_id, to_id) if i not in told), to_id)] = why
        for trade_id in [i for i in flaws if not from_id <= i <= to_id]:
            del flaws[trade_id]
        return Trades.of(mine, self.exchange.name)
