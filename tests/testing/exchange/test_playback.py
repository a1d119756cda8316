"""When a recording begins, and how it ends."""

import json
import time

import pytest
from websockets.exceptions import ConnectionClosedOK

from quantlive_nb.errors import UsageError
from quantlive_nb.testing import LoopbackExchange
from quantlive_nb.testing.exchange.playback import Playback
from quantlive_nb.testing.market.trade_history import History

A, B = (f'{{"stream":"{name}@trade","data":{{"t":1}}}}' for name in "ab")
TRADE = (
    '{{"stream":"a@trade","data":{{"e":"trade","E":9,"s":"A","t":{number},"p":"5","q":"2","T":9,'
    '"m":true,"M":true}}}}'
)
INF = float("inf")


def test_a_subscription_to_something_else_does_not_start_it(record, client):
    """The tape waits for the first subscription to one of its own streams."""
    with LoopbackExchange(play=record(A, B), speed=INF) as exchange:
        early = client(exchange.ws_url + "/stream?streams=x@trade")
        early.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')
        early.recv(timeout=60)

        assert not exchange.is_finished

        late = client(exchange.ws_url + "/stream?streams=b@trade")

        assert late.recv(timeout=60) == B
        assert exchange.wait_finished() == 1


def test_it_can_wait_for_several_streams(record, client):
    """Only when the last required stream is subscribed, by whomever, does it begin."""
    with LoopbackExchange(
        play=record(A, B), speed=INF, start_when={"a@trade", "b@trade"}
    ) as exchange:
        first = client(exchange.ws_url + "/stream?streams=a@trade")
        first.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')

        assert first.recv(timeout=60) == '{"result":["a@trade"],"id":1}'
        assert exchange.n_sent == 0

        second = client(exchange.ws_url + "/stream?streams=b@trade")

        assert (first.recv(timeout=60), second.recv(timeout=5)) == (A, B)


def test_it_can_start_at_once(record):
    """Nobody listens, nothing is sent, the tape ends."""
    with LoopbackExchange(play=record(A, B), speed=INF, start="now") as exchange:
        assert exchange.wait_finished() == 0


def test_no_frame_comes_before_its_time(record, client):
    """At half speed, five frames 10 ms apart take at least 80 ms."""
    with LoopbackExchange(play=record(*[A] * 5, every_s=0.010), speed=0.5) as exchange:
        start_s = time.monotonic()
        listener = client(exchange.ws_url + "/stream?streams=a@trade")
        for _ in range(5):
            listener.recv(timeout=60)

        assert time.monotonic() - start_s >= 0.080


def test_at_its_end_the_connections_stay_or_are_closed(record, client):
    """``at_end`` chooses; after a close the client has received everything."""
    with LoopbackExchange(play=record(A), speed=INF, at_end="close") as exchange:
        closed = client(exchange.ws_url + "/stream?streams=a@trade")

        assert closed.recv(timeout=60) == A
        with pytest.raises(ConnectionClosedOK):
            closed.recv(timeout=60)

    with LoopbackExchange(play=record(A), speed=INF) as exchange:
        open_ = client(exchange.ws_url + "/stream?streams=a@trade")
        exchange.wait_finished()
        open_.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')

        assert [open_.recv(timeout=60) for _ in range(2)] == [A, '{"result":["a@trade"],"id":1}']


def test_what_lies_before_the_start_is_past(recorded, texts, client, get):
    """From the 120th second on the frames come on the socket; REST knows the trades before."""
    with LoopbackExchange(play=recorded, speed=INF, start_at_s=120) as exchange:
        url = f"{exchange.rest_url}/api/v3/trades?symbol=BTCUSDT&limit=1"
        past = get(url).body
        listener = client(exchange.ws_url + "/stream?streams=btcusdt@trade/ethusdt@trade")
        first = listener.recv(timeout=60)
        n_before = texts.index(first)
        before = [json.loads(text)["data"] for text in texts[:n_before]]

        assert [listener.recv(timeout=60) for _ in texts[n_before + 1 :]] == texts[n_before + 1 :]
        assert past[0]["id"] >= [row["t"] for row in before if row["s"] == "BTCUSDT"][-1]
        assert get(url).body[0]["id"] == exchange.trade("BTCUSDT", "1", "1") - 1


