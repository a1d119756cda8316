"""A line to an exchange that a test can stall: connected, and nothing comes through."""

import contextlib
import socket
import threading
import time
from typing import Self

CHUNK = 1 << 16


class Relay:
    """Hands bytes on between a client and a port of this machine.

    Attributes
    ----------
    port : int
    flowed_us : int, µs UTC
        When something last came through from the server.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._flows = threading.Event()
        self._flows.set()
        self._sockets: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.flowed_us = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.resume()
        self._server.close()
        self.cut()

    def stall(self) -> None:
        """Hold back everything that the server sends from now on."""
        self._flows.clear()

    def resume(self) -> None:
        """Hand on what was held back, and what comes."""
        self._flows.set()

    def cut(self) -> None:
        """End every connection without a farewell; what was held back is lost."""
        sockets, self._sockets = self._sockets, []
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [client, server]
                for pump in (self._up, self._down):
                    threading.Thread(target=pump, args=(client, server), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(CHUNK):
                server.sendall(data)
            server.shutdown(socket.SHUT_RDWR)

    def _down(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(CHUNK):
                self._flows.wait()
                self.flowed_us = time.time_ns() // 1_000
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)
