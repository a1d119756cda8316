"""The socket that sends at once; that Voilà takes it is shown in tests/browser."""

import asyncio
from unittest.mock import Mock

import pytest
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.httputil import HTTPHeaders
from tornado.web import HTTPError

from quantlive_nb.server import notebooks
from quantlive_nb.voila import PromptConnection


def test_small_messages_are_not_held_back(monkeypatch):
    """From before the first message."""
    order = Mock()
    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", lambda _: order.connect())
    connection = Mock(spec=PromptConnection, websocket_handler=order)
    connection.__class__ = PromptConnection
    PromptConnection.connect(connection)

    assert [call[0] for call in order.mock_calls] == ["set_nodelay", "connect"]


@pytest.mark.parametrize("offered", ["", "v0.kernel.websocket.jupyter.org"])
def test_another_protocol_is_refused(offered):
    """Before anything is connected."""
    headers = HTTPHeaders({"Sec-WebSocket-Protocol": offered} if offered else {})
    connection = Mock(spec=PromptConnection)
    connection.websocket_handler.request.headers = headers
    with pytest.raises(HTTPError, match="speaks v1"):
        asyncio.run(PromptConnection.prepare(connection))


def test_the_shipped_settings_name_it():
    """By the place where it is."""
    name = f"{PromptConnection.__module__}.{PromptConnection.__name__}"

    assert f'"{name}"' in (notebooks() / "voila.json").read_text()
