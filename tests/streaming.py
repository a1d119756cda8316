"""A line at work at a loopback exchange, and everything it has said."""

import asyncio
import contextlib
import itertools

from quantlive_nb.clock import Manual
from quantlive_nb.feed.buffer import TradeBuffer
from quantlive_nb.feed.reconnecting import ConnectionPolicy, ReconnectingStream
from quantlive_nb.health import FeedState
from quantlive_nb.http.rate_limit import RateLimit
from quantlive_nb.interval import SECOND
from quantlive_nb.judge import Judge
from quantlive_nb.venue import Binance
from tests.listener import hasty
from tests.tape import START

PATIENCE_S = 60.0


class Stage:
    """A line at work, and everything it has said."""

    def __init__(self, exchange, spoken=None, waits=hasty, silence_s=30.0, rotate_s=3_600.0):
        self.exchange, self.said = exchange, []
        self.inbox = TradeBuffer(Judge({"BTCUSDT", "ETHUSDT"}))
        spoken = spoken or Binance(exchange.ws_url, exchange.rest_url)
        gate = RateLimit(280, 300 * SECOND)
        pace = silence_s, rotate_s, waits, gate
        self.terms = ConnectionPolicy(spoken, self.inbox, Manual(START), *pace, self.hear)
        self.line = ReconnectingStream(self.terms, ["BTCUSDT"])

    def hear(self):
        """Take note of what the line says."""
        self.said.append((self.line.state, self.line.reason))
        self.inbox.stirred.set()

    async def until(self, condition):
        """Wait until what was said or heard meets a condition; the line's error is raised here."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                if self.task.done():
                    self.task.result()
                self.inbox.stirred.clear()
                await self.inbox.stirred.wait()

    async def wait(self, condition):
        """Wait until the exchange has seen something."""
        await asyncio.to_thread(self.exchange.wait_until, condition, PATIENCE_S)

    async def trade(self, exchange=None):
        """Make a trade and wait until it has come."""
        exchange = exchange or self.exchange
        await asyncio.to_thread(exchange.wait_subscribed, "btcusdt@trade")
        made = exchange.trade("BTCUSDT", "1", "1", ts_ms=START // 1_000)
        await self.until(lambda: made in self.ids and self.line.state is FeedState.LIVE)
        return made

    @property
    def ids(self):
        """Ids that have come, each once, in the order of arrival."""
        return list(dict.fromkeys(row.trade_id for row in self.inbox.rows))

    @property
    def states(self):
        """States in the order in which they were said."""
        return [state for state, _ in itertools.groupby(state for state, _ in self.said)]


@contextlib.asynccontextmanager
async def streaming(exchange, **choices):
    """A line that has brought its first trade."""
    stage = Stage(exchange, **choices)
    stage.task = asyncio.create_task(stage.line.run())
    stage.task.add_done_callback(lambda _: stage.inbox.stirred.set())
    try:
        yield stage
    finally:
        stage.task.cancel()
        await asyncio.gather(stage.task, return_exceptions=True)
        assert not stage.line._open
