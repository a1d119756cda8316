"""One connection after the other: each opened before it must be, none closed before it may."""

import asyncio
import itertools

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from quantlive_nb.errors import FeedRefused
from quantlive_nb.feed import reconnecting as module
from quantlive_nb.feed.reconnecting import told_pause_s, within
from quantlive_nb.health import FeedState
from quantlive_nb.http.rate_limit import RateLimit
from quantlive_nb.interval import SECOND
from quantlive_nb.testing import LoopbackExchange
from quantlive_nb.venue import Binance
from tests.streaming import PATIENCE_S, Stage, streaming
from tests.tape import START

CONNECTING, LIVE, DOWN = FeedState.CONNECTING, FeedState.LIVE, FeedState.DOWN


@pytest.fixture(autouse=True)
def short_overlap(monkeypatch):
    """Two connections for a tenth of a second are enough here."""
    monkeypatch.setattr(module, "OVERLAP_S", 0.1)


async def kept_trading(stage, n_connections):
    """Trade on until so many connections were made and only the last of them is open."""
    made = []
    while stage.exchange.n_connections < n_connections or stage.exchange.n_open > 1:
        made.append(await stage.trade())
    made.append(await stage.trade())
    return made


def overlaps(exchange):
    """How long each connection was open beside its successor, in seconds."""
    pairs = itertools.pairwise(exchange.connections)
    return [old.closed_s - new.opened_s for old, new in pairs if old.closed_s is not None]


CAUSES = {
    "age": (0.3, lambda _: None),
    "shutdown": (60.0, lambda stage: stage.exchange.shutdown(lead_s=1.0)),
    "renewal": (60.0, lambda stage: stage.line.renew()),
}


@pytest.mark.parametrize("name", CAUSES)
def test_a_successor_is_heard_before_the_elder_goes(exchange, name):
    """Whatever the cause: never without a connection, no trade missed, LIVE all the time."""
    rotate_s, cause = CAUSES[name]

    async def record():
        async with streaming(exchange, rotate_s=rotate_s) as stage:
            await stage.trade()
            cause(stage)
            made = await kept_trading(stage, 2)
            assert set(made) <= set(stage.ids)
            assert stage.ids == list(range(1, made[-1] + 1))
            assert stage.states == [CONNECTING, LIVE]

    asyncio.run(record())
    assert all(seconds > 0 for seconds in overlaps(exchange))
    assert exchange.n_open_most == 2


def test_a_successor_that_hears_nothing_is_not_trusted(exchange):
    """Connected is not enough: the previous stays until a trade has come on the new one."""

    async def record():
        async with streaming(exchange) as stage:
            await stage.trade()
            stage.line.renew()
            await stage.wait(lambda: exchange.n_connections == 2)
            await asyncio.to_thread(exchange.wait_subscribed, "btcusdt@trade")
            assert exchange.n_open == 2
            await kept_trading(stage, 2)

    asyncio.run(record())


@pytest.mark.parametrize("status", [503, 403])
def test_a_connection_that_works_is_kept_while_no_other_can_be_had(exchange, status):
    """Even a refusal for good ends nothing as long as trades come."""

    async def record():
        async with streaming(exchange) as stage:
            await stage.trade()
            exchange.refuse(status)
            stage.line.renew()
            await stage.wait(lambda: exchange.n_refused >= 3)
            await stage.trade()
            assert stage.states == [CONNECTING, LIVE]
            assert exchange.n_connections == 1
            exchange.refuse(None)
            await kept_trading(stage, 2)
            assert stage.states == [CONNECTING, LIVE]

    asyncio.run(record())


def test_a_connection_that_was_kept_and_is_lost_is_no_longer_live(exchange):
    """Nobody sits out a long back-off under a green light."""

    async def record():
        async with streaming(exchange, waits=lambda: itertools.repeat(3_600.0)) as stage:
            await stage.trade()
            exchange.refuse(503)
            stage.line.renew()
            await stage.wait(lambda: exchange.n_refused == 1)
            exchange.drop()
            await stage.until(lambda: stage.line.state is DOWN)
            assert exchange.n_refused == 2
            return stage.line.reason

    assert "answered HTTP 503; trying again in 3600.0 s" in asyncio.run(record())


@pytest.mark.parametrize("status", [400, 403, 404, 451])
def test_a_refusal_ends_no_line_that_has_worked(exchange, status):
    """At a reconnect it is said, tried again with a pause, and the trades come again after it."""

    async def record():
        async with streaming(exchange) as stage:
            await stage.trade()
            exchange.refuse(status)
            exchange.drop()
            await stage.wait(lambda: exchange.n_refused >= 3)
            await stage.until(lambda: stage.line.state is DOWN)
            assert f"HTTP {status}" in stage.line.reason
            exchange.refuse(None)
            await stage.trade()

    asyncio.run(record())


