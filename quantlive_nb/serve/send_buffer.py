"""A bounded send buffer for one browser: when it is full, widget updates are merged."""

import asyncio
import json
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from jupyter_server.services.kernels.connection import base

__all__ = ["Held", "SendBuffer", "Update"]

read: Callable[[bytes], tuple[str, list[bytes]]] = base.deserialize_msg_from_ws_v1
write: Callable[[list[bytes], str], bytes] = base.serialize_msg_to_ws_v1

MOST_BYTES = 4_000_000
"""Unread bytes above which further messages are held back; one message may exceed it."""
OVERHEAD = 2_000
"""Overhead in bytes of each unread message: a task and its futures."""
UNREAD_S = 30.0
"""A browser that reads nothing for so long is disconnected; it connects again when it wakes. Tests
shorten it by ``QUANTLIVE_UNREAD_S``."""
LEAST_BYTES_PER_S = 100_000
"""Slowest rate for one large message, such as a download."""


@dataclass(frozen=True, slots=True)
class Update:
    """The newest state of one widget.

    Attributes
    ----------
    comm_id : str
        Of the widget.
    channel : str
    parts : tuple of bytes
        Header, parent header and metadata of the newest message.
    state : dict
        Trait names and values, without binary ones.
    buffers : dict
        Binary values by their path in the state.
    """

    comm_id: str
    channel: str
    parts: tuple[bytes, ...]
    state: dict[str, Any]
    buffers: dict[tuple[Any, ...], bytes]

    @classmethod
    def read(cls, frame: bytes) -> "Self | None":
        """The update in a frame; None if it is another message."""
        channel, (header, parent, metadata, content, *buffers) = read(frame)
        if json.loads(header).get("msg_type") != "comm_msg":
            return None
        told = json.loads(content)
        data = told.get("data") or {}
        paths = data.get("buffer_paths") or []
        if data.get("method") != "update" or len(paths) != len(buffers):
            return None
        named = {tuple(path): bytes(b) for path, b in zip(paths, buffers, strict=True)}
        return cls(told["comm_id"], channel, (header, parent, metadata), data["state"], named)

    def after(self, older: "Update | None") -> "Update":
        """Merge with an older update: its other traits are kept."""
        if older is None:
            return self
        kept = {path: b for path, b in older.buffers.items() if path[0] not in self.state}
        state, buffers = older.state | self.state, kept | self.buffers
        return Update(self.comm_id, self.channel, self.parts, state, buffers)

    def frame(self) -> bytes:
        """The update as a message."""
        paths = [list(path) for path in self.buffers]
        data = {"method": "update", "state": self.state, "buffer_paths": paths}
        content = json.dumps({"comm_id": self.comm_id, "data": data}).encode()
        parts = [*self.parts, content, *self.buffers.values()]
        return write(parts, self.channel)


class Held:
    """Held messages: the updates of each widget are merged, other messages are kept in order.

    Attributes
    ----------
    n_bytes : int
        Bytes of the messages that cannot be merged.
    """

    def __init__(self) -> None:
        self.n_bytes = 0
        self._messages: dict[object, Update | bytes] = {}

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._messages)

    def add(self, frame: bytes) -> None:
        """Add one message."""
        update = Update.read(frame)
        if update is None:
            self.n_bytes += len(frame) + OVERHEAD
            self._messages[object()] = frame
            return
        # At the end, not at the older one's place: it may reference a widget opened since.
        older = self._messages.pop(update.comm_id, None)
        self._messages[update.comm_id] = update.after(older if isinstance(older, Update) else None)

    def take(self) -> list[bytes]:
        """Remove and return all messages."""
        held = list(self._messages.values())
        self.clear()
        return [one.frame() if isinstance(one, Update) else one for one in held]

    def clear(self) -> None:
        """Remove all messages."""
        self.n_bytes = 0
        self._messages.clear()


class SendBuffer:
    """Sends to one browser at the rate at which it reads.

    Parameters
    ----------
    write : callable
        Sends one message; returns a future that is done once the system accepted it, or None.
    give_up : callable
        Called once with a reason when the browser does not read.

    Attributes
    ----------
    n_unread : int
        Bytes written that the system has not accepted yet.

    Notes
    -----
    Used on the server's event loop only.
    """

    def __init__(
        self,
        write: Callable[[bytes], "asyncio.Future[None] | None"],
        give_up: Callable[[str], None],
    ) -> None:
        self._write, self._give_up = write, give_up
        self.n_unread = 0
        self._unread: deque[int] = deque()
        self._held = Held()
        self._is_closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._read_s = 0.0
        self._unread_s = float(os.environ.get("QUANTLIVE_UNREAD_S") or UNREAD_S)

    def send(self, frame: bytes) -> None:
        """Send a message, now or once the browser has read the earlier ones."""
        if self._is_closed:
            return
        if not self._held and self.n_unread < MOST_BYTES:
            self._put(frame)
            return
        self._held.add(frame)
        if self._held.n_bytes > MOST_BYTES:
            self._fail(f"{MOST_BYTES / 1e6:g} MB of messages wait for it")

    def close(self) -> None:
        """Stop sending; idempotent."""
        self._is_closed = True
        self._held.clear()
        self._unread.clear()
        self.n_unread = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _put(self, frame: bytes) -> None:
        sent = self._write(frame)
        if sent is None:
            return
        if not self._unread:
            self._read_s = asyncio.get_running_loop().time()
        self._unread.append(len(frame) + OVERHEAD)
        self.n_unread += len(frame) + OVERHEAD
        if self._timer is None:
            self._watch()
        sent.add_done_callback(self._sent)

    def _sent(self, sent: "asyncio.Future[None]") -> None:
        """Callback: the oldest unread message was accepted, or the connection is gone."""
        if sent.cancelled() or sent.exception() is not None:
            self.close()
        if self._is_closed:
            return
        self.n_unread -= self._unread.popleft()
        self._read_s = asyncio.get_running_loop().time()
        if not self._unread:
            for frame in self._held.take():
                self.send(frame)

    def _watch(self) -> None:
        """Check the oldest unread message again at its deadline."""
        self._timer = None
        if self._is_closed or not self._unread:
            return
        loop = asyncio.get_running_loop()
        until_s = self._read_s + self._unread_s + self._unread[0] / LEAST_BYTES_PER_S
        if loop.time() >= until_s:
            self._fail(f"it has read nothing for {loop.time() - self._read_s:.0f} s")
        else:
            self._timer = loop.call_at(until_s, self._watch)

    def _fail(self, why: str) -> None:
        self.close()
        self._give_up(why)
