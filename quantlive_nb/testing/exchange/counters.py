"""Counters of what happened at the exchange, and waiting for them; usable on any thread."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Connection", "Control", "Counters"]

PATIENCE_S = 60.0
"""Default seconds to wait for an event."""


@dataclass(slots=True)
class Connection:
    """One connection: its number, from 1 on, and when it was opened and closed.

    Attributes
    ----------
    opened_s, closed_s : float, seconds
        By the monotonic clock; None while it is open.
    """

    number: int
    opened_s: float
    closed_s: float | None = None


class Control(NamedTuple):
    """A message that a client sent: when (monotonic seconds), on which connection, the text."""

    at_s: float
    connection: int
    text: str


class Counters:
    """Counters, and events instead of sleeps.

    Attributes
    ----------
    n_connections, n_open : int
        WebSocket connections ever opened, the first being number 1, and open now.
    n_open_most : int
        Most connections open at once.
    connections : list of Connection
        When each was opened and closed: number ``n`` is at ``n - 1``.
    attempted_s : list of float, seconds
        Monotonic time of each handshake, refused or not.
    n_refused : int
        Handshakes refused by an HTTP error on purpose.
    n_played : int
        Events that were due, of a recording or random, with or without receivers.
    n_sent : int
        Events written to sockets, one for each receiver.
    control : list of Control
        Messages received on WebSockets.
    requests : list of str
        Paths with queries requested over REST.
    answered : Counter of int
        Answers by HTTP status.
    faults : Counter of str
        How often each fault took effect, by the name of its method.
    streams : frozenset of str
        Union of the subscriptions of the open connections.
    is_finished : bool
        Whether the recording was played and received by all clients.

    Examples
    --------
    >>> Counters().wait_sent(1, timeout=0)
    Traceback (most recent call last):
    TimeoutError: 1 sent: not within 0 s (0 connections ever, 0 open, 0 events sent)
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.n_connections = self.n_open = self.n_open_most = self.n_refused = 0
        self.n_played = self.n_sent = 0
        self.connections: list[Connection] = []
        self.attempted_s: list[float] = []
        self.control: list[Control] = []
        self.requests: list[str] = []
        self.answered: Counter[int] = Counter()
        self.faults: Counter[str] = Counter()
        self.streams: frozenset[str] = frozenset()
        self.is_finished = False

    def notify(self) -> None:
        """Wake all waiters after a change."""
        with self._changed:
            self._changed.notify_all()

    def wait_until(
        self,
        condition: Callable[[], bool],
        timeout: float = PATIENCE_S,
        what: str = "the condition",
    ) -> None:
        """Wait until a condition on the counters holds.

        Raises
        ------
        TimeoutError
            If it does not within ``timeout`` seconds; the message shows the counters.
        """
        with self._changed:
            is_met = self._changed.wait_for(condition, timeout)
        if not is_met:
            raise TimeoutError(
                f"{what}: not within {timeout:g} s ({self.n_connections} connections ever, "
                f"{self.n_open} open, {self.n_sent} events sent)"
            )

    def wait_connected(self, timeout: float = PATIENCE_S, n: int = 1) -> int:
        """Wait until ``n`` connections have been opened, ever; how many that were."""
        self.wait_until(lambda: self.n_connections >= n, timeout, f"{n} connected")
        return self.n_connections

    def wait_subscribed(self, *streams: str, timeout: float = PATIENCE_S) -> int:
        """Wait until all these streams, or any if none is named, are subscribed; how many are."""
        wanted = frozenset(streams)
        what = f"{', '.join(streams) or 'anything'} subscribed"
        self.wait_until(lambda: bool(self.streams) and wanted <= self.streams, timeout, what)
        return len(self.streams)

    def wait_sent(self, n: int, timeout: float = PATIENCE_S) -> int:
        """Wait until ``n`` events have been sent; how many that were."""
        self.wait_until(lambda: self.n_sent >= n, timeout, f"{n} sent")
        return self.n_sent

    def wait_played(self, n: int, timeout: float = PATIENCE_S) -> int:
        """Wait until ``n`` events have been played, heard or not; how many that were."""
        self.wait_until(lambda: self.n_played >= n, timeout, f"{n} played")
        return self.n_played

    def wait_fault(self, name: str, n: int = 1, timeout: float = PATIENCE_S) -> int:
        """Wait until a fault took effect ``n`` times; return the count."""
        self.wait_until(lambda: self.faults[name] >= n, timeout, f"{n} times {name}")
        return self.faults[name]

    def wait_finished(self, timeout: float = PATIENCE_S) -> int:
        """Wait until the recording has been played and taken; how many events that were."""
        self.wait_until(lambda: self.is_finished, timeout, "the recording finished")
        return self.n_sent
