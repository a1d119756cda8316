"""One open connection, seen from the exchange: its messages and its rate limit."""

import asyncio
from collections import deque
from collections.abc import Sequence

from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

from quantlive_nb.testing.exchange.subscriptions import Subscriptions
from quantlive_nb.testing.market.event_frame import EventFrame

__all__ = ["Peer"]

N_MESSAGES_MOST = 5  # messages that a connection may send in any second
PATIENCE_S = 60.0  # a client that reads nothing for this long is aborted


class Peer:
    """A client's connection.

    Parameters
    ----------
    number : int
        1 for the first connection ever, and so on.
    socket : ServerConnection
    subscriptions : Subscriptions

    Attributes
    ----------
    retirement : TimerHandle or None
        Closes the connection when it is too old.

    Examples
    --------
    >>> peer = Peer(1, None, Subscriptions(combined=True))  # a number needs no socket
    >>> [peer.is_flooding(now_s=0.1 * i) for i in range(6)]
    [False, False, False, False, False, True]
    """

    def __init__(self, number: int, socket: ServerConnection, subscriptions: Subscriptions) -> None:
        self.number = number
        self.socket = socket
        self.subscriptions = subscriptions
        self.retirement: asyncio.TimerHandle | None = None
        self._heard_s: deque[float] = deque(maxlen=N_MESSAGES_MOST)

    def is_flooding(self, now_s: float) -> bool:
        """Count a message received now; return whether the rate limit is exceeded."""
        is_full = len(self._heard_s) == N_MESSAGES_MOST
        is_flood = is_full and now_s - self._heard_s[0] < 1.0
        self._heard_s.append(now_s)
        return is_flood

    @property
    def is_open(self) -> bool:
        """Whether it can be written to; false once it starts to close."""
        return self.socket.state is State.OPEN

    def select(self, frames: Sequence[EventFrame]) -> list[EventFrame]:
        """The frames that it is subscribed to; none once it is closing."""
        if not self.is_open:
            return []
        streams = self.subscriptions.streams
        return [frame for frame in frames if frame.stream is None or frame.stream in streams]

    def write(self, frames: Sequence[EventFrame]) -> None:
        """Write frames in the format of its socket.

        Notes
        -----
        One write for many frames, to save system calls and task switches.
        """
        is_combined = self.subscriptions.combined
        wire = [frame.combined if is_combined else frame.raw for frame in frames]
        self.socket.transport.write(b"".join(wire))

    async def flush(self) -> None:
        """Wait until everything was written to the network, or abort the client."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.socket.drain()
        except TimeoutError:
            self.abort()
        except OSError:
            pass  # the client has left; its handler notices

    def abort(self) -> None:
        """Abort the connection without a close frame."""
        self.socket.transport.abort()
