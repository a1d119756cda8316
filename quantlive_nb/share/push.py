"""What the owner of a database has to tell, handed to every viewer the moment it is said.

This file knows neither the database nor what is told: a text without a line break goes to all who
know the secret. Nobody asks, so an owner pays for a viewer what sending a few kilobytes costs, and
a viewer learns of its owner's death at once, because the line is cut.
"""

import contextlib
import secrets
import select
import socket
import socketserver
import threading
import time

__all__ = ["BEAT_S", "HOST", "Bulletin", "Listener"]

HOST = "127.0.0.1"
BEAT_S = 1.0
"""When there is nothing new, an empty line says so as often as this."""
SLOW_S = 10.0
"""A viewer that takes nothing for so long is let go."""
POLL_S = 0.1
"""Closing waits no longer than this."""
SECRET_BYTES = 200
CHUNK = 1 << 18


class Bulletin:
    """A server on loopback; whoever says the secret gets the newest text, and each one after it.

    Parameters
    ----------
    secret : str

    Attributes
    ----------
    port : int

    Examples
    --------
    >>> bulletin = Bulletin("hunter2")
    >>> bulletin.tell("42 trades")
    >>> listener = Listener(bulletin.port, "hunter2")
    >>> listener.newest(wait_s=5)
    b'42 trades'
    >>> listener.close(), bulletin.close()
    (None, None)
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._told, self._n_told = b"", 0
        self._news, self._is_over = threading.Condition(), False
        bulletin = self

        class Viewer(socketserver.StreamRequestHandler):
            """One who listens, on a thread of its own: a slow one delays nobody."""

            timeout = SLOW_S

            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    said = self.rfile.readline(SECRET_BYTES).strip()
                    if secrets.compare_digest(said, bulletin._secret):
                        bulletin._attend(self)

        class Server(socketserver.ThreadingTCPServer):
            """Its threads end with the process."""

            daemon_threads = True

        self._server = Server((HOST, 0), Viewer)
        self.port: int = self._server.server_address[1]
        serve, name = self._server.serve_forever, "quantlive-bulletin"
        threading.Thread(target=serve, args=(POLL_S,), name=name, daemon=True).start()

    def tell(self, text: str) -> None:
        """Hand a text to everyone; who has not taken the one before gets this one instead."""
        with self._news:
            self._told, self._n_told = text.encode(), self._n_told + 1
            self._news.notify_all()

    def close(self) -> None:
        """Cut all lines; may be called twice."""
        with self._news:
            self._is_over = True
            self._news.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def _attend(self, viewer: socketserver.StreamRequestHandler) -> None:
        n_seen = 0
        while (word := self._word(n_seen)) is not None:
            told, n_seen = word
            viewer.wfile.write(told + b"\n")

    def _word(self, n_seen: int) -> "tuple[bytes, int] | None":
        """The newest text if it is news, else nothing after a while; None at the end."""
        with self._news:
            is_news = self._news.wait_for(lambda: self._is_over or self._n_told > n_seen, BEAT_S)
            if self._is_over:
                return None
            return self._told if is_news else b"", self._n_told


class Listener:
    """The other end of the line.

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
        """The last text told since the last time.

        Parameters
        ----------
        wait_s : float, s
            How long to wait for a word if none has come.

        Returns
        -------
        bytes or None
            Empty if the only word was that there is nothing new; None if there was no word.

        Raises
        ------
        OSError
            When the line is cut.
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
        """Wake whoever waits for a word: the line is cut."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Free the line; may be called twice."""
        self.hang_up()
        self._socket.close()
