"""The connected clients, and the only place where frames are sent.

Used on one event loop only.
"""

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Sequence

from websockets.asyncio.server import ServerConnection

from quantlive_nb.testing.exchange.counters import Connection, Counters
from quantlive_nb.testing.exchange.peer import Peer
from quantlive_nb.testing.exchange.reorder import Reorder
from quantlive_nb.testing.exchange.subscriptions import Subscriptions
from quantlive_nb.testing.exchange.throttle import Backlog
from quantlive_nb.testing.market.event_frame import EventFrame

__all__ = ["Clients"]

GOING_AWAY = 1001


class Clients:
    """The open connections.

    Parameters
    ----------
    counters : Counters
        Counts all events.
    seed : int
        Seed of the reordering.
    max_age_s : float, seconds
        Largest age of a connection.

    Attributes
    ----------
    reordering : Reorder
        Frames sent twice or in another order.
    backlog : Backlog
        Frames sent late.

    Examples
    --------
    >>> Clients(Counters()).drop()
    0
    """

    def __init__(self, counters: Counters, seed: int = 1, max_age_s: float = math.inf) -> None:
        self._counters = counters
        self._peers: dict[int, Peer] = {}
        self._resubscribed = asyncio.Event()
        self._partings: set[asyncio.Task[None]] = set()
        self._max_age_s = max_age_s
        self.reordering = Reorder(counters.faults, seed)
        self.backlog = Backlog(self.write)
        self._silent: set[str | None] = set()  # a None silences all

    # Who comes and goes

    def enter(self, socket: ServerConnection, subscriptions: Subscriptions) -> Peer:
        """Add a connection."""
        self._counters.n_connections += 1
        peer = Peer(self._counters.n_connections, socket, subscriptions)
        self._counters.connections.append(Connection(peer.number, time.monotonic()))
        self._peers[peer.number] = peer
        self._retire(peer)
        self.refresh()
        return peer

    def leave(self, peer: Peer) -> None:
        """Remove a closed connection; idempotent."""
        if self._peers.pop(peer.number, None) is not None:
            self._counters.connections[peer.number - 1].closed_s = time.monotonic()
            if peer.retirement is not None:
                peer.retirement.cancel()
        self.refresh()

    def refresh(self) -> None:
        """Notify waiters that connections or subscriptions changed."""
        everyone = (peer.subscriptions.streams for peer in self._peers.values())
        self._counters.n_open = len(self._peers)
        self._counters.n_open_most = max(self._counters.n_open_most, len(self._peers))
        self._counters.streams = frozenset().union(*everyone)
        self._resubscribed.set()
        self._counters.notify()

    async def subscribed(self, is_enough: Callable[[frozenset[str]], bool]) -> None:
        """Wait until the subscribed streams satisfy a condition."""
        while not is_enough(self._counters.streams):
            self._resubscribed.clear()
            await self._resubscribed.wait()

    # What they hear

    def play(self, frames: Sequence[EventFrame]) -> None:
        """Send the next frames of the playback."""
        self._counters.n_played += len(frames)
        self.push(frames)
        self._counters.notify()

    def push(self, frames: Sequence[EventFrame]) -> None:
        """Send frames to subscribers, with the current faults applied."""
        if self.backlog.delay_s > 0:
            heard = {*self._counters.streams, None}
            self._counters.faults["delay"] += sum(frame.stream in heard for frame in frames)
        self.backlog.put(self.reordering.alter(frames, self._counters.streams))

    def reorder(self, n: int) -> None:
        """Shuffle the next ``n`` trade frames; 0 sends the held frames."""
        self.backlog.put(self.reordering.shuffle(n))

    def silence(self, streams: Iterable[str] = ()) -> None:
        """Drop the frames of these streams, or all frames if none is named."""
        self._silent.update(streams or [None])

    def resume(self, streams: Iterable[str] = ()) -> None:
        """End the silence of these streams, or all silence if none is named."""
        self._silent = self._silent.difference(streams) if streams else set()

    def litter(self, frames: Sequence[EventFrame]) -> None:
        """Send garbage at once."""
        self._counters.faults["garbage"] += len(frames)
        self.write(frames)

    def write(self, frames: Sequence[EventFrame]) -> None:
        """Send frames to subscribers at once."""
        frames = self._audible(frames)
        for peer in self._peers.values():
            if mine := peer.select(frames):
                self._counters.n_sent += len(mine)
                peer.write(mine)
        self._counters.notify()

    def _audible(self, frames: Sequence[EventFrame]) -> Sequence[EventFrame]:
        """The frames that are not silenced."""
        if not self._silent:
            return frames
        is_lost = self._silent.__contains__ if None not in self._silent else lambda _: True
        lost = [frame for frame in frames if is_lost(frame.stream)]
        n_unheard = sum(len(peer.select(lost)) for peer in self._peers.values())
        self._counters.faults["silence"] += n_unheard
        return [frame for frame in frames if not is_lost(frame.stream)]

    async def flush(self) -> None:
        """Wait until the slowest client has received everything that was written."""
        await asyncio.gather(*(peer.flush() for peer in self._peers.values()))

    async def settle(self) -> None:
        """Send held frames when they are due, and wait until they are received."""
        self.reorder(0)
        await self.backlog.drained()
        await self.flush()

    # How it ends

    def drop(self) -> int:
        """Abort every connection; return how many."""
        dropped = list(self._peers.values())
        for peer in dropped:
            peer.abort()
            self.leave(peer)
        self._counters.faults["drop"] += len(dropped)
        self.refresh()
        return len(dropped)

    def shut_down(self, warning: EventFrame, lead_s: float) -> int:
        """Warn the open connections, and close them later; return how many."""
        warned = [peer for peer in self._peers.values() if peer.is_open]
        for peer in warned:
            peer.write([warning])
        self._counters.n_sent += len(warned)
        self._counters.faults["shutdown"] += len(warned)
        self._counters.notify()
        asyncio.get_running_loop().call_later(lead_s, self._part, warned)
        return len(warned)

    def limit_age(self, max_age_s: float) -> None:
        """Close each connection, including those open now, at this age."""
        self._max_age_s = max_age_s
        for peer in self._peers.values():
            self._retire(peer)

    async def farewell(self) -> None:
        """Close every connection; abort one that does not respond."""
        for peer in self._peers.values():
            if peer.socket.transport.get_write_buffer_size():
                peer.abort()
        await asyncio.gather(*(peer.socket.close() for peer in list(self._peers.values())))

    def _retire(self, peer: Peer) -> None:
        """Schedule the close of a connection."""
        if peer.retirement is not None:
            peer.retirement.cancel()
            peer.retirement = None
        if math.isfinite(self._max_age_s):
            age_s = time.monotonic() - self._counters.connections[peer.number - 1].opened_s
            wait_s = self._max_age_s - age_s
            peer.retirement = asyncio.get_running_loop().call_later(wait_s, self._outlive, peer)

    def _outlive(self, peer: Peer) -> None:
        self._counters.faults["max_age"] += 1
        self._part([peer])

    def _part(self, peers: Iterable[Peer]) -> None:
        """Start to close these connections."""
        for peer in peers:
            task = asyncio.get_running_loop().create_task(peer.socket.close(GOING_AWAY))
            self._partings.add(task)
            task.add_done_callback(self._partings.discard)
