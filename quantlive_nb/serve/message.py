"""Validates kernel messages on a WebSocket, protocol ``v1.kernel.websocket.jupyter.org``.

A frame is a count n, n offsets (64-bit little-endian integers), the name of a channel, and the
parts of a message: header, parent header, metadata and content in JSON, then binary buffers. Offset
0 is the start of the channel, offset 1 its end, and each further one the end of a part.
"""

import itertools
import json
import re
from typing import Any

__all__ = ["BadFrame", "read_frame"]

CHANNELS = ("shell", "control", "stdin", "iopub")
N_JSON = 4
"""Header, parent header, metadata and content."""
MOST_PARTS = 256
MOST_HEADER = 16_384
"""Bytes of a header, a parent header or metadata."""
TEXTS = ("msg_id", "msg_type", "session")
"""Fields that a kernel reads of every header."""
MOST_TEXT = 256
VERSION = re.compile(r"5\.\d{1,3}")


class BadFrame(ValueError):
    """An invalid frame."""


def read_frame(frame: "bytes | str") -> tuple[str, list[bytes]]:
    """Parse and validate a frame; return the channel and the parts of the message.

    Parameters
    ----------
    frame : bytes
        As received on the socket.

    Raises
    ------
    BadFrame

    Examples
    --------
    >>> read_frame((2**62).to_bytes(8, "little") + bytes(64))
    Traceback (most recent call last):
    quantlive_nb.serve.message.BadFrame: 4611686018427387904 offsets do not fit into 72 bytes
    """
    if isinstance(frame, str):
        raise BadFrame("it is a text, not a binary message")
    ends = _offsets(frame)
    channel = frame[ends[0] : ends[1]].decode("latin-1")
    if channel not in CHANNELS:
        raise BadFrame(f"there is no channel {channel[:MOST_TEXT]!r}")
    parts = [frame[start:end] for start, end in itertools.pairwise(ends[1:])]
    header, parent, *_ = (_object(part) for part in parts[:N_JSON])
    for part in parts[: N_JSON - 1]:
        if len(part) > MOST_HEADER:
            raise BadFrame(f"a header has {len(part)} bytes")
    _check_header(header)
    if parent:
        _check_header(parent)
    return channel, parts


def _offsets(frame: bytes) -> list[int]:
    """The offsets of a frame: they start after the table, ascend, and end with the frame."""
    n = int.from_bytes(frame[:8], "little")
    if 8 * (1 + n) > len(frame):
        raise BadFrame(f"{n} offsets do not fit into {len(frame)} bytes")
    if not N_JSON + 2 <= n <= MOST_PARTS:
        raise BadFrame(f"it has {n} offsets")
    ends = [int.from_bytes(frame[at : at + 8], "little") for at in range(8, 8 * (1 + n), 8)]
    if ends[0] != 8 * (1 + n) or ends[-1] != len(frame) or ends != sorted(ends):
        raise BadFrame("its offsets are out of order")
    return ends


def _object(part: bytes) -> dict[str, Any]:
    """A JSON object."""
    try:
        value = json.loads(part)
    except (ValueError, RecursionError) as exc:
        raise BadFrame("a part is not JSON") from exc
    if not isinstance(value, dict):
        raise BadFrame("a part is no JSON object")
    return value


def _check_header(header: dict[str, Any]) -> None:
    """Raise if a kernel could not read the fields of a header."""
    for name in TEXTS:
        text = header.get(name)
        if not isinstance(text, str) or not 0 < len(text) <= MOST_TEXT:
            raise BadFrame(f"a header's {name} is no text of 1 to {MOST_TEXT} characters")
    if not VERSION.fullmatch(str(header.get("version", "5.0"))):
        raise BadFrame("a header is of another version than 5")
    if not all(isinstance(header.get(name, ""), str) for name in ("username", "date")):
        raise BadFrame("a header's username or date is no text")
