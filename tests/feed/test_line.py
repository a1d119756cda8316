"""One connection after the other: each opened before it must be, none closed before it may."""

import asyncio
import contextlib
import itertools

import pytest

from quantlive_nb.clock import Manual
from quantlive_nb.errors import FeedRefused
from quantlive_nb.feed import line as module
from quantlive_nb.feed.budget import Budget
from quantlive_nb.feed.inbox import Inbox
from quantlive_nb.feed.judge import Judge
from quantlive_nb.feed.line import Line, Terms, within
from quantlive_nb.health import FeedState
from quantlive_nb.interval import SECOND
from quantlive_nb.testing import LoopbackExchange
from quantlive_nb.wire import Binance
from tests.listener import hasty
from tests.tape import START

CONNECTING, LIVE, DOWN = FeedState.CONNECTING, FeedState.LIVE, FeedState.DOWN
PATIENCE_S = 10.0


@pytest.fixture(autouse=True)
def short_overlap(monkeypatch):
    """Two connections for a tenth of a second are enough here."""
    monkeypatch.setattr(module, "OVERLAP_S", 0.1)


class Stage:
    """A line at work, and everything it has said."""

    def __init__(self, exchange, spoken=None, waits=hasty, silence_s=30.0, rotate_s=3_600.0):
        self.exchange, self.said = exchange, []
        self.inbox = Inbox(Judge({"BTCUSDT", "ETHUSDT"}))
        spoken = spoken or Binance(exchange.ws_url, exchange.rest_url)
        gate = Budget(280, 300 * SECOND)
        pace = silence_s, rotate_s, waits, gate
        self.terms = Terms(spoken, self.inbox, Manual(START), *pace, self.hear)
        self.line = Line(self.terms, ["BTCUSDT"])

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
        await self.until(lambda: made in self.ids and self.line.state is LIVE)
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
    return [elder.closed_s - heir.opened_s for elder, heir in pairs if elder.closed_s is not None]


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
    """Connected is not enough: the elder stays until a trade has come on the new one."""

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


def test_a_refusal_ends_it_once_nothing_works(exchange):
    """The connection that was kept is lost, and no other is to be had: that is told."""

    async def record():
        async with streaming(exchange) as stage:
            await stage.trade()
            exchange.refuse(403)
            stage.line.renew()
            await stage.wait(lambda: exchange.n_refused >= 2)
            exchange.drop()
            with pytest.raises(FeedRefused, match=r"HTTP 403.: its firewall blocks this address"):
                await asyncio.wait_for(stage.task, PATIENCE_S)

    asyncio.run(record())


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


class Gate(Budget):
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
