"""Clocks: the system's, one moved by hand, and market time."""

import threading
import time
from dataclasses import dataclass, field
from typing import Protocol

from quantlive_nb.interval import Micros

__all__ = ["GRACE_US", "Clock", "Manual", "Market", "System"]

GRACE_US: Micros = 500_000
"""Trades of two symbols may come in another order than they happened, by so much."""


class Clock(Protocol):
    """Two readings: the wall clock for stamping, the monotonic clock for durations."""

    def now_us(self) -> Micros:
        """Wall clock, µs since the epoch, UTC."""
        ...

    def mono_us(self) -> Micros:
        """Monotonic clock, µs; only differences mean anything."""
        ...


class System:
    """The machine's clocks.

    Examples
    --------
    >>> System().now_us() > 1_700_000_000_000_000
    True
    """

    def now_us(self) -> Micros:
        """Wall clock, µs since the epoch, UTC."""
        return time.time_ns() // 1_000

    def mono_us(self) -> Micros:
        """Monotonic clock, µs."""
        return time.monotonic_ns() // 1_000


@dataclass
class Manual:
    """A clock that tests move by hand.

    Examples
    --------
    >>> clock = Manual(100)
    >>> clock.advance(50)
    >>> clock.now_us(), clock.mono_us()
    (150, 150)
    """

    us: Micros = 0

    def now_us(self) -> Micros:
        """The time set by hand, µs."""
        return self.us

    def mono_us(self) -> Micros:
        """The same reading."""
        return self.us

    def advance(self, by_us: Micros) -> None:
        """Move forward."""
        self.us += by_us


@dataclass
class Market:
    """A venue's time: its newest trade, plus what has passed here since that trade arrived.

    A recording of 2024 is thereby as live as today, and our own clock's error does not matter.

    Parameters
    ----------
    clock : Clock
        Measures what has passed since the newest trade.
    speed : float
        Market seconds per second here: 1 for an exchange; 0 for a replay, whose time moves by
        its trades alone.

    Notes
    -----
    While paused (the feed is down or over) time stands still, so no empty bar is invented for
    a stretch in which nobody listened; what was shown of such a stretch before the pause is taken
    back by pausing at an earlier moment.

    Examples
    --------
    >>> hand = Manual()
    >>> market = Market(hand)
    >>> market.observe(1_000_000); hand.advance(250); market.now_us()
    1000250
    >>> market.pause(); hand.advance(9_999); market.now_us()
    1000250
    >>> market.pause(at_us=1_000_100); market.now_us()
    1000100
    """

    clock: Clock = field(default_factory=System)
    speed: float = 1.0
    _ts: Micros = 0
    _at: Micros = 0
    _running: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def observe(self, ts_exch: Micros) -> None:
        """Take note of the newest trade time of a batch that just arrived."""
        with self._lock:
            self._ts, self._at = max(ts_exch, self._read()), self.clock.mono_us()
            self._running = True

    def now_us(self) -> Micros:
        """Market time, µs since the epoch, UTC; 0 before the first trade."""
        with self._lock:
            return self._read()

    def pause(self, at_us: "Micros | None" = None) -> None:
        """Stop the clock where it stands, or at an earlier moment; the next trade starts it."""
        with self._lock:
            now_us = self._read()
            self._ts, self._running = now_us if at_us is None else min(at_us, now_us), False

    def _read(self) -> Micros:
        if not self._running:
            return self._ts
        return self._ts + int((self.clock.mono_us() - self._at) * self.speed)
