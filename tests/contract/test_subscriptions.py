"""Symbols that come and go while a feed runs, within what the exchange allows."""

import asyncio
import json

import pytest

from quantlive_nb.health import FeedState
from quantlive_nb.testing import LoopbackExchange
from tests.listener import listen, subscribed, traded

BTC, ETH = "btcusdt@trade", "ethusdt@trade"
CONNECTING, LIVE, DOWN = FeedState.CONNECTING, FeedState.LIVE, FeedState.DOWN


@pytest.fixture
def exchange():
    """An exchange where only the test trades."""
    with LoopbackExchange() as exchange:
        yield exchange


def test_symbols_come_and_go_on_the_open_connection(exchange):
    """One SUBSCRIBE and one UNSUBSCRIBE in the documented form; no trade of the others is lost."""

    async def record():
        async with listen(exchange) as listener:
            await subscribed(exchange, BTC)
            listener.feed.want(["BTCUSDT", "ETHUSDT", "SOLUSDT"])
            await subscribed(exchange, BTC, ETH, "solusdt@trade")
            await traded(exchange, listener, 2, "ETHUSDT")
            listener.feed.want(["ETHUSDT"])
            await subscribed(exchange, ETH)
            exchange.trade("BTCUSDT", "1", "1")
            await traded(exchange, listener, 2, "ETHUSDT")
            return listener

    heard = asyncio.run(record())
    assert heard.ids("ETHUSDT") == [1, 2, 3, 4]
    assert heard.ids("BTCUSDT") == []
    assert exchange.n_connections == 1
    assert [json.loads(control.text) for control in exchange.control] == [
        {"method": "SUBSCRIBE", "params": [ETH, "solusdt@trade"], "id": 1},
        {"method": "UNSUBSCRIBE", "params": [BTC, "solusdt@trade"], "id": 2},
    ]


def test_wishes_that_change_fast_end_in_the_last_one(exchange):
    """However many come while messages wait; how many are sent is counted in test_connection."""
    wishes = [[f"A{n}", f"A{n + 1}"] for n in range(12)]

    async def record():
        async with listen(exchange) as listener:
            await subscribed(exchange, BTC)
            for n, wish in enumerate(wishes):
                listener.feed.want(wish)
                if n % 4 == 3:
                    n_heard = len(exchange.control)
                    await asyncio.to_thread(
                        exchange.wait_until, lambda n=n_heard: len(exchange.control) > n
                    )
            await subscribed(exchange, "a11@trade", "a12@trade")

    asyncio.run(record())
    assert len(exchange.control) >= 4
    assert exchange.n_connections == 1


def test_a_new_connection_has_the_newest_wish(exchange):
    """What was wanted while it was away is in the URL, without a message."""
    exchange.refuse(503)

    async def record():
        async with listen(exchange) as listener:
            await asyncio.to_thread(exchange.wait_until, lambda: exchange.n_refused >= 1)
            listener.feed.want(["ETHUSDT"])
            exchange.refuse(None)
            await subscribed(exchange, ETH)
            return await traded(exchange, listener, 1, "ETHUSDT")

    assert asyncio.run(record()) == [1]
