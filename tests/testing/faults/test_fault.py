"""What the exchange does to clients, seen by plain ones."""

import http.client
import json
import threading
import time
import urllib.request

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from quantlive_nb.errors import UsageError
from quantlive_nb.testing import LoopbackExchange


@pytest.fixture
def exchange():
    """An exchange where only the test trades."""
    with LoopbackExchange() as exchange:
        yield exchange


def test_drop_cuts_every_connection_and_lets_them_come_back(exchange, client):
    """No farewell is said; a new connection is served at once."""
    sockets = [client(exchange.ws_url + "/ws/btcusdt@trade") for _ in range(2)]
    exchange.wait_until(lambda: exchange.n_open == 2)

    assert exchange.drop() == 2
    assert exchange.n_open == 0
    for socket in sockets:
        with pytest.raises(ConnectionClosedError) as caught:
            socket.recv(timeout=60)
        assert caught.value.rcvd is None

    back = client(exchange.ws_url + "/ws/btcusdt@trade")
    exchange.wait_connected(n=3)
    exchange.wait_subscribed("btcusdt@trade")
    exchange.trade("BTCUSDT", "1", "1")

    assert json.loads(back.recv(timeout=60))["t"] == 1


def test_silence_answers_and_sends_nothing_until_it_ends(exchange, client):
    """What was traded meanwhile is a gap in the ids."""
    socket = client(exchange.ws_url + "/ws/btcusdt@trade")
    exchange.wait_subscribed("btcusdt@trade")
    exchange.silence()
    exchange.trade("BTCUSDT", "1", "1")
    socket.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')

    assert socket.recv(timeout=60) == '{"result":["btcusdt@trade"],"id":1}'
    assert exchange.n_open == 1

    exchange.resume()
    exchange.trade("BTCUSDT", "1", "1")

    assert json.loads(socket.recv(timeout=60))["t"] == 2
    assert exchange.n_sent == 1


@pytest.mark.parametrize("status", [451, 503])
def test_a_refused_handshake_has_the_status_asked_for(exchange, client, status):
    """Connections that are open stay; after ``refuse(None)`` new ones are accepted."""
    client(exchange.ws_url + "/ws")
    exchange.refuse(status)
    for _ in range(2):
        with pytest.raises(InvalidStatus) as caught:
            client(exchange.ws_url + "/ws")
        assert caught.value.response.status_code == status
    exchange.refuse(None)
    client(exchange.ws_url + "/ws")

    assert exchange.wait_connected(n=2) == 2
    assert exchange.n_refused == 2
    exchange.wait_until(lambda: exchange.n_open == 2)


@pytest.mark.parametrize("status", [200, 499, 700])
def test_a_status_that_refuses_nothing_is_refused(exchange, status):
    """Neither success nor a number without a meaning is a way to refuse."""
    with pytest.raises(UsageError, match="refuses nothing"):
        exchange.refuse(status)


def test_rest_refuses_the_next_requests_only(exchange, get):
    """Status, error body and Retry-After; the sockets are not concerned."""
    exchange.rest_refuse(429, n=2, retry_after_s=0.25)
    refused = [get(exchange.rest_url + "/api/v3/ping") for _ in range(2)]

    assert [answer.status for answer in refused] == [429, 429]
    assert refused[0].body["code"] == -1003
    assert refused[0].headers["Retry-After"] == "0.25"
    assert get(exchange.rest_url + "/api/v3/ping").body == {}
    assert exchange.faults == {"rest_refuse": 2}
    assert exchange.answered == {429: 2, 200: 1}


def test_rest_refuses_until_it_is_told_not_to(exchange, get):
    """Without a number it goes on; without a time there is no Retry-After."""
    exchange.rest_refuse(451)
    answers = [get(exchange.rest_url + "/api/v3/time") for _ in range(5)]
    exchange.rest_refuse(None)

    assert {answer.status for answer in answers} == {451}
    assert "Retry-After" not in answers[0].headers
    assert get(exchange.rest_url + "/api/v3/time").status == 200


def test_too_much_weight_is_refused_and_then_banned(get):
    """The limit is listed, the refusals say how long to wait, and waiting helps."""
    with LoopbackExchange(weight_limit=60, minute_s=0.3) as exchange:
        url = exchange.rest_url + "/api/v3/"
        limits = get(url + "exchangeInfo").body["rateLimits"]
        statuses = []
        while 418 not in statuses:
            answer = get(url + "trades?symbol=BTCUSDT")
            statuses.append(answer.status)
        wait_s = float(answer.headers["Retry-After"])

        assert limits[0]["limit"] == 60
        assert 429 in statuses
        assert 0 < wait_s <= 0.6
        assert "IP banned until" in answer.body["msg"]

        threading.Event().wait(wait_s)

        assert get(url + "ping").status == 200


def test_a_slow_answer_holds_up_nobody_else(exchange, client, get):
    """While one request waits a minute, trades flow and the exchange can be closed."""
    socket = client(exchange.ws_url + "/ws/btcusdt@trade")
    exchange.wait_subscribed("btcusdt@trade")
    exchange.rest_delay(60)
    slow = http.client.HTTPConnection("127.0.0.1", exchange.port, timeout=5)
    slow.request("GET", "/api/v3/ping")
    exchange.wait_until(lambda: exchange.faults["rest_delay"] == 1)
    exchange.rest_delay(0)
    exchange.trade("BTCUSDT", "1", "1")

    assert json.loads(socket.recv(timeout=60))["t"] == 1
    assert get(exchange.rest_url + "/api/v3/ping").status == 200

    closing = threading.Thread(target=exchange.close)
    closing.start()

    assert slow.getresponse().status == 200

    slow.close()
    closing.join()


