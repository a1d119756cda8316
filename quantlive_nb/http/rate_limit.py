"""What may be asked of a host, and when: a sliding minute of weight, and a few tries a minute.

This file knows no request and no connection.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from quantlive_nb.clock import Clock, System
from quantlive_nb.interval import SECOND, Micros

__all__ = ["RateLimit"]


@dataclass
class RateLimit:
    """At most so much in so long.

    Parameters
    ----------
    limit : int
        Weight that may be spent within the period.
    period_us : int, µs
    clock : Clock

    Notes
    -----
    The exchange counts by minutes of its clock; a sliding period never spends more than that.

    Examples
    --------
    >>> from quantlive_nb.clock import Manual
    >>> hand = Manual()
    >>> budget = RateLimit(10, clock=hand)
    >>> budget.wait_us(8); budget.spend(8)
    0
    >>> hand.advance(5_000_000); budget.wait_us(8) // 1_000_000
    55
    """

    limit: int
    period_us: Micros = 60 * SECOND
    clock: Clock = field(default_factory=System)
    _spent: deque[tuple[Micros, int]] = field(default_factory=deque, repr=False)
    _shut_until_us: "Micros | None" = None

    def wait_us(self, weight: int = 1) -> Micros:
        """How long until so much may be spent; 0 if it may now."""
        now = self.clock.mono_us()
        shut_us = 0 if self._shut_until_us is None else max(self._shut_until_us - now, 0)
        over = self.spent() + min(weight, self.limit) - self.limit
        for at, spent in self._spent:
            if over <= 0:
                break
            over -= spent
            shut_us = max(shut_us, at + self.period_us - now)
        return shut_us

    def spent(self) -> int:
        """What has been spent within the period that ends now."""
        since = self.clock.mono_us() - self.period_us
        while self._spent and self._spent[0][0] <= since:
            self._spent.popleft()
        return sum(spent for _, spent in self._spent)

    def spend(self, weight: int = 1) -> None:
        """Book something that is done now."""
        self._spent.append((self.clock.mono_us(), weight))

    async def turn(self, weight: int = 1) -> None:
        """Wait until so much may be spent, and spend it."""
        while (wait_us := self.wait_us(weight)) > 0:  # noqa: ASYNC110  time passes, no event comes
            await asyncio.sleep(wait_us / SECOND)
        self.spend(weight)

    def heard(self, used: int) -> None:
        """Take note of what the host has counted in its minute: others spend too."""
        if (others := used - self.spent()) > 0:
            self.spend(others)

    def shut(self, us: Micros) -> None:
        """Spend nothing for so long: the host said so."""
        until = self.clock.mono_us() + us
        self._shut_until_us = max(until, self._shut_until_us or until)
