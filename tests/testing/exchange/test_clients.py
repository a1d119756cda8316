"""Who is connected, how long, and what reaches them."""

import itertools
import json
from socket import create_connection

import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK

from quantlive_nb.testing import LoopbackExchange

BTC, ETH = "btcusdt@trade", "ethusdt@trade"


@pytest.fixture
def exchange():
    """An exchange where only the test trades."""
    with LoopbackExchange() as exchange:
        yield exchange


@pytest.fixture
def listen(exchange, client):
    """Connect to both symbols, on a combined socket, and wait until that is done."""
    numbers = itertools.count(1)

    def open_one():
        """One more client."""
        socket = client(f"{exchange.ws_url}/stream?streams={BTC}/{ETH}")
        number = next(numbers)
        exchange.wait_until(lambda: exchange.n_connections >= number)
        return socket

    return open_one


def trades(socket, n):
    """Symbol and id of the next n trades."""
    rows = [json.loads(socket.recv(timeout=60))["data"] for _ in range(n)]
    return [(row["s"], row["t"]) for row in rows]


def test_times_of_connections_tell_which_came_before_which_went(exchange, listen):
    """Make before break: the second is opened, then the first is closed."""
    first = listen()
    listen()
    first.close()
    exchange.wait_until(lambda: exchange.n_open == 1)
    elder, younger = exchange.connections

    assert (elder.number, younger.number) == (1, 2)
    assert elder.opened_s <= younger.opened_s <= elder.closed_s
    assert younger.closed_s is None
    assert exchange.n_open_most == 2
    assert len(exchange.attempted_s) == 2


def test_a_refused_handshake_is_an_attempt(exchange, client):
    """What counts towards the 300 in 5 minutes."""
    exchange.refuse(503)
    with pytest.raises(Exception, match="503"):
        client(exchange.ws_url + "/ws")

    assert len(exchange.attempted_s) == 1
    assert exchange.connections == []


def test_one_stream_can_be_silent_alone(exchange, listen):
    """The others go on; what was lost is counted, and stays lost."""
    socket = listen()
    exchange.silence(BTC)
    for symbol in ("BTCUSDT", "ETHUSDT", "BTCUSDT"):
        exchange.trade(symbol, "1", "1")
    exchange.resume(BTC)
    exchange.trade("BTCUSDT", "1", "1")

    assert trades(socket, 2) == [("ETHUSDT", 1), ("BTCUSDT", 3)]
    assert exchange.faults["silence"] == 2


def test_resuming_without_a_name_ends_every_silence(exchange, listen):
    """That of one stream and that of all."""
    socket = listen()
    exchange.silence(BTC)
    exchange.silence()
    exchange.trade("ETHUSDT", "1", "1")
    exchange.resume()
    exchange.trade("BTCUSDT", "1", "1")

    assert trades(socket, 1) == [("BTCUSDT", 1)]


def test_what_was_lost_in_silence_rest_can_tell(exchange, listen, get):
    """So a gap can be repaired."""
    listen()
    exchange.silence()
    exchange.trade("BTCUSDT", "1", "1")
    rows = get(exchange.rest_url + "/api/v3/historicalTrades?symbol=BTCUSDT&fromId=1").body

    assert [row["id"] for row in rows] == [1]


def test_a_duplicate_reaches_everyone(exchange, listen):
    """Each client gets the trade twice, and the next one once."""
    sockets = [listen(), listen()]
    exchange.duplicate(1)
    for _ in range(2):
        exchange.trade("BTCUSDT", "1", "1")
    for socket in sockets:
        assert [number for _, number in trades(socket, 3)] == [1, 1, 2]
    assert exchange.faults == {"duplicate": 1}


def test_reordered_trades_all_arrive(exchange, listen):
    """In another order, and together once the last is there."""
    socket = listen()
    exchange.reorder(5)
    for _ in range(6):
        exchange.trade("BTCUSDT", "1", "1")
    numbers = [number for _, number in trades(socket, 6)]

    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
    assert numbers != sorted(numbers)
    assert numbers[5] == 6


def test_held_trades_come_at_the_end_of_the_recording(record, client):
    """Nothing that was played is kept back for ever."""
    text = '{{"stream":"a@trade","data":{}}}'
    path = record(*[text.format(i) for i in range(3)])
    with LoopbackExchange(play=path, speed=float("inf")) as exchange:
        exchange.reorder(1_000)
        exchange.delay(0.02)
        socket = client(exchange.ws_url + "/stream?streams=a@trade")
        heard = sorted(json.loads(socket.recv(timeout=60))["data"] for _ in range(3))

        assert heard == [0, 1, 2]
        assert exchange.wait_finished() == 3
        assert exchange.faults == {"reorder": 3, "delay": 3}


