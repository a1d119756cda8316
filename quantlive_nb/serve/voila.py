"""A page's connection to its kernel, which ``notebooks/voila.json`` names, and its settings.

This file knows no market and no page. The settings have one place, ``notebooks/voila.json``: both
``quantlive`` and a plain ``voila`` that is run in that folder read them. Each has its reason:

- ``disable_check_xsrf``: no page of Voilà's has the cookie, so its farewell would be refused and
  every reload would leak a kernel. There is nothing else that can be posted but a token.
- ``kernel_websocket_connection_class``: the parts of a refresh are several messages, and each
  would wait for the answer to the one before (50 ms a refresh, measured).
- ``file_allowlist``, ``file_denylist``: no file of the folder is served, whatever it is.
- ``allow_template_override``: no visitor chooses a template by the address; one that is not there
  was a page of error 500 without a word.
- ``iopub_timeout``: where many visitors come at once, what a cell shows may be seconds behind its
  end; Voilà would go on without it, and the page stay empty.
- ``buffer_offline_messages``: nothing is kept for a page that is gone.
- ``default_provisioner_name``: kernels are forked from one that has imported all
  (``quantlive_nb.serve.forked_kernel``).
- ``multi_kernel_manager_class``, ``cull_interval``: kernels are bounded in number, and one without
  a page is ended soon (``quantlive_nb.serve.visitors``).
- ``cull_idle_timeout``: without it Jupyter never looks for kernels to end; which ones are ended is
  decided in ``quantlive_nb.serve.visitors`` alone.
- ``fill_delay``: the next kernel is warmed once the page that took the last one is drawn.
- ``extension_denylist``: one that cannot load in Voilà's shell and says so in every console, and
  one that colours sources, which no page shows.
"""

import json
import logging
import re
from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.web import Finish, HTTPError
from tornado.websocket import WebSocketClosedError

from quantlive_nb.serve.message import BadFrame, read_frame
from quantlive_nb.serve.send_buffer import SendBuffer

__all__ = ["NoDelayConnection"]

SPOKEN = "v1.kernel.websocket.jupyter.org"
SESSION = re.compile(r"[\w-]{1,64}")
"""Allowed session ids: they become names of ZeroMQ sockets."""
MOST_LOGGED = 5
"""Tracebacks logged per page."""
MOST_CONNECTIONS = 4
"""Connections per kernel: a page has one, and briefly a second one when it reconnects."""
MOST_QUEUED = 100
"""Messages of a kernel that ZeroMQ buffers per connection; further ones stay in the kernel."""
PROTOCOL_ERROR, TRY_AGAIN = 1002, 1013
"""WebSocket close codes."""


class NoDelayConnection(ZMQChannelsWebsocketConnection):
    """A page's connection to its kernel: no Nagle delay, validated input, bounded output.

    Notes
    -----
    jupyter_server reads the protocol from the socket, and loses it when the socket is gone. A
    message packed in the older protocol is then parsed as one of 8.6e17 parts, and the loop that
    serves all visitors never finishes. Only one protocol is used here.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._outbox = SendBuffer(self._write, self._give_up)
        self._n_errors = 0
        self._is_counted = self._is_closed = False

    @property
    def subprotocol(self) -> str:
        """The only protocol, also when the socket is gone."""
        return SPOKEN

    @property
    def write_message(self) -> Any:
        """Sends one message to the browser, at the rate at which it reads."""
        return self._send

    async def prepare(self) -> None:
        """Refuse clients that do not follow the protocol of a page.

        Raises
        ------
        HTTPError
        Finish
            When the browser has left meanwhile.
        """
        request = self.websocket_handler.request
        if SPOKEN not in ",".join(request.headers.get_list("Sec-WebSocket-Protocol")):
            raise HTTPError(400, f"a page's connection speaks {SPOKEN}")
        if not SESSION.fullmatch(self.session.session):
            raise HTTPError(400, "a session's name is 1 to 64 letters, digits or hyphens")
        await super().prepare()  # type: ignore[no-untyped-call]
        if self._is_closed:
            raise Finish
        kernel = self.multi_kernel_manager.kernel_model(self.kernel_id)
        if kernel["connections"] >= MOST_CONNECTIONS:
            self.disconnect()  # or jupyter_server would keep it forever under its session id
            raise HTTPError(503, f"a page's kernel has at most {MOST_CONNECTIONS} connections")

    def create_stream(self) -> None:
        """Connect to the kernel, with bounded queues in this process."""
        super().create_stream()  # type: ignore[no-untyped-call]
        self.channels["iopub"].socket.rcvhwm = MOST_QUEUED

    def connect(self) -> Any:
        """Connect with Nagle's algorithm disabled."""
        self.websocket_handler.set_nodelay(True)
        self._is_counted = True
        return super().connect()

    def disconnect(self) -> Any:
        """Disconnect at most once; a connection that was never made is counted as made first.

        jupyter_server counts every disconnection, also of a socket closed before it was connected:
        the count of pages then became negative and the kernel was never ended.
        """
        if self._is_closed:
            return None
        self._is_closed = True
        self._outbox.close()
        if not self._is_counted:
            self.multi_kernel_manager.notify_connect(self.kernel_id)
            self._open_sockets.add(self)
        return super().disconnect()  # type: ignore[no-untyped-call]

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Pass a message to the kernel; a client that sends invalid ones is disconnected."""
        if self.websocket_handler.ws_connection is None:
            return
        try:
            channel, _ = read_frame(incoming_msg)
        except BadFrame as error:
            self.log.warning("a page's connection is closed: it sent nonsense: %s", error)
            self.websocket_handler.close(PROTOCOL_ERROR, "not a kernel message")
            return
        if channel != "iopub":  # only kernels send on this channel
            super().handle_incoming_message(incoming_msg)

    def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
        """Pass a message to the browser, if it is connected and may read it."""
        if self.websocket_handler.ws_connection is None:
            return
        if getattr(stream, "channel", stream) == "iopub" and self._is_private(outgoing_msg):
            return
        super().handle_outgoing_message(stream, outgoing_msg)

    def _is_private(self, message: list[Any]) -> bool:
        """Whether a message is a traceback, which shows server paths; the first ones are logged."""
        parts: list[Any] = self.session.feed_identities(message)[1]
        _, header, _, _, content, *_ = parts
        kind = json.loads(header)["msg_type"]
        if kind not in {"error", "stream"}:
            return False
        told = json.loads(content)
        if kind == "stream" and told.get("name") != "stderr":
            return False
        *_, text = f"{told.get('text', '')}{told.get('evalue', '')}".strip().split("\n")
        self._n_errors += kind == "error"
        is_news = kind == "error" and self._n_errors <= MOST_LOGGED
        level = logging.WARNING if is_news else logging.DEBUG
        self.log.log(level, "kernel %s, not told to its visitor: %s", self.kernel_id, text)
        return True

    def _send(self, message: bytes, *, binary: bool) -> None:
        """Send one message; in this protocol all are binary."""
        del binary
        self._outbox.send(message)

    def _write(self, message: bytes) -> Any:
        """Write one message to the socket."""
        try:
            return self.websocket_handler.write_message(message, binary=True)
        except WebSocketClosedError:
            self._outbox.close()
            return None

    def _give_up(self, why: str) -> None:
        """Disconnect a browser that does not read."""
        self.log.warning("kernel %s: its page is disconnected: %s", self.kernel_id, why)
        self.websocket_handler.close(TRY_AGAIN, "messages were not read")
