"""The socket that sends at once; that Voilà takes it is shown in tests/browser."""

import asyncio
import contextlib
from unittest.mock import Mock

import pytest
import zmq
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.httputil import HTTPHeaders
from tornado.web import HTTPError

from quantlive_nb.serve.server import notebooks
from quantlive_nb.serve.voila import MOST_QUEUED, NoDelayConnection


def test_small_messages_are_not_held_back(monkeypatch):
    """From before the first message."""
    order = Mock()
    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", lambda _: order.connect())
    connection = Mock(spec=NoDelayConnection, websocket_handler=order)
    connection.__class__ = NoDelayConnection
    NoDelayConnection.connect(connection)

    assert [call[0] for call in order.mock_calls] == ["set_nodelay", "connect"]


@pytest.mark.parametrize("offered", ["", "v0.kernel.websocket.jupyter.org"])
def test_another_protocol_is_refused(offered):
    """Before anything is connected."""
    headers = HTTPHeaders({"Sec-WebSocket-Protocol": offered} if offered else {})
    connection = Mock(spec=NoDelayConnection)
    connection.websocket_handler.request.headers = headers
    with pytest.raises(HTTPError, match="speaks v1"):
        asyncio.run(NoDelayConnection.prepare(connection))


def test_a_connection_too_many_is_forgotten(monkeypatch):
    """Nothing of it is kept for who may never come again."""

    async def prepared(_):
        """Its session is known to jupyter_server."""

    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "prepare", prepared)
    headers = HTTPHeaders({"Sec-WebSocket-Protocol": "v1.kernel.websocket.jupyter.org"})
    connection = Mock(spec=NoDelayConnection, _is_closed=False, kernel_id="k")
    connection.__class__ = NoDelayConnection
    connection.websocket_handler.request.headers = headers
    connection.session.session = "a"
    connection.multi_kernel_manager.kernel_model.return_value = {"connections": 4}
    with pytest.raises(HTTPError, match="at most 4"):
        asyncio.run(NoDelayConnection.prepare(connection))

    connection.disconnect.assert_called_once()


def test_what_a_kernel_says_faster_than_it_is_read_waits_in_the_kernel(monkeypatch):
    """The server keeps few messages for each connection; the network between keeps its own."""
    with contextlib.ExitStack() as stack:
        context = stack.enter_context(zmq.Context())
        kernel, sub = (stack.enter_context(context.socket(kind)) for kind in (zmq.XPUB, zmq.SUB))
        kernel.setsockopt(zmq.SNDHWM, 10)
        kernel.setsockopt(zmq.XPUB_NODROP, 1)
        kernel.setsockopt(zmq.SNDTIMEO, 500)
        kernel.setsockopt(zmq.LINGER, 0)
        sub.connect(f"tcp://127.0.0.1:{kernel.bind_to_random_port('tcp://127.0.0.1')}")
        connection = Mock(spec=NoDelayConnection, channels={"iopub": Mock(socket=sub)})
        connection.__class__ = NoDelayConnection
        monkeypatch.setattr(ZMQChannelsWebsocketConnection, "create_stream", lambda _: None)
        NoDelayConnection.create_stream(connection)
        sub.subscribe(b"")
        assert kernel.recv() == b"\x01"
        n_taken = 0
        with contextlib.suppress(zmq.Again):
            while n_taken < 400:
                kernel.send(bytes(500_000))
                n_taken += 1

    assert MOST_QUEUED <= n_taken < 2 * MOST_QUEUED


def test_the_shipped_settings_name_it():
    """By the place where it is."""
    name = f"{NoDelayConnection.__module__}.{NoDelayConnection.__name__}"

    assert f'"{name}"' in (notebooks() / "voila.json").read_text()