def test_delayed_trades_keep_their_order(exchange, listen):
    """Also beside those that come after the delay has ended."""
    socket = listen()
    exchange.delay(0.05)
    exchange.trade("BTCUSDT", "1", "1")
    exchange.delay(0)
    exchange.trade("BTCUSDT", "1", "1")

    assert exchange.n_sent == 0
    assert trades(socket, 2) == [("BTCUSDT", 1), ("BTCUSDT", 2)]


def test_a_shutdown_is_announced_in_both_forms_and_then_happens(exchange, client):
    """To those who are open now; who comes meanwhile may stay."""
    raw = client(exchange.ws_url + f"/ws/{BTC}")
    combined = client(exchange.ws_url + f"/stream?streams={BTC}")
    exchange.wait_connected(n=2)

    assert exchange.shutdown(lead_s=0.05) == 2

    late = client(exchange.ws_url + f"/stream?streams={BTC}")
    exchange.wait_connected(n=3)
    told = json.loads(raw.recv(timeout=60))
    envelope = json.loads(combined.recv(timeout=60))

    assert told["e"] == "serverShutdown"
    assert list(told) == ["e", "E"]
    assert envelope == {"stream": "!serverShutdown", "data": told}

    exchange.trade("BTCUSDT", "1", "1")

    assert json.loads(raw.recv(timeout=60))["t"] == 1
    combined.recv(timeout=60)
    for socket in (raw, combined):
        with pytest.raises(ConnectionClosedOK) as caught:
            socket.recv(timeout=60)
        assert caught.value.rcvd.code == 1001

    exchange.wait_until(lambda: exchange.n_open == 1)
    exchange.trade("BTCUSDT", "1", "1")

    assert trades(late, 2) == [("BTCUSDT", 1), ("BTCUSDT", 2)]


def test_a_connection_that_is_closing_is_warned_no_more(exchange):
    """A client that is slow to say goodbye is still there, and nothing can be written to it."""
    with create_connection(("127.0.0.1", exchange.port), timeout=5) as slow:
        slow.sendall(
            b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        exchange.wait_connected()

        assert exchange.shutdown() == 1

        goodbye = b""
        while not goodbye.endswith(b"\x88\x02\x03\xe9"):
            goodbye += slow.recv(1_000)

        assert exchange.n_open == 1
        assert exchange.shutdown() == 0
        assert exchange.garbage(["{]"]) == 1
        assert exchange.n_sent == 1


def test_a_connection_lives_for_24_hours(client):
    """Here a twentieth of a second, from its own opening on."""
    with LoopbackExchange(max_age_s=0.05) as exchange:
        with pytest.raises(ConnectionClosedOK):
            client(exchange.ws_url + "/ws").recv(timeout=60)
        exchange.wait_fault("max_age")
        (life,) = exchange.connections
        exchange.wait_until(lambda: life.closed_s is not None)

        assert life.closed_s - life.opened_s >= 0.049


def test_the_age_limit_can_be_changed_for_those_who_are_open(exchange, listen):
    """Shorter ends them at once, none lets them stay."""
    old = listen()
    exchange.limit_age(60)
    exchange.limit_age(0.001)
    with pytest.raises(ConnectionClosedOK):
        old.recv(timeout=60)
    exchange.limit_age(None)
    new = listen()
    exchange.trade("BTCUSDT", "1", "1")

    assert trades(new, 1) == [("BTCUSDT", 1)]
    assert exchange.faults == {"max_age": 1}


def test_garbage_reaches_everyone_as_it_is(exchange, client):
    """Texts and bytes, whatever the connection listens to."""
    sockets = [client(exchange.ws_url + "/ws"), client(exchange.ws_url + "/stream")]
    exchange.wait_connected(n=2)

    assert exchange.garbage(["{]", b"\xff"]) == 2
    for socket in sockets:
        assert [socket.recv(timeout=60) for _ in range(2)] == ["{]", b"\xff"]


def test_the_usual_garbage_is_about_a_symbol_that_is_listened_to(exchange, client):
    """Its bad trades have the id that the next good trade has."""
    socket = client(exchange.ws_url + f"/ws/{ETH}")
    exchange.wait_subscribed(ETH)
    exchange.trade("ETHUSDT", "2683.8", "1", trade_id=41)
    exchange.garbage()
    exchange.trade("ETHUSDT", "2683.9", "1")
    heard = []
    while not heard or '"p":"2683.90000000"' not in str(heard[-1]):
        try:
            heard.append(socket.recv(timeout=60))
        except ConnectionClosedError as exc:
            pytest.fail(f"closed: {exc}")
    bad = [json.loads(text) for text in heard if '"p":"NaN"' in str(text)]

    assert [(row["s"], row["t"]) for row in bad] == [("ETHUSDT", 42)]
    assert json.loads(heard[-1])["t"] == 42
    assert exchange.faults["garbage"] > 20
