"""How much one connection may say, and how long it may take to listen."""

import socket
import struct

import pytest

from quantlive_nb.testing import LoopbackExchange
from quantlive_nb.testing.exchange import peer
from quantlive_nb.testing.exchange.peer import Peer
from quantlive_nb.testing.exchange.subscriptions import Subscriptions

BIG = '{"stream":"a@trade","data":"' + "x" * 1_000_000 + '"}'
HANDSHAKE = (
    b"GET /stream?streams=a@trade HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@pytest.fixture
def stuck(record):
    """An exchange that plays 20 MB, and a client that does not read them."""
    with (
        LoopbackExchange(play=record(*[BIG] * 20), speed=float("inf")) as exchange,
        socket.create_connection(("127.0.0.1", exchange.port)) as reader,
    ):
        reader.sendall(HANDSHAKE)
        exchange.wait_sent(20)
        yield exchange, reader


@pytest.mark.parametrize(
    ("times_s", "n_floods"),
    [
        ([0.0, 0.0, 0.0, 0.0, 0.0], 0),
        ([0.0, 0.0, 0.0, 0.0, 0.0, 0.99], 1),
        ([0.0, 0.0, 0.0, 0.0, 0.0, 1.0], 0),
        ([0.25 * i for i in range(40)], 0),
        ([0.19 * i for i in range(7)], 2),
    ],
)
def test_five_messages_in_any_second_are_allowed_and_no_more(times_s, n_floods):
    """The window slides: a burst of five is free only after a second's rest."""
    peer = Peer(1, None, Subscriptions(combined=True))

    assert sum(peer.is_flooding(now_s) for now_s in times_s) == n_floods


def test_the_tape_waits_for_a_client_that_reads_late(stuck):
    """20 MB do not fit into the network's buffers; nothing is thrown away."""
    exchange, reader = stuck

    assert not exchange.is_finished

    n_bytes = 0
    while n_bytes < 20_000_000:
        n_bytes += len(reader.recv(1 << 20))

    assert exchange.wait_finished() == 20


def test_the_tape_goes_on_without_a_client_that_vanishes(stuck):
    """The connection is reset in the middle of the frames."""
    exchange, reader = stuck
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    reader.close()

    exchange.wait_finished()
    exchange.wait_until(lambda: exchange.n_open == 0)


def test_a_client_that_never_reads_is_cut_off(monkeypatch, request):
    """After a minute, here a hundredth of a second, nobody waits for it any more."""
    monkeypatch.setattr(peer, "PATIENCE_S", 0.01)
    exchange, _ = request.getfixturevalue("stuck")

    exchange.wait_finished()
    exchange.wait_until(lambda: exchange.n_open == 0)
