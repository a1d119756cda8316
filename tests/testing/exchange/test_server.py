"""The exchange's sockets, seen by plain clients."""

import contextlib
import json
import socket
import threading

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from quantlive_nb.testing import LoopbackExchange


@pytest.fixture
def exchange():
    """An exchange where only the test trades."""
    with LoopbackExchange() as exchange:
        yield exchange


def ids(socket, n):
    """The trade ids of the next n events on a combined socket."""
    return [json.loads(socket.recv(timeout=60))["data"]["t"] for _ in range(n)]


def test_each_connection_gets_its_own_streams_only(exchange, client):
    """Three clients, three sets of streams, one order."""
    btc = client(exchange.ws_url + "/stream?streams=btcusdt@trade")
    eth = client(exchange.ws_url + "/ws/ethusdt@trade")
    both = client(exchange.ws_url + "/stream?streams=ethusdt@trade/btcusdt@trade")
    exchange.wait_until(lambda: exchange.n_open == 3)
    for symbol in ("BTCUSDT", "ETHUSDT", "BTCUSDT"):
        exchange.trade(symbol, "1", "1", ts_ms=1)

    assert ids(btc, 2) == [1, 2]
    assert json.loads(eth.recv(timeout=60))["t"] == 1
    assert ids(both, 3) == [1, 1, 2]
    assert exchange.wait_sent(6) == 6


def test_streams_come_and_go_on_an_open_socket(exchange, client):
    """SUBSCRIBE, LIST_SUBSCRIPTIONS and UNSUBSCRIBE take effect before they are answered."""
    socket = client(exchange.ws_url + "/stream")

    def ask(method, **more):
        socket.send(json.dumps({"method": method, "id": 1, **more}))

    ask("SUBSCRIBE", params=["btcusdt@trade", "nosuchpair@trade"])

    assert socket.recv(timeout=60) == '{"result":null,"id":1}'

    exchange.trade("BTCUSDT", "1", "1")

    assert ids(socket, 1) == [1]

    ask("UNSUBSCRIBE", params=["btcusdt@trade"])

    assert socket.recv(timeout=60) == '{"result":null,"id":1}'

    exchange.trade("BTCUSDT", "1", "1")
    ask("LIST_SUBSCRIPTIONS")

    assert socket.recv(timeout=60) == '{"result":["nosuchpair@trade"],"id":1}'


def test_the_envelope_can_be_switched_on_a_raw_socket(exchange, client):
    """SET_PROPERTY combined changes what the next event looks like."""
    socket = client(exchange.ws_url + "/ws/btcusdt@trade")
    socket.send('{"method":"SET_PROPERTY","params":["combined",true],"id":1}')
    socket.recv(timeout=60)
    exchange.trade("BTCUSDT", "1", "1")

    assert ids(socket, 1) == [1]


def test_the_sixth_message_within_a_second_ends_the_connection(exchange, client):
    """Five are answered, the sixth is not."""
    socket = client(exchange.ws_url + "/ws")
    for number in range(6):
        socket.send(f'{{"method":"LIST_SUBSCRIPTIONS","id":{number}}}')
    answers = [json.loads(socket.recv(timeout=60))["id"] for _ in range(5)]
    with pytest.raises(ConnectionClosedError) as caught:
        socket.recv(timeout=60)

    assert answers == [0, 1, 2, 3, 4]
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1008, "Too many requests")


def test_what_clients_say_is_kept(exchange, client):
    """Text and connection number of each control message, in order and in time."""
    for text in ("first", "second"):
        socket = client(exchange.ws_url + "/ws")
        socket.send(text)
        socket.recv(timeout=60)

    assert [(said.connection, said.text) for said in exchange.control] == [
        (1, "first"),
        (2, "second"),
    ]
    assert exchange.control[0].at_s <= exchange.control[1].at_s


def test_bytes_are_answered_like_the_bad_text_they_are(exchange, client):
    """A binary message is no reason to fall over."""
    socket = client(exchange.ws_url + "/ws")
    socket.send(b"\xff\xfe")

    assert json.loads(socket.recv(timeout=60))["code"] == 3


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", 404),
        ("/api/v3/time", 404),
        ("/stream?streams=" + "/".join(str(i) for i in range(1_025)), 400),
    ],
)
def test_a_websocket_elsewhere_is_refused(exchange, client, target, status):
    """No such endpoint, or more streams than a connection may have."""
    with pytest.raises(InvalidStatus) as caught:
        client(exchange.ws_url + target)

    assert caught.value.response.status_code == status


def test_rest_is_answered_on_the_same_port(exchange, get):
    """Status, weight and content come over plain HTTP, and the paths are kept."""
    status, headers, body = get(exchange.rest_url + "/api/v3/ping")

    assert (status, body) == (200, {})
    assert headers["X-MBX-USED-WEIGHT-1M"] == "1"
    assert headers.get_content_type() == "application/json"
    assert get(exchange.rest_url + "/api/v3/nothing")[0] == 404
    assert get(exchange.rest_url + "/api/v3/exchangeInfo?symbol=NOPE")[::2] == (
        400,
        {"code": -1121, "msg": "Invalid symbol."},
    )
    assert exchange.requests == [
        "/api/v3/ping",
        "/api/v3/nothing",
        "/api/v3/exchangeInfo?symbol=NOPE",
    ]


def test_closing_waits_for_nobody_who_asks_nothing(exchange):
    """A connection that was opened and never used, as browsers do."""
    closing = threading.Thread(target=exchange.close)
    with socket.create_connection(("127.0.0.1", exchange.port), timeout=5):
        with socket.create_connection(("127.0.0.1", exchange.port), timeout=5) as asking:
            asking.sendall(b"GET /api/v3/ping HTTP/1.1\r\nHost: x\r\n\r\n")

            assert asking.recv(12) == b"HTTP/1.1 200"

        closing.start()
        closing.join(5)

        assert not closing.is_alive()


def test_who_comes_as_it_closes_is_let_go(exchange):
    """Closing waits for no socket that is accepted in its very turn, and leaves none open."""
    hold, thread = threading.Event(), exchange._thread
    thread.post(hold.wait)
    where = "127.0.0.1", exchange.port
    callers = [socket.create_connection(where, timeout=5) for _ in range(5)]
    thread.post(thread._stop.set)
    hold.set()
    exchange.close()

    for caller in callers:
        with caller, contextlib.suppress(ConnectionResetError):
            assert caller.recv(1) == b""