@pytest.mark.parametrize("n_connected", [0, 1])
def test_what_nobody_heard_is_past_all_the_same(recorded, texts, get, client, n_connected):
    """Played to nobody, or to a client that listens to something else, REST can tell it."""
    ids = [json.loads(text)["data"]["t"] for text in texts if '"s":"ETHUSDT"' in text]
    with LoopbackExchange(play=recorded, speed=INF, start="now") as exchange:
        for _ in range(n_connected):
            client(exchange.ws_url + "/stream?streams=solusdt@trade")
        exchange.wait_finished()
        url = f"{exchange.rest_url}/api/v3/historicalTrades?symbol=ETHUSDT&limit=2"

        assert [row["id"] for row in get(url).body] == ids[-2:]
        assert [row["id"] for row in get(f"{url}&fromId={ids[0]}").body] == ids[:2]
        assert exchange.n_sent == 0


def test_rest_knows_a_taker_order_whole_when_its_first_trade_is_sent(record, client, get):
    """The second fill comes a minute later on the socket, not over REST."""
    fills = [TRADE.format(number=number) for number in (1, 2, 3)]
    path = record(fills[0], fills[1], fills[2].replace('"p":"5"', '"p":"6"'), every_s=60.0)
    with LoopbackExchange(play=path) as exchange:
        listener = client(exchange.ws_url + "/stream?streams=a@trade")

        assert listener.recv(timeout=60) == fills[0]

        told = get(f"{exchange.rest_url}/api/v3/aggTrades?symbol=A").body

        assert [(row["f"], row["l"], row["q"]) for row in told] == [(1, 2, "4.00000000")]


def test_it_can_be_played_step_by_step(recorded, texts, client, get):
    """To a number of frames, a little further, and on to the end; REST knows no more than that."""
    with LoopbackExchange(play=recorded, speed=INF) as exchange:
        exchange.play_until(100)
        listener = client(exchange.ws_url + "/stream?streams=btcusdt@trade/ethusdt@trade")

        assert exchange.wait_played(100) == 100

        exchange.play_until(150)

        assert exchange.wait_played(150) == 150
        assert [listener.recv(timeout=60) for _ in range(150)] == texts[:150]

        newest = get(f"{exchange.rest_url}/api/v3/trades?symbol=ETHUSDT&limit=1").body[0]["id"]
        ids = [json.loads(text)["data"]["t"] for text in texts[:400] if '"ETHUSDT"' in text]

        assert newest in ids[:-1]

        exchange.resume_play()

        assert exchange.wait_finished() == len(texts)


def test_it_can_be_frozen_where_it_is(record, client):
    """After the pause nothing more comes; after the resumption the rest does."""
    path = record(*[A] * 200, every_s=0.002)
    with LoopbackExchange(play=path) as exchange:
        listener = client(exchange.ws_url + "/stream?streams=a@trade")
        listener.recv(timeout=60)
        exchange.pause_play()
        n_played = exchange.n_played
        exchange.send('"still here"', stream="a@trade")
        heard = [listener.recv(timeout=60) for _ in range(n_played)]

        assert heard == [A] * (n_played - 1) + ['"still here"']
        assert exchange.n_played == n_played < 200

        exchange.resume_play()

        assert exchange.wait_finished() == 201


def test_a_stream_that_is_not_recorded_cannot_start_it(record):
    """A slip in ``start_when`` would wait for ever."""
    with pytest.raises(UsageError, match="start_when names c@trade, which is not recorded"):
        Playback(record(A, B), start_when=["a@trade", "c@trade"]).load(History())


@pytest.mark.parametrize(
    "choice",
    [
        {"speed": 0},
        {"speed": float("nan")},
        {"start": "soon"},
        {"at_end": "stop"},
        {"start_at_s": -1},
        {"start_at_s": float("nan")},
    ],
)
def test_choices_that_mean_nothing_are_refused(choice):
    """Before any file is read."""
    with pytest.raises(UsageError, match=next(iter(choice))):
        Playback("nowhere", **choice)