@pytest.mark.parametrize("status", [404, 451])
def test_a_refusal_of_the_first_connection_names_its_streams(exchange, status):
    """Nothing has worked yet: it ends at once, and the address can be tried by hand."""
    exchange.refuse(status)

    async def record():
        async with streaming(exchange) as stage:
            with pytest.raises(FeedRefused, match=rf"streams=btcusdt@trade: .*HTTP {status}"):
                await asyncio.wait_for(stage.task, PATIENCE_S)

    asyncio.run(record())
    assert exchange.n_refused == 1


def test_hosts_that_close_at_a_reconnect_are_left_for_the_others(exchange):
    """A 451 in the middle of a recording ends it no more than one at its beginning."""

    async def record(other):
        spoken = Binance(exchange.ws_url, fallback=(other.ws_url, other.rest_url))
        async with streaming(exchange, spoken=spoken) as stage:
            await stage.trade()
            exchange.refuse(451)
            exchange.drop()
            await stage.trade(other)
            other.refuse(451)
            other.drop()
            await asyncio.to_thread(other.wait_until, lambda: other.n_refused >= 2, PATIENCE_S)
            other.refuse(None)
            await stage.trade(other)

    with LoopbackExchange() as other:
        asyncio.run(record(other))


@pytest.mark.parametrize("status", [403, 451])
def test_hosts_that_are_closed_to_us_are_left_for_the_others(exchange, status):
    """It says so in a sentence, and goes there for good."""
    exchange.refuse(status)

    async def record(other):
        spoken = Binance(exchange.ws_url, fallback=(other.ws_url, other.rest_url))
        async with streaming(exchange, spoken=spoken) as stage:
            await stage.trade(other)
            other.drop()
            await stage.trade(other)
            return stage.said, stage.terms.exchange

    with LoopbackExchange() as other:
        said, spoken = asyncio.run(record(other))
        assert (exchange.n_refused, other.n_connections) == (1, 2)
    reason = "binance is closed to this address: going to its market-data hosts"
    assert said[1] == (DOWN, reason)
    assert (spoken.name, spoken.has_trades) == ("binance", False)


def test_other_hosts_that_refuse_too_end_it(exchange):
    """There is nowhere left to go."""
    exchange.refuse(451)

    async def record(other):
        spoken = Binance(exchange.ws_url, fallback=(other.ws_url, other.rest_url))
        async with streaming(exchange, spoken=spoken) as stage:
            with pytest.raises(FeedRefused, match=f"refused {other.ws_url}.*HTTP 451"):
                await asyncio.wait_for(stage.task, PATIENCE_S)

    with LoopbackExchange() as other:
        other.refuse(451)
        asyncio.run(record(other))
        assert (exchange.n_refused, other.n_refused) == (1, 1)


def test_symbols_that_are_wanted_meanwhile_are_on_the_successor(exchange):
    """Both connections are told, whichever lives on."""

    async def record():
        async with streaming(exchange) as stage:
            await stage.trade()
            stage.line.renew()
            await stage.wait(lambda: exchange.n_connections == 2)
            stage.line.want(["BTCUSDT", "ETHUSDT"])
            await kept_trading(stage, 2)
            await asyncio.to_thread(exchange.wait_subscribed, "ethusdt@trade")
            exchange.trade("ETHUSDT", "1", "1", ts_ms=START // 1_000)
            await stage.until(lambda: stage.inbox.rows[-1].symbol == "ETHUSDT")

    asyncio.run(record())


class Gate(RateLimit):
    """Counts who has passed."""

    n_passed = 0

    async def turn(self, weight=1):
        """As a budget's."""
        await super().turn(weight)
        self.n_passed += 1


def test_attempts_are_counted_at_the_gate(exchange):
    """The exchange bans who connects too often: every attempt passes the gate that all share."""
    exchange.refuse(503)

    async def record():
        stage = Stage(exchange)
        stage.terms.gate = gate = Gate(1_000, SECOND)
        stage.task = asyncio.create_task(stage.line.run())
        await stage.wait(lambda: exchange.n_refused >= 5)
        assert gate.n_passed >= exchange.n_refused >= 5
        stage.task.cancel()
        await asyncio.gather(stage.task, return_exceptions=True)

    asyncio.run(record())


def test_waiting_within_a_time_ends_either_way():
    """With the event or without it; being cancelled is no end of the time."""

    async def record():
        event = asyncio.Event()
        await within(0.01, event.wait())
        event.set()
        await within(PATIENCE_S, event.wait())
        waiting = asyncio.create_task(within(PATIENCE_S, asyncio.Event().wait()))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(record())


@pytest.mark.parametrize(
    ("status", "header", "pause_s"),
    [(429, "7", 7.0), (418, "120", 120.0), (429, "soon", 60.0), (429, None, 0.0), (503, "7", 0.0)],
)
def test_a_handshake_that_tells_a_pause_is_obeyed(status, header, pause_s):
    """The pause of a 429 or 418 holds here as it does over REST; without one the back-off rules."""
    told = Headers({} if header is None else {"Retry-After": header})

    assert told_pause_s(InvalidStatus(Response(status, "", told))) == pause_s
