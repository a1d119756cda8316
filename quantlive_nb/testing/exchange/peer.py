"""One open connection as the exchange sees it: what it hears, and how much it may say.

This file knows no other connection, and not where frames come from.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

from quantlive_nb.testing.exchange.subscriptions import Subscriptions
from quantlive_nb.testing.market.event_frame import EventFrame

__all__ = ["Peer"]

N_MESSAGES_MOST = 5  # a connection may send this many in any second
PATIENCE_S = 60.0  # a client that takes nothing for so long is cut off


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
        Ends the connection when it is too old.

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
        """Book a message heard now; whether that is one too many within a second."""
        is_full = len(self._heard_s) == N_MESSAGES_MOST
        is_flood = is_full and now_s - self._heard_s[0] < 1.0
        self._heard_s.append(now_s)
        return is_flood

    @property
    def is_open(self) -> bool:
        """Whether it can still be written to: false from the beginning of its close."""
        return self.socket.state is State.OPEN

    def select(self, frames: Sequence[EventFrame]) -> list[EventFrame]:
        """Those of the frames that it is subscribed to; none once it is closing."""
        if not self.is_open:
            return []
        streams = self.subscriptions.streams
        return [frame for frame in frames if frame.stream is None or frame.stream in streams]

    def write(self, frames: Sequence[EventFrame]) -> None:
        """Write frames in the form of its socket.

        Notes
        -----
        One write for many frames: a send for each would cost a system call and a task switch.
        """
        is_combined = self.subscriptions.combined
        wire = [frame.combined if is_combined else frame.raw for frame in frames]
        self.socket.transport.write(b"".join(wire))

    async def flush(self) -> None:
        """Wait until the network has taken what was written, or the client is given up."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.socket.drain()
        except TimeoutError:
            self.abort()
        except OSError:
            pass  # the client went away meanwhile; its handler notices

    def abort(self) -> None:
        """Cut the connection without a farewell."""
        self.socket.transport.abort()
