"""When a recording begins, and how it ends."""

import time

import pytest
from websockets.exceptions import ConnectionClosedOK

from quantlive_nb.errors import UsageError
from quantlive_nb.testing import LoopbackExchange
from quantlive_nb.testing.tape import Tape

A, B = (f'{{"stream":"{name}@trade","data":{{"t":1}}}}' for name in "ab")
INF = float("inf")


def test_a_subscription_to_something_else_does_not_start_it(record, client):
    """The tape waits for the first subscription to one of its own streams."""
    with LoopbackExchange(play=record(A, B), speed=INF) as exchange:
        early = client(exchange.ws_url + "/stream?streams=x@trade")
        early.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')
        early.recv(timeout=5)

        assert not exchange.is_finished

        late = client(exchange.ws_url + "/stream?streams=b@trade")

        assert late.recv(timeout=5) == B
        assert exchange.wait_finished() == 1


def test_it_can_wait_for_several_streams(record, client):
    """Only when the last required stream is subscribed, by whomever, does it begin."""
    with LoopbackExchange(
        play=record(A, B), speed=INF, start_when={"a@trade", "b@trade"}
    ) as exchange:
        first = client(exchange.ws_url + "/stream?streams=a@trade")
        first.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')

        assert first.recv(timeout=5) == '{"result":["a@trade"],"id":1}'
        assert exchange.n_sent == 0

        second = client(exchange.ws_url + "/stream?streams=b@trade")

        assert (first.recv(timeout=5), second.recv(timeout=5)) == (A, B)


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
            listener.recv(timeout=5)

        assert time.monotonic() - start_s >= 0.080


def test_at_its_end_the_connections_stay_or_are_closed(record, client):
    """``at_end`` chooses; after a close the client has received everything."""
    with LoopbackExchange(play=record(A), speed=INF, at_end="close") as exchange:
        closed = client(exchange.ws_url + "/stream?streams=a@trade")

        assert closed.recv(timeout=5) == A
        with pytest.raises(ConnectionClosedOK):
            closed.recv(timeout=5)

    with LoopbackExchange(play=record(A), speed=INF) as exchange:
        open_ = client(exchange.ws_url + "/stream?streams=a@trade")
        exchange.wait_finished()
        open_.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')

        assert [open_.recv(timeout=5) for _ in range(2)] == [A, '{"result":["a@trade"],"id":1}']


def test_a_stream_that_is_not_recorded_cannot_start_it(record):
    """A slip in ``start_when`` would wait for ever."""
    with pytest.raises(UsageError, match="start_when names c@trade, which is not recorded"):
        Tape(record(A, B), start_when=["a@trade", "c@trade"]).load()


@pytest.mark.parametrize(
    "choice", [{"speed": 0}, {"speed": float("nan")}, {"start": "soon"}, {"at_end": "stop"}]
)
def test_choices_that_mean_nothing_are_refused(choice):
    """Before any file is read."""
    with pytest.raises(UsageError, match=next(iter(choice))):
        Tape("nowhere", **choice)
