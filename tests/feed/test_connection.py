"""One open socket: what it hands on, what it says, and how it ends."""

import asyncio
import contextlib
import itertools
import json
from dataclasses import replace

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from quantlive_nb.clock import Manual
from quantlive_nb.feed import buffer as inbox_module
from quantlive_nb.feed import connection as module
from quantlive_nb.feed.buffer import TradeBuffer
from quantlive_nb.feed.connection import Connection
from quantlive_nb.judge import Judge
from quantlive_nb.venue import Binance
from quantlive_nb.venue.binance.limits import LIMITS
from tests.listener import subscribed
from tests.tape import START

BTC, ETH = "btcusdt@trade", "ethusdt@trade"
PATIENCE_S = 60.0


@contextlib.asynccontextmanager
async def connected(exchange, *symbols):
    """An open connection, and the inbox into which it writes."""
    inbox = TradeBuffer(Judge({"BTCUSDT", "ETHUSDT", "SOLUSDT"}))
    spoken = Binance(exchange.ws_url, exchange.rest_url)
    connection = Connection(spoken, symbols or ["BTCUSDT"], inbox, Manual(START))
    try:
        await connection.open(itertools.count(1).__next__)
        await subscribed(exchange, *[f"{s.lower()}@trade" for s in connection.symbols])
        yield connection, inbox
    finally:
        await connection.aclose()


async def soon(event):
    """Wait for an event, then forget it."""
    async with asyncio.timeout(PATIENCE_S):
        await event.wait()
    event.clear()


def ids(inbox):
    """Symbols and ids that have come."""
    return [(row.symbol, row.trade_id) for row in inbox.rows]


def test_trades_go_into_the_inbox_with_the_time_of_their_receipt(exchange):
    """The first of them shows that the connection works."""

    async def record():
        async with connected(exchange, "BTCUSDT", "ETHUSDT") as (connection, inbox):
            assert not connection.seen.is_set()
            assert connection.heard_s == connection.opened_s > 0
            exchange.trade("BTCUSDT", "1", "1")
            await soon(connection.seen)
            exchange.trade("ETHUSDT", "1", "1")
            while len(inbox.rows) < 2:
                await soon(inbox.stirred)
            assert ids(inbox) == [("BTCUSDT", 1), ("ETHUSDT", 1)]
            assert {row.ts_recv for row in inbox.rows} == {START}
            assert connection.heard_s > connection.opened_s
            assert connection.works
            connection.check()

    asyncio.run(record())


def test_symbols_change_on_the_open_connection(exchange):
    """One message adds, one removes; who was added may have been missed before, and is named."""

    async def record():
        async with connected(exchange) as (connection, inbox):
            connection.want(["ETHUSDT", "SOLUSDT"])
            await subscribed(exchange, ETH, "solusdt@trade")
            await soon(inbox.stirred)
            return inbox.opened, [json.loads(said.text) for said in exchange.control]

    opened, said = asyncio.run(record())
    assert opened == ["ETHUSDT", "SOLUSDT"]
    assert said == [
        {"method": "SUBSCRIBE", "params": [ETH, "solusdt@trade"], "id": 1},
        {"method": "UNSUBSCRIBE", "params": [BTC], "id": 2},
    ]
    assert exchange.n_connections == 1


def test_wishes_made_while_it_connects_are_granted(exchange):
    """What the URL did not name is said as soon as the socket is open."""

    async def record():
        connection = Connection(
            Binance(exchange.ws_url), ["BTCUSDT"], TradeBuffer(Judge(set())), Manual(START)
        )
        opening = asyncio.create_task(connection.open(itertools.count(1).__next__))
        await asyncio.sleep(0)
        connection.want(["BTCUSDT", "ETHUSDT"])
        await opening
        await subscribed(exchange, BTC, ETH)
        await connection.aclose()

    asyncio.run(record())