def test_an_answer_comes_after_its_delay_and_tells_what_was_so_before(exchange, get):
    """A trade made meanwhile is not in it."""
    exchange.rest_delay(0.05)
    start_s = time.monotonic()
    threading.Timer(0.02, lambda: exchange.trade("BTCUSDT", "1", "1")).start()
    answer = get(exchange.rest_url + "/api/v3/trades?symbol=BTCUSDT")

    assert time.monotonic() - start_s >= 0.05
    assert answer.body == []


def test_a_page_can_be_shorter_than_asked_for(exchange, get):
    """Three rows instead of the five there are; then as many as asked."""
    for _ in range(5):
        exchange.trade("BTCUSDT", "1", "1", ts_ms=7)
    url = exchange.rest_url + "/api/v3/historicalTrades?symbol=BTCUSDT&fromId=1"
    exchange.rest_partial(3)

    assert [row["id"] for row in get(url).body] == [1, 2, 3]

    exchange.rest_partial(None)

    assert len(get(url).body) == 5


def test_an_answer_breaks_off_in_the_middle(exchange, get):
    """The length that was announced never comes; the next answer is whole."""
    exchange.rest_cut(1)
    with pytest.raises(http.client.IncompleteRead) as caught:
        get(exchange.rest_url + "/api/v3/exchangeInfo")

    assert caught.value.partial.startswith(b'{"timezone":"UTC"')
    assert caught.value.expected > 0
    assert get(exchange.rest_url + "/api/v3/exchangeInfo").status == 200


def test_an_answer_is_a_page_of_html(exchange):
    """With status 200, as from a captive portal."""
    exchange.rest_garbage(1)
    with urllib.request.urlopen(exchange.rest_url + "/api/v3/ping", timeout=5) as response:
        assert response.status == 200
        assert response.headers.get_content_type() == "text/html"
        assert response.read().startswith(b"<!DOCTYPE html>")


def test_an_answer_may_be_about_another_symbol(exchange, get):
    """As many as asked for, and counted; a market that has one symbol has no other to tell of."""
    path = f"{exchange.rest_url}/api/v3/trades?symbol="
    exchange.trade("BTCUSDT", "61837.63", "1", trade_id=9)
    exchange.rest_other(2)
    assert [row["id"] for row in get(path + "BTCUSDT").body] == [9]
    exchange.trade("ETHUSDT", "2683.8", "1", trade_id=4)

    told = [get(path + symbol).body[0]["id"] for symbol in ("BTCUSDT", "ETHUSDT", "ETHUSDT")]
    assert told == [4, 9, 4]
    assert exchange.faults["rest_other"] == 2


@pytest.mark.parametrize(("endpoint", "qty"), [("historicalTrades", "qty"), ("aggTrades", "q")])
def test_a_flawed_trade_has_no_quantity_over_rest(exchange, get, endpoint, qty):
    """Until it is mended; the others are told as they were."""
    for ts_ms in (1_000, 2_000):
        exchange.trade("BTCUSDT", "1", "5", ts_ms=ts_ms)
    url = f"{exchange.rest_url}/api/v3/{endpoint}?symbol=BTCUSDT"
    exchange.rest_flaw("btcusdt", 2)
    assert [row[qty] for row in get(url).body] == ["5.00000000", "0.00000000"]
    exchange.rest_flaw("BTCUSDT")

    assert [row[qty] for row in get(url).body] == ["5.00000000"] * 2


def test_a_halted_symbol_is_listed_so(exchange, get):
    """Its status is BREAK until others are named."""
    url = exchange.rest_url + "/api/v3/exchangeInfo?symbol=ETHUSDT"
    exchange.halt("ethusdt")
    before = get(url).body["symbols"][0]["status"]
    exchange.halt()

    assert (before, get(url).body["symbols"][0]["status"]) == ("BREAK", "TRADING")


def test_ids_begin_anew_and_nothing_is_remembered(exchange, get):
    """As on a test network, each month."""
    exchange.trade("BTCUSDT", "1", "1", trade_id=700)
    exchange.reset_ids("BTCUSDT")

    assert exchange.trade("BTCUSDT", "2", "1") == 1
    told = get(exchange.rest_url + "/api/v3/trades?symbol=BTCUSDT").body
    assert [(row["id"], row["price"]) for row in told] == [(1, "2.00000000")]


def test_a_skewed_clock_shows_in_event_times_and_server_time(exchange, client, get):
    """The time of the trade itself stays."""
    socket = client(exchange.ws_url + "/ws/btcusdt@trade")
    exchange.wait_subscribed("btcusdt@trade")
    exchange.skew(-86_400_000)
    exchange.trade("BTCUSDT", "1", "1", ts_ms=1_723_161_255_342)
    trade = json.loads(socket.recv(timeout=60))
    server_ms = get(exchange.rest_url + "/api/v3/time").body["serverTime"]

    assert (trade["E"], trade["T"]) == (1_723_161_255_342 - 86_400_000, 1_723_161_255_342)
    assert server_ms < time.time() * 1_000 - 86_000_000


@pytest.mark.parametrize(
    "act",
    [
        lambda exchange: exchange.rest_refuse(200),
        lambda exchange: exchange.rest_delay(-1),
        lambda exchange: exchange.rest_delay(float("inf")),
        lambda exchange: exchange.rest_partial(0),
        lambda exchange: exchange.rest_cut(-1),
        lambda exchange: exchange.rest_garbage(float("nan")),
    ],
)
def test_faults_that_mean_nothing_are_refused(exchange, act):
    """In the caller's thread, before anything changes."""
    with pytest.raises(UsageError):
        act(exchange)
