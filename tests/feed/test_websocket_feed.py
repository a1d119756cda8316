"""A live exchange over a real socket: what it brings, and how it comes back."""

import asyncio
import contextlib
import itertools

import pytest

from quantlive_nb.clock import Manual
from quantlive_nb.errors import FeedRefused
from quantlive_nb.feed import WebSocketFeed
from quantlive_nb.feed import buffer as inbox
from quantlive_nb.feed import websocket_feed as socket
from quantlive_nb.feed.recorded_frames import read_frames
from quantlive_nb.health import FeedState
from quantlive_nb.store import Store
from quantlive_nb.testing import LoopbackExchange
from quantlive_nb.venue import Binance
from tests.listener import Listener, listen, subscribed, traded
from tests.tape import START

BTC, ETH = "btcusdt@trade", "ethusdt@trade"
CONNECTING, LIVE, DOWN = FeedState.CONNECTING, FeedState.LIVE, FeedState.DOWN


def test_the_recording_arrives_whole(data):
    """15 863 trades as fast as they go: every field as in the file, but for our own clock."""
    path = data / "binance_spot_btcusdt_ethusdt_20240808T2354.trade.frames.jsonl.gz"
    wanted = [row for block in read_frames(path, Binance()) for row in block.rows()]

    async def record():
        with LoopbackExchange(play=path, speed=float("inf"), start_when=[BTC, ETH]) as exchange:
            clock = Manual(START)
            async with listen(exchange, "BTCUSDT", "ETHUSDT", clock=clock) as listener:
                await listener.until(lambda heard: sum(map(size, heard.batches)) == len(wanted))
                return listener

    heard = asyncio.run(record())
    assert heard.trades == [row._replace(ts_recv=START) for row in wanted]
    assert heard.states == [CONNECTING, LIVE]
    assert sum(batch.n_rejected for batch in heard.batches) == 0


def size(batch):
    """How many trades a batch has."""
    return 0 if batch.trades is None else len(batch.trades)


def test_it_is_live_with_the_first_trade_and_not_before(exchange):
    """A connection that acknowledges and says nothing yet is not green."""

    async def record():
        async with listen(exchange) as listener:
            await subscribed(exchange, BTC)
            await listener.until(lambda heard: "first trade" in heard.batches[-1].reason)
            before = listener.states
            await traded(exchange, listener, 1)
            return before, listener.states

    assert asyncio.run(record()) == ([CONNECTING], [CONNECTING, LIVE])


def test_it_comes_back_after_a_drop(exchange):
    """DOWN with a sentence, then a new connection and the trades that follow."""

    async def record():
        async with listen(exchange) as listener:
            await subscribed(exchange, BTC)
            ids = await traded(exchange, listener, 3)
            exchange.drop()
            await asyncio.to_thread(exchange.wait_connected, n=2)
            await subscribed(exchange, BTC)
            ids += await traded(exchange, listener, 3)
            return listener, ids

    heard, ids = asyncio.run(record())
    assert heard.ids("BTCUSDT") == ids
    assert heard.states == [CONNECTING, LIVE, DOWN, CONNECTING, LIVE]
    (reason,) = [batch.reason for batch in heard.batches if batch.state is DOWN]
    assert reason == "binance: the connection was lost; trying again in 0.0 s"


