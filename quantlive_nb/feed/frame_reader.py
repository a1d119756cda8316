"""A fast path for text messages in a burst of bytes; the library handles every other frame.

Frames are those of RFC 6455, section 5.2.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from websockets.asyncio.client import ClientConnection
from websockets.protocol import State

__all__ = ["MAX_FRAME", "Framed", "split"]

MAX_FRAME = 16 * 1024 * 1024
TEXT = 0x81
"""First byte of a text message in one frame."""
OPCODE, CLOSE = 0x0F, 0x08
"""Mask of a frame's opcode, and the lowest opcode of a control frame."""
END = b"\r\n\r\n"
"""End of the handshake."""


class Split(NamedTuple):
    """Frames found in some bytes.

    Attributes
    ----------
    texts : list of bytes
        Complete text messages.
    others : bytes
        Complete frames of every other kind.
    has_message : bool
        Whether they include a message, or a part of one.
    rest : bytes
        An incomplete frame.
    n_awaited : int
        Length that the rest must reach before it is parsed again.
    is_odd : bool
        The rest is not a frame that a server may send.
    """

    texts: list[bytes]
    others: bytes
    has_message: bool
    rest: bytes
    n_awaited: int
    is_odd: bool


class Framed(ClientConnection):
    """A connection with a fast path for text messages, at a fifth of the library's cost.

    Notes
    -----
    Complete, unmasked text messages in one frame are passed to the listener, many at a time. The
    library handles handshake, pings, closing, fragments and errors. It only receives complete
    frames, so it and this class never disagree about where a frame begins.

    Attributes
    ----------
    is_direct : bool
        Whether every message so far took the fast path: then an answered ping means that everything
        sent before it was received.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._listener: Callable[[list[bytes]], None] = self._keep
        self._early: list[bytes] = []
        self._parts: list[bytes] = []
        self._n_parts = self._n_awaited = 0
        self._is_framed, self.is_direct = False, True

    def listen(self, listener: Callable[[list[bytes]], None]) -> None:
        """Pass every burst of text messages to this function, including those already received."""
        self._listener = listener
        early, self._early = self._early, []
        if early:
            listener(early)

    def data_received(self, data: bytes) -> None:
        """Handle a burst of bytes."""
        if not self._is_framed:
            data = self._shake_hands(data)
        if not data:
            return
        self._parts.append(data)
        self._n_parts += len(data)
        if self._n_parts < self._n_awaited:
            return
        found = split(b"".join(self._parts) if len(self._parts) > 1 else data)
        self._parts, self._n_parts = [found.rest] if found.rest else [], len(found.rest)
        self._n_awaited = found.n_awaited
        if found.texts:
            self._listener(found.texts)
        if found.has_message or found.is_odd:
            self.is_direct = False
        if found.others:
            super().data_received(found.others)
        if found.is_odd:
            self._is_framed = False
            super().data_received(found.rest)

    def _shake_hands(self, data: bytes) -> bytes:
        """Pass the handshake to the library; return the bytes after it."""
        if self.response is not None:
            super().data_received(data)
            return b""
        before = b"".join(self._parts)
        n_before, seen = len(before), before + data
        at = seen.find(END)
        end = len(data) if at < 0 else at + len(END) - n_before
        self._parts = [seen[-len(END) + 1 :]]
        super().data_received(data[:end])
        data = data[end:]
        if self.protocol.state is State.OPEN:
            self._is_framed, self._parts = True, []
            return data
        if data:
            super().data_received(data)
        return b""

    def _keep(self, texts: list[bytes]) -> None:
        self._early += texts


def split(data: bytes) -> Split:
    r"""Split bytes into complete frames and a rest.

    Examples
    --------
    >>> found = split(bytes([0x81, 2]) + b"hi" + bytes([0x89, 0, 0x81, 5]) + b"th")
    >>> found.texts, found.others, found.rest, found.n_awaited
    ([b'hi'], b'\x89\x00', b'\x81\x05th', 7)
    """
    texts: list[bytes] = []
    others: list[bytes] = []
    at, end, n_awaited, is_odd, has_message = 0, len(data), 2, False, False
    while end - at >= 2:
        size, start = data[at + 1], at + 2
        if size >= 126:
            start = at + (4 if size == 126 else 10)
            if size > 127:
                is_odd = True  # only clients mask
                break
            if end < start:
                n_awaited = start - at
                break
            size = int.from_bytes(data[at + 2 : start])
        stop = start + size
        if stop > end:
            n_awaited, is_odd = stop - at, size > MAX_FRAME
            break
        if data[at] == TEXT:
            texts.append(data[start:stop])
        else:
            others.append(data[at:stop])
            has_message = has_message or data[at] & OPCODE < CLOSE
        at, n_awaited = stop, 2
    return Split(texts, b"".join(others), has_message, data[at:], n_awaited, is_odd)
