"""Several connections as one feed: who is where, and how well they are."""

import asyncio
from dataclasses import replace

import pytest

from quantlive_nb.feed import reconnecting as line
from quantlive_nb.health import FeedState
from quantlive_nb.testing import LoopbackExchange
from quantlive_nb.venue import Binance
from quantlive_nb.venue.binance.limits import LIMITS
from tests.listener import listen, subscribed, traded
from tests.tape import START

CONNECTING, LIVE, DOWN = FeedState.CONNECTING, FeedState.LIVE, FeedState.DOWN


@pytest.fixture(autouse=True)
def short_overlap(monkeypatch):
    """A connection is heard on for a moment beside its successor."""
    monkeypatch.setattr(line, "OVERLAP_S", 0.05)


class Narrow(Binance):
    """An exchange that lets a connection carry two symbols."""

    limits = replace(LIMITS, streams=2)


SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT")


def streams(*symbols):
    """Their streams."""
    return [f"{symbol.lower()}@trade" for symbol in symbols]


def narrow(exchange, *symbols, **choices):
    """Listen to symbols of an exchange whose connections carry two."""
    return listen(exchange, *symbols, spoken=Narrow(exchange.ws_url, exchange.rest_url), **choices)


async def all_traded(exchange, listener, *symbols):
    """Trade each of the symbols and wait until all are heard."""
    await subscribed(exchange, *streams(*symbols))
    made = {s: exchange.trade(s, "1", "1", ts_ms=START // 1_000) for s in symbols}
    await listener.until(lambda heard: all(made[s] in heard.ids(s) for s in symbols))


def test_more_symbols_than_a_connection_carries_are_spread(exchange):
    """Five symbols on three connections, and one feed; LIVE when every line is."""

    async def record():
        async with narrow(exchange, *SYMBOLS) as listener:
            await subscribed(exchange, *streams(*SYMBOLS))
            for symbol in SYMBOLS[:4]:
                await traded(exchange, listener, 1, symbol)
            assert listener.states == [CONNECTING]
            await traded(exchange, listener, 1, SYMBOLS[4])
            await listener.until(lambda heard: heard.states == [CONNECTING, LIVE])

    asyncio.run(record())
    assert exchange.n_connections == exchange.n_open_most == 3


def test_the_feed_is_as_well_as_its_worst_line(exchange):
    """One silent connection is DOWN for all to see, while the others bring their trades."""

    async def record():
        async with narrow(exchange, *SYMBOLS[:3], silence_s=0.3) as listener:
            await all_traded(exchange, listener, *SYMBOLS[:3])
            while DOWN not in listener.states:
                await traded(exchange, listener, 1, "ETHUSDT")
            return listener

    heard = asyncio.run(record())
    assert len(heard.ids("ETHUSDT")) > 1
    assert "silent for" in next(batch.reason for batch in heard.batches if batch.state is DOWN)


def test_wanted_symbols_take_the_free_places_first(exchange):
    """Who has a place keeps it; a new line is opened at need, and one without symbols is ended."""

    async def record():
        async with narrow(exchange, *SYMBOLS[:3]) as listener:
            await all_traded(exchange, listener, *SYMBOLS[:3])
            listener.feed.want(SYMBOLS[:4])
            await all_traded(exchange, listener, *SYMBOLS[:4])
            assert exchange.n_connections == 2
            listener.feed.want(SYMBOLS)
            await all_traded(exchange, listener, *SYMBOLS)
            assert exchange.n_connections == exchange.n_open == 3
            listener.feed.want((SYMBOLS[0], SYMBOLS[4]))
            await asyncio.to_thread(exchange.wait_until, lambda: exchange.n_open == 2)
            await all_traded(exchange, listener, SYMBOLS[0], SYMBOLS[4])
            assert exchange.n_connections == 3
            return listener

    heard = asyncio.run(record())
    assert heard.ids(SYMBOLS[0]) == [1, 2, 3, 4]
    assert heard.batches[-1].state is LIVE


def test_without_symbols_it_waits_for_some(exchange):
    """All dropped is no failure: nothing is connected, and what is wanted next is streamed."""

    async def record():
        async with listen(exchange, silence_s=0.3) as listener:
            await all_traded(exchange, listener, "BTCUSDT")
            listener.feed.want([])
            await listener.until(lambda heard: heard.batches[-1].reason == "no symbol is asked for")
            await asyncio.to_thread(exchange.wait_until, lambda: exchange.n_open == 0)
            listener.feed.want(["ETHUSDT"])
            await all_traded(exchange, listener, "ETHUSDT")
            return listener.states

    assert DOWN not in asyncio.run(record())


def test_renewing_replaces_the_connection_of_that_symbol_alone(exchange):
    """The others stay, and nothing that is traded meanwhile is missed."""

    async def record():
        async with narrow(exchange, *SYMBOLS[:3]) as listener:
            await all_traded(exchange, listener, *SYMBOLS[:3])
            await listener.until(lambda heard: heard.states[-1] is LIVE)
            listener.feed.renew("SOLUSDT")
            while exchange.n_connections < 3 or exchange.n_open > 2:
                await traded(exchange, listener, 1, "SOLUSDT")
            closed = [each for each in exchange.connections if each.closed_s is not None]
            return set(listener.ids("SOLUSDT")), len(closed)

    ids, n_closed = asyncio.run(record())
    assert ids == set(range(1, max(ids) + 1))
    assert n_closed == 1


def test_every_line_goes_to_the_other_hosts(exchange):
    """The first that is refused finds them; who was refused at the same time follows."""
    exchange.refuse(451)

    async def record(other):
        spoken = Narrow(exchange.ws_url, fallback=(other.ws_url, other.rest_url))
        async with listen(exchange, *SYMBOLS, spoken=spoken) as listener:
            await all_traded(other, listener, *SYMBOLS)
            await listener.until(lambda heard: heard.states[-1] is LIVE)
            return listener

    with LoopbackExchange() as other:
        heard = asyncio.run(record(other))
        assert (exchange.n_refused, other.n_connections) == (3, 3)
    assert heard.states == [CONNECTING, DOWN, CONNECTING, LIVE]


def test_a_connection_is_as_old_as_its_venue_allows(exchange):
    """Nobody said at which age it is renewed: the venue's limits do."""

    class Brief(Binance):
        limits = replace(LIMITS, rotate_s=0.2)

    async def record():
        spoken = Brief(exchange.ws_url, exchange.rest_url)
        async with listen(exchange, "BTCUSDT", spoken=spoken) as listener:
            await subscribed(exchange, "btcusdt@trade")
            while exchange.n_connections < 3:
                await traded(exchange, listener, 1, "BTCUSDT")

    asyncio.run(record())
