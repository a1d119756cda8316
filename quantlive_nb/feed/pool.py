"""A pool of reconnecting streams: symbols spread over as many connections as they need."""

import asyncio
import itertools
from collections.abc import Sequence

from quantlive_nb.feed.reconnecting import ConnectionPolicy, ReconnectingStream
from quantlive_nb.health import FeedState
from quantlive_nb.interval import Micros

__all__ = ["ConnectionPool"]

GRAVE = (FeedState.DOWN, FeedState.CONNECTING, FeedState.LIVE)
"""States from best to worst: the pool has the worst state of its streams."""
NOTHING = FeedState.CONNECTING, "no symbol is asked for"


class ConnectionPool:
    """The streams of one feed.

    Parameters
    ----------
    terms : ConnectionPolicy
    most : int
        How many symbols a connection may carry.

    Examples
    --------
    >>> from quantlive_nb.feed.websocket_feed import WebSocketFeed
    >>> from quantlive_nb.venue import Binance
    >>> WebSocketFeed(Binance(), ["BTCUSDT"])._bundle.stand
    (<FeedState.CONNECTING: 'CONNECTING'>, 'no symbol is asked for')
    """

    def __init__(self, terms: ConnectionPolicy, most: int) -> None:
        self._terms, self._most = terms, most
        self._tasks: dict[ReconnectingStream, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """Number of streams."""
        return len(self._tasks)

    @property
    def stand(self) -> tuple[FeedState, str]:
        """State of the worst stream, and its reason."""
        stands = [(line.state, line.reason) for line in self._tasks]
        return min(stands, key=lambda stand: GRAVE.index(stand[0]), default=NOTHING)

    @property
    def confirmed(self) -> dict[str, Micros]:
        """Time up to which all trades of each symbol have arrived, µs UTC."""
        return {symbol: ts for line in self._tasks for symbol, ts in line.confirmed.items()}

    def prove(self, symbol: str) -> None:
        """The newest trade of a symbol was requested after its connections were opened."""
        for line in self._tasks:
            line.prove(symbol)

    def want(self, symbols: Sequence[str]) -> None:
        """Stream exactly these symbols; streams are opened and closed as needed."""
        wanted = dict.fromkeys(symbols)
        placed = set(itertools.chain(*(line.symbols for line in self._tasks)))
        waiting = [symbol for symbol in wanted if symbol not in placed]
        for line in [*self._tasks]:
            kept = [symbol for symbol in line.symbols if symbol in wanted]
            n_free = self._most - len(kept)
            carried, waiting = (*kept, *waiting[:n_free]), waiting[n_free:]
            if not carried:
                self._end(line)
            elif carried != line.symbols:
                line.want(carried)
        for i in range(0, len(waiting), self._most):
            line = ReconnectingStream(self._terms, waiting[i : i + self._most])
            self._tasks[line] = task = asyncio.create_task(line.run())
            task.add_done_callback(lambda _: self._terms.told())
        self._terms.told()

    def renew(self, symbol: str) -> None:
        """Replace the connection of a symbol; the new one is opened first."""
        for line in self._tasks:
            if symbol in line.symbols:
                line.renew()

    def check(self) -> None:
        """Raise the fatal error of a stream."""
        for task in self._tasks.values():
            if task.done():
                task.result()

    async def aclose(self) -> None:
        """Close all streams."""
        for line in [*self._tasks]:
            self._end(line)
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _end(self, line: ReconnectingStream) -> None:
        """Close a stream in the background."""
        task = self._tasks.pop(line)
        task.cancel()
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
