"""Frames are cut where they are, however the bytes come; the rest is the library's business."""

import asyncio
import base64
import contextlib
import hashlib
import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from quantlive_nb.feed.frame_reader import MAX_FRAME, Framed, split

TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A
BEGIN, MORE, LAST = 0x01, 0x00, 0x80
"""A text message in fragments: the first, one between, the last."""
KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(first, payload):
    """A frame as a server sends it."""
    n = len(payload)
    if n < 126:
        return struct.pack("!BB", first, n) + payload
    if n < 65_536:
        return struct.pack("!BBH", first, 126, n) + payload
    return struct.pack("!BBQ", first, 127, n) + payload


FRAMES = st.lists(
    st.tuples(
        st.sampled_from([TEXT, TEXT, TEXT, PING, PONG, BINARY, BEGIN, LAST]),
        st.one_of(
            st.binary(max_size=5),
            st.sampled_from([125, 126, 127, 200, 65_535, 65_536]).map(lambda n: b"x" * n),
        ),
    ),
    max_size=8,
)


@given(FRAMES, st.lists(st.integers(1, 400), min_size=1, max_size=20))
def test_every_frame_is_found_however_the_bytes_are_cut(frames, sizes):
    """Texts one by one in their order, the others byte for byte, and nothing left."""
    data = b"".join(frame(*f) for f in frames)
    texts, others, rest, at, turn = [], b"", b"", 0, 0
    while at < len(data):
        step = sizes[turn % len(sizes)] * (1 if len(data) < 2_000 else 97)
        found = split(rest + data[at : at + step])
        assert len(found.rest) < found.n_awaited
        texts, others, rest = texts + found.texts, others + found.others, found.rest
        at, turn = at + step, turn + 1

    assert texts == [payload for first, payload in frames if first == TEXT]
    assert others == b"".join(frame(*f) for f in frames if f[0] != TEXT)
    assert rest == b""


@pytest.mark.parametrize(
    "odd",
    [
        bytes([TEXT, 0x80 | 2]) + b"maskhi",
        struct.pack("!BBQ", TEXT, 127, MAX_FRAME + 1),
    ],
)
def test_what_no_server_sends_is_odd(odd):
    """Masked, or larger than anything; what came before it is good."""
    found = split(frame(TEXT, b"hi") + odd)

    assert (found.texts, found.rest, found.is_odd) == ([b"hi"], odd, True)


