"""A cheap exchange: trades in Binance's wire form, at an exact pace, from a process of its own.

This file shares no code with what it measures; the URL says how many trades and how fast.
"""

import asyncio
import base64
import hashlib
import json
import re
import struct
import time

import numpy as np
from numpy.typing import NDArray

from tests.bench.process import pin

__all__ = ["FIRST_ID", "SYMBOLS"]

SYMBOLS = ("BTCUSDT", "ETHUSDT")
FIRST_ID = 2_000_000_000
"""Of both symbols; what a database holds before ends just below."""
BLOCK = 5_000
"""Pairs of frames whose ids and prices are written at once."""
GROUP = 500
"""Pairs in one write, at most."""
TICK_S = 0.001
ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TRADE = (
    '{"stream":"%s@trade","data":{"e":"trade","E":EEEEEEEEEEEEEEEE,"s":"%s","t":IIIIIIIIII,'
    '"p":"%s","q":"0.1QQQ0000","T":EEEEEEEEEEEEEEEE,"m":%s,"M":true}}'
)
"""Capitals in a row are digits to be filled in: times (µs), id, price, quantity."""

Rows = NDArray[np.uint8]
"""Frames as bytes, one pair of frames (a trade of each symbol) in a row."""


def frame(text: str) -> bytes:
    """An unmasked text frame of 126 to 65 535 bytes."""
    return struct.pack("!BBH", 0x81, 126, len(text)) + text.encode()


PAIR = frame(TRADE % ("btcusdt", "BTCUSDT", "6PPPP.63000000", "true")) + frame(
    TRADE % ("ethusdt", "ETHUSDT", "2PPP.41000000", "false")
)
TEMPLATE = np.frombuffer(PAIR, np.uint8)
PLACES = [(m[1].decode(), m.start(), m.end()) for m in re.finditer(rb"([EIPQ])\1\1+", PAIR)]


def block(first: int, n: int) -> Rows:
    """The pairs from this one on; everything is written but the time."""
    rows = np.tile(TEMPLATE, (n, 1))
    count = np.arange(first, first + n)
    market = 500 * np.sin(count / 20_000) + 100 * np.sin(count / 97)
    for kind, start, end in PLACES:
        if kind == "E":
            continue
        width = end - start
        values = {"I": FIRST_ID + count, "Q": count * 7919, "P": 5 * 10 ** (width - 1) + market}
        digits = values[kind].astype(np.int64)[:, None] // 10 ** np.arange(width)[::-1] % 10
        rows[:, start:end] = digits + ord("0")
    return rows


def stamp(rows: Rows) -> bytes:
    """The rows as sent now."""
    now = np.frombuffer(b"%d" % (time.time_ns() // 1_000), np.uint8)
    for kind, start, end in PLACES:
        if kind == "E":
            rows[:, start:end] = now
    return rows.tobytes()


class Peer(asyncio.Protocol):
    """One connection: a listing over HTTP, or a stream after the WebSocket handshake."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.writable = asyncio.Event()
        self.head = b""
        self.sender: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Ready to write."""
        self.transport = transport
        self.writable.set()

    def pause_writing(self) -> None:
        """The client does not keep up."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self.writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Send no more."""
        if self.sender is not None:
            self.sender.cancel()

    def data_received(self, data: bytes) -> None:
        """The request; then whatever a client sends, of which only its farewell matters."""
        if self.sender is not None:
            if data[0] & 0x0F == 8:
                self.transport.write(b"\x88\x00")
                self.transport.close()
            return
        self.head += data
        if b"\r\n\r\n" in self.head:
            self.answer(self.head.decode())

    def answer(self, head: str) -> None:
        """Shake hands, or list the symbols."""
        key = re.search(r"(?i)sec-websocket-key: (\S+)", head)
        path = head.split(" ", 2)[1]
        if key is None:
            body = json.dumps({"symbols": [{"symbol": s, "status": "TRADING"} for s in SYMBOLS]})
            lines = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            self.transport.write((lines + body).encode())
            self.transport.close()
            return
        accept = base64.b64encode(hashlib.sha1(key[1].encode() + ACCEPT).digest()).decode()
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        rate, n = (int(part) for part in path.split("/")[1:3])
        self.sender = asyncio.create_task(self.send(rate / 2, n // 2))

    async def send(self, rate: float, n: int) -> None:
        """Pairs at so many a second, never waiting for the client; at rate 0 as fast as can be."""
        rows, sent, start = block(0, min(n, BLOCK)), 0, time.perf_counter()
        while sent < n:
            due = min(n, int((time.perf_counter() - start) * rate)) if rate else n
            while sent < due:
                at = sent % BLOCK
                if at == 0 and sent:
                    rows = block(sent, min(n - sent, BLOCK))
                part = rows[at : at + min(due - sent, GROUP)]
                self.transport.write(stamp(part))
                sent += len(part)
                if not rate:
                    await self.writable.wait()
            await asyncio.sleep(TICK_S)


async def serve() -> None:
    """Say the port and serve until killed."""
    server = await asyncio.get_running_loop().create_server(Peer, "127.0.0.1", 0)
    print(json.dumps(server.sockets[0].getsockname()[1]), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    pin(0)
    asyncio.run(serve())
