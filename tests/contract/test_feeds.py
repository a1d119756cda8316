"""What every feed keeps: a new one joins with one line in ``FEEDS``."""

import asyncio
import contextlib
import itertools

import pytest

from quantlive_nb.feed import Replay, Simulated, WebSocketFeed
from quantlive_nb.health import FeedState
from quantlive_nb.testing import LoopbackExchange
from quantlive_nb.venue import Binance
from tests.listener import Listener
from tests.tape import batch, trade

SYMBOLS = ("BTCUSDT", "ETHUSDT")
INF = float("inf")


def recorded():
    """Two symbols in turn, a thousand a second each, without end."""
    for n in itertools.count():
        numbers = range(n * 100, n * 100 + 100)
        yield batch(*[trade(i, i * 1_000, symbol=s) for i in numbers for s in SYMBOLS])


@contextlib.contextmanager
def replayed(pace):
    """A recording."""
    yield Replay(recorded(), pace)


@contextlib.contextmanager
def invented():
    """A simulated market."""
    yield Simulated(SYMBOLS, rate=200.0, history_s=2)


@contextlib.contextmanager
def streamed():
    """An exchange with a busy market."""
    with LoopbackExchange(symbols=SYMBOLS, rate=3_000.0) as exchange:
        yield WebSocketFeed(Binance(exchange.ws_url, exchange.rest_url), SYMBOLS)
        exchange.wait_until(lambda: exchange.n_open == 0, what="the connection closed")


FEEDS = {
    "replay": lambda: replayed(1.0),
    "replay at full speed": lambda: replayed(INF),
    "simulated": invented,
    "socket": streamed,
}


@pytest.fixture(params=FEEDS)
def feed(request):
    """A feed of each kind, about to begin."""
    with FEEDS[request.param]() as feed:
        yield feed


async def alone():
    """Every task but this one is about to end."""
    if others := asyncio.all_tasks() - {asyncio.current_task()}:
        _, left = await asyncio.wait(others, timeout=1.0)
        assert not left


def has_both(heard):
    """Whether some trades of both symbols have come."""
    return len(heard.batches) > 2 and all(heard.ids(symbol) for symbol in SYMBOLS)


def test_ids_ascend_and_the_state_is_live(feed):
    """Batches with trades are LIVE, of the feed's venue, and in order for each symbol."""

    async def stream():
        async with Listener(feed) as listener:
            await listener.until(has_both)
        return listener

    heard = asyncio.run(stream())
    for said in heard.batches:
        assert (said.trades is not None and len(said.trades) > 0) == (said.state is FeedState.LIVE)
        assert said.trades is None or said.trades.venue == feed.venue
    for symbol in SYMBOLS:
        ids = heard.ids(symbol)
        assert ids == list(range(ids[0], ids[0] + len(ids)))


def test_closing_ends_the_events_within_a_second(feed):
    """In the middle of a busy market, twice, and nothing is left in the loop."""

    async def stream():
        async with Listener(feed) as listener:
            await listener.until(has_both)
            async with asyncio.timeout(1.0):
                await feed.aclose()
                await feed.aclose()
                await listener.ended()
            await alone()

    asyncio.run(stream())


def test_a_feed_closed_before_it_began_brings_nothing(feed):
    """Its events end at once; no connection is opened."""

    async def stream():
        await feed.aclose()
        async with asyncio.timeout(1.0):
            return [said async for said in feed.events()]

    assert asyncio.run(stream()) == []


@pytest.mark.parametrize("n_heard", [0, 1, 3])
def test_a_cancelled_listener_leaves_nothing_behind(feed, n_heard):
    """Cancelled before, at or after the first batch: no error but the cancellation, no task."""

    async def stream():
        heard = asyncio.Event()

        async def listen():
            async with contextlib.aclosing(feed.events()) as batches:
                async for n, _ in enumerated(batches):
                    if n == n_heard:
                        heard.set()

        task = asyncio.create_task(listen())
        if n_heard:
            await heard.wait()
        else:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await alone()

    asyncio.run(stream())


async def enumerated(batches):
    """Batches with their numbers, from 1."""
    n = 0
    async for said in batches:
        n += 1
        yield n, said


def test_a_listener_that_leaves_leaves_nothing_behind(feed):
    """Whoever has heard enough goes, and the feed with him."""

    async def stream():
        async with contextlib.aclosing(feed.events()) as batches:
            async for _ in batches:
                break
        await alone()

    asyncio.run(stream())


def test_the_loop_stays_free(feed):
    """Between batches everything else in the loop has its turn."""

    async def stream():
        n_turns = 0

        async def count():
            nonlocal n_turns
            while True:
                n_turns += 1
                await asyncio.sleep(0)

        async with Listener(feed) as listener:
            await listener.until(has_both)
            n_before, counting = len(listener.batches), asyncio.create_task(count())
            await listener.until(lambda heard: len(heard.batches) >= n_before + 5)
            counting.cancel()
        return n_turns

    assert asyncio.run(stream()) >= 5


def test_wishes_are_heard_by_every_feed(feed):
    """Who can choose brings the wanted symbol; who cannot goes on as before."""

    async def stream():
        async with Listener(feed) as listener:
            await listener.until(has_both)
            feed.want(["ETHUSDT"])
            n_before = len(listener.ids("ETHUSDT"))
            await listener.until(lambda heard: len(heard.ids("ETHUSDT")) > n_before + 50)
            return listener.states[-1]

    assert asyncio.run(stream()) is FeedState.LIVE