def test_silence_is_down_and_is_left(exchange):
    """An open connection on which nothing comes is given up, again and again, until trades come."""

    async def record():
        async with listen(exchange, silence_s=0.2) as listener:
            await subscribed(exchange, BTC)
            await traded(exchange, listener, 1)
            exchange.silence()
            await asyncio.to_thread(exchange.wait_connected, n=3)
            silent = listener.states
            exchange.resume()
            while listener.states[-1] is not LIVE:
                exchange.trade("BTCUSDT", "1", "1", ts_ms=START // 1_000)
                n_said = len(listener.batches)
                await listener.until(lambda heard: len(heard.batches) > n_said)  # noqa: B023
            return silent, listener

    silent, heard = asyncio.run(record())
    assert silent[:5] == [CONNECTING, LIVE, DOWN, CONNECTING, DOWN]
    assert LIVE not in silent[2:]
    assert all("silent for" in batch.reason for batch in heard.batches if batch.state is DOWN)


def test_a_refusal_for_good_is_raised(exchange):
    """HTTP 451: no second attempt, and a sentence that says what to do."""
    exchange.refuse(451)

    async def record():
        async with listen(exchange) as listener:
            await listener.ended()

    with pytest.raises(FeedRefused, match=r"HTTP 451.: try --source binance-us or the simulated"):
        asyncio.run(record())
    assert exchange.n_refused == 1


def test_an_address_that_is_none_is_raised():
    """A slip in ``--ws-url`` is told, not tried for ever."""

    async def record():
        async with Listener(WebSocketFeed(Binance("htp:/nowhere"), ["BTCUSDT"])) as listener:
            await listener.ended()

    with pytest.raises(FeedRefused, match="htp:/nowhere"):
        asyncio.run(record())


def test_trouble_at_the_exchange_passes(exchange):
    """HTTP 503 is DOWN; once it accepts again the trades come, and patience begins anew."""
    exchange.refuse(503)
    waited = []

    def waits():
        for n in itertools.count():
            waited.append(n)
            yield 0.01

    async def record():
        async with listen(exchange, waits=waits) as listener:
            await asyncio.to_thread(exchange.wait_until, lambda: exchange.n_refused >= 3)
            exchange.refuse(None)
            await subscribed(exchange, BTC)
            await traded(exchange, listener, 1)
            n_before = len(waited)
            exchange.drop()
            await asyncio.to_thread(exchange.wait_connected, n=2)
            return listener, n_before

    heard, n_before = asyncio.run(record())
    assert "answered HTTP 503" in next(b.reason for b in heard.batches if b.state is DOWN)
    assert waited[:3] == [0, 1, 2]
    assert waited[n_before] == 0


def test_an_exchange_that_is_away_is_waited_for(exchange):
    """Nobody listens at the port: DOWN in words, for as long as it takes."""
    exchange.close()

    async def record():
        async with listen(exchange) as listener:
            await listener.until(lambda heard: heard.states.count(DOWN) >= 2)
            return listener.batches

    reasons = {batch.reason for batch in asyncio.run(record()) if batch.state is DOWN}
    assert all("binance: cannot be reached (" in reason for reason in reasons)


def test_garbage_is_counted_and_not_fatal(exchange):
    """Trades before and after it arrive on the same connection."""

    async def record():
        async with listen(exchange) as listener:
            await subscribed(exchange, BTC)
            ids = await traded(exchange, listener, 1)
            for text in ("{]", '{"e":"trade","p":"-1"}', '{"u":1,"s":"A"}'):
                exchange.send(text)
            ids += await traded(exchange, listener, 1)
            return listener, ids

    heard, ids = asyncio.run(record())
    assert heard.ids("BTCUSDT") == ids
    assert sum(batch.n_rejected for batch in heard.batches) == 2
    assert exchange.n_connections == 1


def test_the_exchanges_complaint_is_shown(exchange):
    """An error message is not swallowed: its words stand beside the next trades, once."""

    async def record():
        async with listen(exchange) as listener:
            await subscribed(exchange, BTC)
            exchange.send('{"code":2,"msg":"Invalid request: too many parameters"}')
            await traded(exchange, listener, 1)
            await traded(exchange, listener, 1)
            return [batch.reason for batch in listener.batches if batch.state is LIVE]

    assert asyncio.run(record()) == ["Invalid request: too many parameters (code 2)", ""]


class Counting(Binance):
    """Says when it has parsed so many messages."""

    def count(self, n):
        """An event that is set with the n-th message from now."""
        self.n_left, self.counted = n, asyncio.Event()
        return self.counted

    def parse(self, raw, ts_recv):
        """As Binance does."""
        self.n_left -= 1
        if self.n_left == 0:
            self.counted.set()
        return super().parse(raw, ts_recv)


def test_what_was_received_before_the_end_is_handed_out(exchange, monkeypatch):
    """Closing in the middle of a batch gives the batch first, then ends."""
    monkeypatch.setattr(socket, "FLUSH_S", 0.4)
    spoken = Counting(exchange.ws_url, exchange.rest_url)

    async def record():
        async with listen(exchange, spoken=spoken) as listener:
            parsed = spoken.count(50)
            await subscribed(exchange, BTC)
            for _ in range(50):
                exchange.trade("BTCUSDT", "1", "1")
            await parsed.wait()
            n_before = len(listener.trades)
            await listener.feed.aclose()
            await listener.ended()
            return n_before, listener.ids("BTCUSDT")

    assert asyncio.run(record()) == (0, list(range(1, 51)))


def test_a_burst_does_not_wait_for_the_clock(exchange, monkeypatch):
    """A full batch is handed out at once, however long the pause between batches is."""
    monkeypatch.setattr(socket, "FLUSH_S", 3_600.0)
    monkeypatch.setattr(inbox, "FLUSH_ROWS", 20)

    async def record():
        async with listen(exchange) as listener:
            await subscribed(exchange, BTC)
            for _ in range(20):
                exchange.trade("BTCUSDT", "1", "1")
            await listener.until(lambda heard: len(heard.trades) == 20)
            await listener.feed.aclose()
            monkeypatch.setattr(socket, "FLUSH_S", 0.0)

    asyncio.run(record())


def test_closing_while_it_waits_to_try_again_ends_it(exchange):
    """Nobody sits out a back-off of half a minute."""
    exchange.refuse(503)

    async def record():
        async with listen(exchange, waits=lambda: itertools.repeat(3_600.0)) as listener:
            await listener.until(lambda heard: DOWN in heard.states)
            await listener.feed.aclose()
            await listener.ended()

    asyncio.run(record())


@pytest.mark.slow
def test_connections_that_grow_old_cost_no_trade(data):
    """The recording while no connection grows older than a third of a second: every trade, once.

    What both connections bring is twice in the batches, and once in the store.
    """
    path = data / "binance_spot_btcusdt_ethusdt_20240808T2354.trade.frames.jsonl.gz"
    with LoopbackExchange(play=path, speed=150.0, start_when=[BTC, ETH]) as exchange:

        async def record():
            async with listen(exchange, "BTCUSDT", "ETHUSDT", rotate_s=0.3) as listener:
                await asyncio.to_thread(exchange.wait_finished)
                await listener.until(lambda heard: heard.ids("ETHUSDT")[-1:] == [1_520_545_030])
                return listener

        heard = asyncio.run(record())
        n_connections = exchange.n_connections
    with contextlib.closing(Store()) as store:
        n_new = sum(store.append(b.trades) for b in heard.batches if b.trades is not None)
        assert n_new == 15_863
        assert store.coverage["binance"].n_missing("BTCUSDT", "ETHUSDT") == 0
    assert len(heard.trades) > 15_863
    assert n_connections >= 3
    assert heard.states == [CONNECTING, LIVE]
