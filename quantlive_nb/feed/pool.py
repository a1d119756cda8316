"""A bundle of lines: symbols spread over as many connections as they need.

This file knows no connection's life (line does) and no batch.
"""

import asyncio
import itertools
from collections.abc import Sequence

from quantlive_nb.feed.reconnecting import ConnectionPolicy, ReconnectingStream
from quantlive_nb.health import FeedState
from quantlive_nb.interval import Micros

__all__ = ["ConnectionPool"]

GRAVE = (FeedState.DOWN, FeedState.CONNECTING, FeedState.LIVE)
"""A bundle is as well as the worst of its lines."""
NOTHING = FeedState.CONNECTING, "no symbol is asked for"


class ConnectionPool:
    """The lines of one feed.

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
        """How many lines."""
        return len(self._tasks)

    @property
    def stand(self) -> tuple[FeedState, str]:
        """State of the worst line, and why."""
        stands = [(line.state, line.reason) for line in self._tasks]
        return min(stands, key=lambda stand: GRAVE.index(stand[0]), default=NOTHING)

    @property
    def confirmed(self) -> dict[str, Micros]:
        """Up to when all trades of each symbol have come, µs UTC."""
        return {symbol: ts for line in self._tasks for symbol, ts in line.confirmed.items()}

    def prove(self, symbol: str) -> None:
        """Its newest trade was asked for after its connections had begun."""
        for line in self._tasks:
            line.prove(symbol)

    def want(self, symbols: Sequence[str]) -> None:
        """Bring exactly these: who has a place keeps it; lines are opened and ended at need."""
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
        """Replace the connection that should bring a symbol, the new one first."""
        for line in self._tasks:
            if symbol in line.symbols:
                line.renew()

    def check(self) -> None:
        """Raise what ended a line for good."""
        for task in self._tasks.values():
            if task.done():
                task.result()

    async def aclose(self) -> None:
        """End them all."""
        for line in [*self._tasks]:
            self._end(line)
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _end(self, line: ReconnectingStream) -> None:
        """Close a line's connections in the background."""
        task = self._tasks.pop(line)
        task.cancel()
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
