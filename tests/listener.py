"""Listens to a feed in a task of its own, and waits for what it says."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from typing import Self

from quantlive_nb.feed import Batch, Feed, WebSocketFeed
from quantlive_nb.health import FeedState
from quantlive_nb.types import Trade
from quantlive_nb.venue import Binance
from tests.tape import START

PATIENCE_S = 60.0


class Listener:
    """What a feed has said so far.

    Parameters
    ----------
    feed : Feed

    Examples
    --------
    >>> from quantlive_nb.feed import Replay
    >>> async def said():
    ...     async with Listener(Replay(iter([]))) as listener:
    ...         await listener.ended()
    ...         return listener.states
    >>> asyncio.run(said())
    [<FeedState.ENDED: 'ENDED'>]
    """

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.batches: list[Batch] = []
        self._said = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.feed.aclose()
        await asyncio.wait({self._task}, timeout=PATIENCE_S)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        try:
            async with contextlib.aclosing(self.feed.events()) as batches:
                async for batch in batches:
                    self.batches.append(batch)
                    self._said.set()
        finally:
            self._said.set()

    async def until(self, condition: Callable[["Listener"], bool]) -> None:
        """Wait until what was said meets a condition; an error of the feed is raised here."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition(self):
                if self._task.done():
                    self._task.result()
                    raise AssertionError(f"the feed ended after {self.batches}")
                self._said.clear()
                await self._said.wait()

    async def ended(self) -> None:
        """Wait until the feed has ended; its error, if any, is raised here."""
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.shield(self._task)

    @property
    def states(self) -> list[FeedState]:
        """States in the order in which they were said, repetitions left out."""
        states = [batch.state for batch in self.batches]
        return [s for i, s in enumerate(states) if i == 0 or s is not states[i - 1]]

    @property
    def trades(self) -> list[Trade]:
        """Every trade, in the order of arrival."""
        given = [batch.trades for batch in self.batches if batch.trades is not None]
        return [row for trades in given for row in trades.rows()]

    def ids(self, symbol: str) -> list[int]:
        """Trade ids of a symbol, in the order of arrival."""
        return [row.trade_id for row in self.trades if row.symbol == symbol]


def hasty():
    """Waits that keep a test short."""
    return itertools.repeat(0.01)


def listen(exchange, *symbols, spoken=None, **choices):
    """Listen to some symbols of the exchange."""
    spoken = spoken or Binance(exchange.ws_url, exchange.rest_url)
    choices = {"waits": hasty} | choices
    return Listener(WebSocketFeed(spoken, symbols or ["BTCUSDT"], **choices))


async def subscribed(exchange, *streams):
    """Wait until the exchange serves exactly these streams."""
    wanted = frozenset(streams)
    what = f"exactly {', '.join(streams)}"
    await asyncio.to_thread(
        exchange.wait_until, lambda: exchange.streams == wanted, PATIENCE_S, what
    )


async def traded(exchange, listener, n, symbol="BTCUSDT"):
    """Make n trades of a symbol and wait until they are heard."""
    ids = [exchange.trade(symbol, "61837.63", "0.02", ts_ms=START // 1_000) for _ in range(n)]
    await listener.until(lambda heard: ids[-1] in heard.ids(symbol))
    return ids