class Server:
    """A server that says exactly these bytes after its handshake, and keeps what it hears."""

    def __init__(self, *pieces, status="101 Switching Protocols", with_handshake=False):
        self.pieces, self.status, self.with_handshake = pieces, status, with_handshake
        self.heard, self.lines = asyncio.Queue(), []

    async def answer(self, reader, writer):
        """Shake hands, speak, listen."""
        self.lines.append(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        key = re.search(rb"(?i)sec-websocket-key: (\S+)", head)[1]
        accept = base64.b64encode(hashlib.sha1(key + KEY).digest())
        hello = f"HTTP/1.1 {self.status}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n".encode()
        hello += b"Sec-WebSocket-Accept: " + accept + b"\r\n"
        hello += b"Content-Length: 11\r\n\r\n" if self.status[0] == "4" else b"\r\n"
        pieces = list(self.pieces)
        if self.with_handshake:
            pieces[0] = hello + pieces[0]
        else:
            pieces = [*(hello[i : i + 7] for i in range(0, len(hello), 7)), *pieces]
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        while (data := await reader.read(1_000)) and data[0] != CLOSE:
            self.heard.put_nowait(data)
        writer.close()

    @contextlib.asynccontextmanager
    async def connected(self):
        """A connection to it, with the texts that it hears; both ends are closed at the end."""
        server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        texts = asyncio.Queue()
        try:
            line = await connect(
                f"ws://127.0.0.1:{port}",
                create_connection=Framed,
                max_size=MAX_FRAME,
                max_queue=None,
                close_timeout=0.1,
            )
            await asyncio.sleep(0)
            line.listen(lambda burst: [texts.put_nowait(text) for text in burst])
            yield line, texts
            await line.close()
        finally:
            server.close()
            for writer in self.lines:
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()


def run(story):
    """Run a story that may not take long."""

    async def in_time():
        """End it when it hangs."""
        async with asyncio.timeout(20):
            return await story()

    return asyncio.run(in_time())


@pytest.mark.parametrize("with_handshake", [True, False])
def test_texts_come_from_the_first_byte_on(with_handshake):
    """In one piece with the handshake, or the handshake in many: none is lost, none is twice."""
    data = b"".join(frame(TEXT, b"%d" % i) for i in range(5))
    server = Server(data[:8], data[8:], with_handshake=with_handshake)

    async def story():
        async with server.connected() as (_, texts):
            return [await texts.get() for _ in range(5)]

    assert run(story) == [b"0", b"1", b"2", b"3", b"4"]


def test_everything_else_the_library_does():
    """A ping amid texts is answered, fragments are put together, a binary message is received."""
    said = [
        frame(TEXT, b"a") + frame(PING, b"there?") + frame(TEXT, b"b"),
        frame(BEGIN, b"frag") + frame(PING, b"still?") + frame(MORE, b"men"),
        frame(LAST, b"ted") + frame(BINARY, b"\x00") + frame(TEXT, b"c"),
    ]

    async def story():
        server = Server(*said)
        async with server.connected() as (line, texts):
            heard = [await texts.get() for _ in range(3)]
            received = [await line.recv(decode=False) for _ in range(2)]
            pongs = b""
            while pongs.count(bytes([PONG])) < 2:
                pongs += await server.heard.get()
            return heard, received

    assert run(story) == ([b"a", b"b", b"c"], [b"fragmented", b"\x00"])


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        (bytes([TEXT, 0x80 | 2]) + b"maskhi", 1002),
        (struct.pack("!BBQ", TEXT, 127, MAX_FRAME + 1) + b"x", 1009),
        (frame(0xF1, b"reserved"), 1002),
    ],
)
def test_a_fault_ends_the_connection_after_what_came_before(odd, code):
    """The library says why, by the code of the standard."""

    async def story():
        async with Server(frame(TEXT, b"good") + odd).connected() as (line, texts):
            assert await texts.get() == b"good"
            with pytest.raises(ConnectionClosedError) as caught:
                await line.recv()
            return caught.value.sent.code

    assert run(story) == code


def test_a_farewell_is_heard_after_the_texts_before_it():
    """Both in one piece."""
    data = frame(TEXT, b"last") + frame(CLOSE, struct.pack("!H", 1012) + b"restart")

    async def story():
        async with Server(data).connected() as (line, texts):
            with pytest.raises(ConnectionClosedError) as caught:
                await line.recv()
            return texts.get_nowait(), caught.value.rcvd.code

    assert run(story) == (b"last", 1012)


def test_a_large_message_in_many_pieces_is_one():
    """Four megabytes, as the exchange's limit is said to allow."""
    payload = b"0123456789abcdef" * 2**18

    async def story():
        data = frame(TEXT, payload) + frame(TEXT, b"next")
        pieces = [data[i : i + 50_000] for i in range(0, len(data), 50_000)]
        async with Server(*pieces).connected() as (_, texts):
            return await texts.get(), await texts.get()

    assert run(story) == (payload, b"next")


def test_a_refusal_is_the_librarys_too():
    """With its status and its text, in which no frame is looked for."""

    async def story():
        with pytest.raises(InvalidStatus) as caught:
            async with Server(b"no\r\n\r\n", b"entry", status="451 Unavailable").connected():
                pass
        return caught.value.response

    response = run(story)
    assert (response.status_code, response.body) == (451, b"no\r\n\r\nentry")
