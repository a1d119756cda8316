"""Loopback server that pushes the newest message to authenticated clients, and their end of it.

A message is bytes without a line break. Updates are pushed, so each client costs only the bytes
sent, and a client learns of its owner's end at once, because the connection is closed.
"""

import contextlib
import secrets
import select
import socket
import socketserver
import threading
import time

__all__ = ["BEAT_S", "HOST", "PushClient", "PushServer"]

HOST = "127.0.0.1"
BEAT_S = 1.0
"""Seconds between heartbeats, which are empty lines."""
SLOW_S = 10.0
"""A client that reads nothing for so many seconds is disconnected."""
POLL_S = 0.1
"""Closing waits no longer than this."""
SECRET_BYTES = 200
CHUNK = 1 << 18


class PushServer:
    """Loopback server: authenticated clients receive the newest message, and each one after it.

    Parameters
    ----------
    secret : str

    Attributes
    ----------
    port : int

    Examples
    --------
    >>> server = PushServer("hunter2")
    >>> server.publish(b"42 trades")
    >>> client = PushClient(server.port, "hunter2")
    >>> client.newest(wait_s=5)
    b'42 trades'
    >>> client.close(), server.close()
    (None, None)
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._message, self._n_published = b"", 0
        self._news, self._is_over = threading.Condition(), False
        server = self

        class Handler(socketserver.StreamRequestHandler):
            """One who listens, on a thread of its own: a slow one delays nobody."""

            timeout = SLOW_S

            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    said = self.rfile.readline(SECRET_BYTES).strip()
                    if secrets.compare_digest(said, server._secret):
                        server._attend(self)

        class Server(socketserver.ThreadingTCPServer):
            """Its threads end with the process."""

            daemon_threads = True

        self._server = Server((HOST, 0), Handler)
        self.port: int = self._server.server_address[1]
        serve, name = self._server.serve_forever, "quantlive-push"
        threading.Thread(target=serve, args=(POLL_S,), name=name, daemon=True).start()

    def publish(self, message: bytes) -> None:
        """Send a message to every client; a slow one gets it instead of those before it."""
        with self._news:
            self._message, self._n_published = message, self._n_published + 1
            self._news.notify_all()

    def close(self) -> None:
        """Close all connections; may be called twice."""
        with self._news:
            self._is_over = True
            self._news.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def _attend(self, client: socketserver.StreamRequestHandler) -> None:
        n_seen = 0
        while (found := self._wait(n_seen)) is not None:
            message, n_seen = found
            client.wfile.write(message + b"\n")

    def _wait(self, n_seen: int) -> "tuple[bytes, int] | None":
        """The newest message if it is new, else empty after a while; None at the end."""
        with self._news:
            is_news = self._news.wait_for(
                lambda: self._is_over or self._n_published > n_seen, BEAT_S
            )
            if self._is_over:
                return None
            return self._message if is_news else b"", self._n_published


class PushClient:
    """A client's connection to a :class:`PushServer`.

    Parameters
    ----------
    port : int
    secret : str

    Raises
    ------
    OSError
        If nobody is there.
    """

    def __init__(self, port: int, secret: str) -> None:
        self._socket = socket.create_connection((HOST, port), timeout=SLOW_S)
        self._socket.sendall(secret.encode() + b"\n")
        self._heard = b""

    def newest(self, wait_s: float = 0.0) -> "bytes | None":
        """The newest message since the last call.

        Parameters
        ----------
        wait_s : float, s
            How long to wait for a line if none has come.

        Returns
        -------
        bytes or None
            Empty if only heartbeats came; None if nothing came.

        Raises
        ------
        OSError
            When the connection is closed.
        """
        until_s = time.monotonic() + wait_s
        while True:
            left_s = 0.0 if b"\n" in self._heard else max(until_s - time.monotonic(), 0.0)
            if not select.select([self._socket], [], [], left_s)[0]:
                break
            part = self._socket.recv(CHUNK)
            if not part:
                raise ConnectionResetError("the line is cut")
            self._heard += part
        *lines, self._heard = self._heard.split(b"\n")
        return next((line for line in reversed(lines) if line), b"") if lines else None

    def hang_up(self) -> None:
        """Shut the connection down, which wakes whoever waits for a message."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Free the connection; may be called twice."""
        self.hang_up()
        self._socket.close()
