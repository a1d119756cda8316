"""One event of a stream, in the formats of both kinds of socket."""

import re
import struct
from dataclasses import dataclass
from typing import Self

from quantlive_nb.errors import UsageError

__all__ = ["EventFrame", "wire_frame"]

TEXT, BINARY = 0x81, 0x82  # the last and only fragment, and what it holds
COMBINED = re.compile(
    r'\s*\{\s*"stream"\s*:\s*"([^"\\]+)"\s*,\s*"data"\s*:\s*(.*\S)\s*\}\s*', re.DOTALL
)


def wire_frame(message: str | bytes) -> bytes:
    r"""A WebSocket frame as a server writes it: one fragment, not masked.

    Parameters
    ----------
    message : str or bytes
        Content of a text or binary frame.

    Returns
    -------
    bytes
        Header and UTF-8 payload.

    References
    ----------
    RFC 6455, section 5.2.

    Examples
    --------
    >>> wire_frame("hello")
    b'\x81\x05hello'
    """
    data, first = (message.encode(), TEXT) if isinstance(message, str) else (message, BINARY)
    if len(data) < 126:
        return struct.pack("!BB", first, len(data)) + data
    if len(data) < 1 << 16:
        return struct.pack("!BBH", first, 126, len(data)) + data
    return struct.pack("!BBQ", first, 127, len(data)) + data


@dataclass(frozen=True, slots=True)
class EventFrame:
    r"""An event to be sent to the subscribers of its stream.

    Attributes
    ----------
    stream : str or None
        Stream name, such as ``btcusdt@trade``; None goes to every connection.
    combined, raw : bytes
        WebSocket frames for a ``/stream`` socket (with the envelope) and for a ``/ws`` socket
        (the payload alone).

    Examples
    --------
    >>> frame = EventFrame.of('{"stream":"btcusdt@trade","data":{"t":7}}')
    >>> frame.stream, frame.raw, frame.payload
    ('btcusdt@trade', b'\x81\x07{"t":7}', b'{"t":7}')
    """

    stream: str | None
    combined: bytes
    raw: bytes

    @classmethod
    def of(cls, text: str) -> Self:
        """The frame of one combined-stream text; the payload is cut out of it byte for byte.

        Raises
        ------
        UsageError
            If the text is not ``{"stream":NAME,"data":PAYLOAD}``.
        """
        match = COMBINED.fullmatch(text)
        if match is None:
            raise UsageError(f"not a frame of a combined stream: {text[:60]!r}")
        return cls(match[1], wire_frame(text), wire_frame(match[2]))

    @property
    def is_trade(self) -> bool:
        """Whether its stream is one of trades."""
        return self.stream is not None and self.stream.endswith("@trade")

    @property
    def payload(self) -> bytes:
        """The payload alone, without a WebSocket header."""
        return self.raw[{126: 4, 127: 10}.get(self.raw[1], 2) :]

    @classmethod
    def odd(cls, message: str | bytes, stream: str | None) -> Self:
        """A frame of any content, the same on both kinds of socket."""
        wire = wire_frame(message)
        return cls(stream, wire, wire)
