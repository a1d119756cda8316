"""The loopback exchange as other tests use it."""

import errno
import json
import threading

import pytest

from quantlive_nb.errors import Closed, ReplayError, UsageError
from quantlive_nb.testing import LoopbackExchange
from quantlive_nb.testing.exchange.server import Server

BOTH = ["btcusdt@trade", "ethusdt@trade"]
INF = float("inf")


@pytest.fixture
def exchange():
    """An exchange where only the test trades."""
    with LoopbackExchange() as exchange:
        yield exchange


def everything(socket, n):
    """The next n messages."""
    return [socket.recv(timeout=60) for _ in range(n)]


def test_a_recording_arrives_byte_for_byte_when_the_url_subscribes(recorded, texts, client):
    """All 15 863 frames, in order, on a combined socket."""
    with LoopbackExchange(play=recorded, speed=INF) as exchange:
        socket = client(exchange.ws_url + "/stream?streams=" + "/".join(BOTH))

        assert everything(socket, len(texts)) == texts
        assert exchange.wait_finished() == exchange.n_frames == len(texts) == 15_863


def test_a_recording_arrives_byte_for_byte_when_a_message_subscribes(recorded, texts, client):
    """Nothing of the head is missed between the answer and the first frame."""
    with LoopbackExchange(play=recorded, speed=INF) as exchange:
        socket = client(exchange.ws_url + "/stream")
        socket.send(json.dumps({"method": "SUBSCRIBE", "params": BOTH, "id": 1}))

        assert everything(socket, 1 + len(texts)) == ['{"result":null,"id":1}', *texts]


def test_a_raw_socket_gets_one_symbols_payloads(recorded, texts, client):
    """Only the data of the frames of its stream, as recorded."""
    head = '{"stream":"ethusdt@trade","data":'
    payloads = [text[len(head) : -1] for text in texts if text.startswith(head)]
    with LoopbackExchange(play=recorded, speed=INF) as exchange:
        socket = client(exchange.ws_url + "/ws/ethusdt@trade")

        assert everything(socket, len(payloads)) == payloads
        assert exchange.wait_finished() == len(payloads) == 6_106


def test_recorded_symbols_are_listed_and_their_ids_continue(recorded, client):
    """A trade scripted after the recording has the next id."""
    with LoopbackExchange(play=recorded) as exchange:
        assert exchange.symbols == ("BTCUSDT", "ETHUSDT")
        assert exchange.trade("ETHUSDT", "2683.80", "0.002") == 1_520_545_031


def test_a_scripted_trade_has_the_exchanges_form(exchange, client):
    """The docstring's promise, on a combined socket, in every byte."""
    socket = client(exchange.ws_url + "/stream?streams=btcusdt@trade")
    exchange.wait_subscribed("btcusdt@trade")
    number = exchange.trade(
        "btcusdt", price="61837.63", qty="0.02", buyer_maker=True, ts_ms=1_723_161_255_342
    )

    assert number == 1
    assert socket.recv(timeout=60) == (
        '{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255342,"s":"BTCUSDT","t":1,'
        '"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}}'
    )


