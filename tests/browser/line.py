"""A connection to a kernel, as a page of Voilà's has one; no browser is needed for it.

This file knows Jupyter's messages, and neither pages nor widgets.
"""

import json
import uuid
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

__all__ = ["PROTOCOL", "ConnectionClosed", "Line"]

PROTOCOL = "v1.kernel.websocket.jupyter.org"
CONTROL = "1.0.0"
"""What the kernel wants to read of whoever asks it for all widgets."""
PATIENCE_S = 60.0
Message = dict[str, Any]


class Line:
    """Says and hears messages; closed at the end of the block.

    Parameters
    ----------
    url : str
        Of the server.
    kernel : str
    headers : str
        Further ones of the request.
    """

    def __init__(self, url: str, kernel: str, **headers: str) -> None:
        self.session = uuid.uuid4().hex
        self._connecting = connect(
            f"ws{url.removeprefix('http')}/api/kernels/{kernel}/channels",
            additional_headers=headers,
            subprotocols=[Subprotocol(PROTOCOL)],
            max_size=None,
        )

    def __enter__(self) -> Self:
        self._socket = self._connecting.__enter__()
        return self

    def __exit__(
        self,
        kind: "type[BaseException] | None",
        error: "BaseException | None",
        trace: "TracebackType | None",
    ) -> None:
        self._connecting.__exit__(kind, error, trace)

    def __iter__(self) -> Iterator[Message]:
        """Every message that comes, until the line is closed."""
        for said in self._socket:
            yield _read(said)

    def hear(self) -> Message:
        """The next message: its header and its content."""
        return _read(self._socket.recv(PATIENCE_S))

    def say(self, kind: str, channel: str = "shell", **content: object) -> None:
        """Send a message.

        Raises
        ------
        ConnectionClosed
        """
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": self.session}
        header |= {"username": "u", "version": "5.3", "date": "2024-08-08T23:54:00Z"}
        metadata = {"version": CONTROL}
        parts = [json.dumps(part).encode() for part in (header, {}, metadata, content)]
        self._socket.send(serialize_msg_to_ws_v1(parts, channel))


def _read(said: "str | bytes") -> Message:
    assert isinstance(said, bytes)
    _, (header, _, _, content, *_) = deserialize_msg_from_ws_v1(said)
    return {"header": json.loads(header), "content": json.loads(content)}
