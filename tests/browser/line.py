"""A connection to a kernel, as a page of Voilà's has one; no browser is needed for it.

This file knows Jupyter's messages, and neither pages nor widgets.
"""

import contextlib
import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

__all__ = ["Line", "channels", "kernel_of", "line"]

PROTOCOL = Subprotocol("v1.kernel.websocket.jupyter.org")
KERNEL = re.compile(rb'"kernelId": "([0-9a-f-]+)"')
CONTROL = "1.0.0"
"""What the kernel wants to read of whoever asks it for all widgets."""
PATIENCE_S = 60.0
Message = dict[str, Any]


def kernel_of(page: bytes) -> str:
    """The kernel that a page names; empty if it names none."""
    (kernel,) = KERNEL.findall(page) or [b""]
    return bytes(kernel).decode()


def channels(url: str, kernel: str) -> str:
    """Where a server at an address has the messages of a kernel."""
    return f"ws{url.removeprefix('http')}/api/kernels/{kernel}/channels"


@contextlib.contextmanager
def line(url: str, kernel: str, **headers: str) -> Iterator["Line"]:
    """While the block runs, a connection to a kernel of the server at an address."""
    opening = {"additional_headers": headers, "subprotocols": [PROTOCOL], "max_size": None}
    with connect(channels(url, kernel), **opening) as socket:
        yield Line(socket)


class Line:
    """Says and hears messages.

    Parameters
    ----------
    socket : ClientConnection
    """

    def __init__(self, socket: ClientConnection) -> None:
        self.session = uuid.uuid4().hex
        self._socket = socket

    def __iter__(self) -> Iterator[Message]:
        """Every message that comes, until the line is closed."""
        for said in self._socket:
            yield _read(said)

    def hear(self) -> Message:
        """The next message: its header and its content."""
        return _read(self._socket.recv(PATIENCE_S))

    def say(self, kind: str, channel: str = "shell", **content: object) -> None:
        """Send a message."""
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": self.session}
        header |= {"username": "u", "version": "5.3", "date": "2024-08-08T23:54:00Z"}
        metadata = {"version": CONTROL}
        parts = [json.dumps(part).encode() for part in (header, {}, metadata, content)]
        self._socket.send(serialize_msg_to_ws_v1(parts, channel))


def _read(said: "str | bytes") -> Message:
    assert isinstance(said, bytes)
    _, (header, _, _, content, *_) = deserialize_msg_from_ws_v1(said)
    return {"header": json.loads(header), "content": json.loads(content)}