def test_trades_of_many_threads_leave_in_the_order_of_their_ids(exchange, client):
    """Four threads trade at once; the stream has neither gap nor double nor reorder."""
    socket = client(exchange.ws_url + "/stream?streams=btcusdt@trade")
    exchange.wait_subscribed("btcusdt@trade")

    def trade_a_lot():
        for _ in range(100):
            exchange.trade("BTCUSDT", "1", "1")

    threads = [threading.Thread(target=trade_a_lot) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [json.loads(text)["data"]["t"] for text in everything(socket, 400)] == list(
        range(1, 401)
    )


def test_odd_text_goes_to_a_stream_or_to_everyone(exchange, client):
    """Garbage and announcements arrive as they were given."""
    btc = client(exchange.ws_url + "/ws/btcusdt@trade")
    eth = client(exchange.ws_url + "/stream?streams=ethusdt@trade")
    exchange.wait_subscribed("btcusdt@trade", "ethusdt@trade")
    exchange.send("{]", stream="btcusdt@trade")
    exchange.send('{"stream":"!serverShutdown","data":{}}')

    assert everything(btc, 2) == ["{]", '{"stream":"!serverShutdown","data":{}}']
    assert everything(eth, 1) == ['{"stream":"!serverShutdown","data":{}}']


def test_the_random_market_trades_on_by_itself(client):
    """Both symbols, ids contiguous, also across a trade that the test makes."""
    with LoopbackExchange(symbols="btcusdt, ETHUSDT", rate=10_000, seed=1) as exchange:
        socket = client(exchange.ws_url + "/stream?streams=" + "/".join(BOTH))
        first = everything(socket, 100)
        scripted = exchange.trade("BTCUSDT", "1", "1")
        seen = [json.loads(text)["data"] for text in first + everything(socket, 1_000)]

        assert exchange.symbols == ("BTCUSDT", "ETHUSDT")
        for symbol in exchange.symbols:
            ids = [trade["t"] for trade in seen if trade["s"] == symbol]
            assert ids == list(range(ids[0], ids[0] + len(ids)))
        assert scripted in [trade["t"] for trade in seen if trade["s"] == "BTCUSDT"]


def test_closing_cuts_even_a_client_that_does_not_read(exchange, client):
    """20 MB that nobody takes hold up neither the close nor the test."""
    client(exchange.ws_url + "/ws/a@trade")
    exchange.wait_subscribed("a@trade")
    exchange.send("x" * 20_000_000, stream="a@trade")
    exchange.wait_sent(1)
    exchange.close()

    assert exchange.n_open == 0


def test_starting_and_closing_twice_does_no_harm(exchange):
    """The second start changes nothing, the second close neither, and closed is closed."""
    port = exchange.port

    assert exchange.start().port == port

    exchange.close()
    exchange.close()
    with pytest.raises(Closed):
        exchange.start()


def test_the_port_of_a_closed_exchange_is_free_again(exchange, client):
    """A successor can take the same address at once."""
    client(exchange.ws_url + "/ws")
    exchange.wait_connected()
    exchange.close()
    with LoopbackExchange(port=exchange.port) as successor:
        client(successor.ws_url + "/ws")

        assert successor.port == exchange.port


def test_an_occupied_port_is_told_in_one_sentence(exchange):
    """The sentence names the port and says what to do."""
    with pytest.raises(UsageError) as caught:
        LoopbackExchange(port=exchange.port).start()

    assert str(caught.value) == (
        f"port {exchange.port} is occupied: choose another, or 0 for a free one"
    )


def test_a_forbidden_port_is_told_in_one_sentence(monkeypatch):
    """The system's reason stands in the sentence."""

    async def forbid(*_):
        """Listening fails."""
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Server, "listen", forbid)
    with pytest.raises(UsageError, match=r"cannot listen on port 80 \(Permission denied\): choose"):
        LoopbackExchange(port=80).start()


@pytest.mark.parametrize(
    ("choices", "why"),
    [
        ({"port": 70_000}, "port 70000 does not exist"),
        ({"rate": -1}, "rate is -1"),
        ({"rate": 5}, "random trades need symbols"),
        ({"rate": 5, "symbols": "A", "play": "x"}, "exclude each other"),
        ({"play": "x", "speed": 0}, "speed is 0"),
    ],
)
def test_choices_that_mean_nothing_are_refused(choices, why):
    """The constructor says so; it reads no file and opens no port."""
    with pytest.raises(UsageError, match=why):
        LoopbackExchange(**choices)


def test_a_missing_recording_is_told_at_the_start():
    """Nothing is left running."""
    with pytest.raises(ReplayError, match="it does not exist"):
        LoopbackExchange(play="nowhere.gz").start()
    assert not any(thread.name == "LoopbackExchange" for thread in threading.enumerate())
