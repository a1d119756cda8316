"""A SOCKS 5 server on loopback, as RFC 1928 has it: no password, CONNECT only."""

import contextlib
import socket
import socketserver
import struct
import threading
from contextlib import contextmanager

IPV4, NAME, IPV6 = 1, 3, 4


class Handler(socketserver.BaseRequestHandler):
    """One client: greeting, request, then bytes both ways."""

    def handle(self):
        """Connect it to where it asks to be."""
        stream = self.request.makefile("rb", 0)
        _, n_methods = stream.read(2)
        stream.read(n_methods)
        self.request.sendall(b"\x05\x00")
        _, _, _, kind = stream.read(4)
        length = {IPV4: 4, IPV6: 16}.get(kind) or stream.read(1)[0]
        host, (port,) = stream.read(length), struct.unpack(">H", stream.read(2))
        name = host.decode() if kind == NAME else socket.inet_ntop(socket.AF_INET, host)
        self.server.asked.append((name, port))
        try:
            target = socket.create_connection((name, port), 10)
        except OSError:
            self.request.sendall(b"\x05\x05\x00\x01" + bytes(6))
            return
        self.request.sendall(b"\x05\x00\x00\x01" + bytes(6))
        back = threading.Thread(target=pump, args=(target, self.request), daemon=True)
        back.start()
        with contextlib.suppress(OSError):
            first = self.request.recv(65_536)
            self.server.paths += [line.split()[1].decode() for line in first.splitlines()[:1]]
            target.sendall(first)
        pump(self.request, target)
        back.join()
        target.close()


class Server(socketserver.ThreadingTCPServer):
    """Remembers where its clients wanted to go, and the path of the first request there."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked, self.paths = [], []

    @property
    def url(self):
        """For ``all_proxy``."""
        return f"socks5://127.0.0.1:{self.server_address[1]}"


def pump(source, sink):
    """Hand on what comes until its end."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(65_536):
            sink.sendall(chunk)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def socks():
    """A server for as long as the block runs."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def without_proxies(patch):
    """Forget every proxy of the environment."""
    for key in ("all", "http", "https", "ws", "wss", "socks", "no"):
        for name in (f"{key}_proxy", f"{key}_proxy".upper()):
            patch.delenv(name, raising=False)