def test_it_never_says_more_than_the_exchange_allows(exchange, monkeypatch):
    """However fast wishes change: so many messages in a while and no more, the last wish last."""
    monkeypatch.setattr(Binance, "limits", replace(LIMITS, control_per_s=2))
    monkeypatch.setattr(module, "SECOND", 200_000)
    at_us, spend = [], module.RateLimit.spend

    def noted(budget, weight=1):
        at_us.append(budget.clock.mono_us())
        spend(budget, weight)

    monkeypatch.setattr(module.RateLimit, "spend", noted)

    async def record():
        async with connected(exchange) as (connection, _):
            for symbols in (["BTCUSDT", "ETHUSDT"], ["BTCUSDT"], ["ETHUSDT"]):
                connection.want(symbols)
                await subscribed(exchange, *[f"{symbol.lower()}@trade" for symbol in symbols])

    asyncio.run(record())
    assert len(exchange.control) == len(at_us) == 4
    assert all(later - sooner >= 200_000 for sooner, later in zip(at_us, at_us[2:], strict=False))


def test_a_shutdown_is_announced_to_whoever_watches(exchange):
    """It still brings trades: there is time for a successor."""

    async def record():
        async with connected(exchange) as (connection, _):
            exchange.shutdown(lead_s=PATIENCE_S)
            await soon(connection.stirred)
            assert connection.is_leaving
            exchange.trade("BTCUSDT", "1", "1")
            await soon(connection.seen)
            assert connection.works

    asyncio.run(record())


def test_nonsense_is_counted_and_logged_once(exchange, monkeypatch, caplog):
    """Each kind of it, up to a number of kinds; trades go on."""
    monkeypatch.setattr(module, "LOGGED", 2)
    nonsense = ["{]", "{]", '{"e":"trade","p":"1"}', '{"e":"aggTrade"}', "[]"]

    async def record():
        async with connected(exchange) as (connection, inbox):
            for text in nonsense:
                exchange.send(text)
            exchange.trade("BTCUSDT", "1", "1")
            await soon(connection.seen)
            return inbox.n_rejected

    assert asyncio.run(record()) == len(nonsense)
    told = [record.getMessage() for record in caplog.records if record.name == "quantlive.feed"]
    assert len(told) == len(set(told)) == 2
    assert told[0] == "binance sent not JSON"


def test_an_impossible_trade_is_no_sign_of_life(exchange):
    """A connection that brings nothing but those is as good as silent."""

    async def record():
        async with connected(exchange) as (connection, inbox):
            exchange.send(
                '{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"NOBODY",'
                '"t":7,"p":"1","q":"1","T":1723161255342,"m":true}}'
            )
            await soon(inbox.stirred)
            assert (inbox.n_rejected, connection.heard_s) == (1, connection.opened_s)
            assert not connection.seen.is_set()

    asyncio.run(record())


def test_what_finds_no_room_was_heard(exchange, monkeypatch):
    """A full inbox is our trouble; the connection is not given up for it."""
    monkeypatch.setattr(inbox_module, "MOST_ROWS", 0)

    async def record():
        async with connected(exchange) as (connection, inbox):
            exchange.trade("BTCUSDT", "1", "1")
            await soon(connection.seen)
            return inbox.n_dropped

    assert asyncio.run(record()) == 1


def test_a_lost_connection_wakes_everyone_and_says_why(exchange):
    """Who waits for its first trade, who watches it, and who keeps it for want of a better."""

    async def record():
        async with connected(exchange) as (connection, _):
            ending = asyncio.create_task(connection.ended())
            exchange.drop()
            await soon(connection.seen)
            await soon(connection.stirred)
            await asyncio.wait_for(ending, PATIENCE_S)
            assert not connection.works
            with pytest.raises(ConnectionClosed):
                connection.check()

    asyncio.run(record())


def test_what_cannot_be_opened_is_raised(exchange):
    """A refusal, or nobody there; closing it afterwards does no harm."""
    exchange.refuse(451)

    async def record():
        with pytest.raises(InvalidStatus):
            async with connected(exchange):
                pass
        exchange.close()
        with pytest.raises(OSError, match="Connect call failed"):
            async with connected(exchange):
                pass

    asyncio.run(record())


def test_closing_says_goodbye_and_may_be_done_twice(exchange):
    """Nothing is left open at the exchange, and no task here."""

    async def record():
        async with connected(exchange) as (connection, _):
            await connection.aclose()
            await connection.aclose()
            assert not connection.works
        await asyncio.to_thread(exchange.wait_until, lambda: exchange.n_open == 0)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert not asyncio.run(record())
