"""The request weight of one address per minute, and the penalty for exceeding it.

Pure, given the time: this file knows no request and no clock.
"""

import math
from typing import NamedTuple

__all__ = ["Charge", "RequestWeight"]

WEIGHT_LIMIT = 6_000
REAL_MINUTE_MS = 60_000
N_WARNINGS = 5  # so many 429 in a minute are answered before the ban
N_MINUTES_BANNED = 2  # the documents: 2 minutes to 3 days


class Charge(NamedTuple):
    """The outcome of one request.

    Attributes
    ----------
    used_weight : int
        In this minute, this request included.
    status : int
        200; 429 over the limit; 418 when banned.
    until_ms : int, ms UTC
        When the minute or the ban is over.
    retry_after_s : float or None, seconds
        From now to then, in whole seconds if the minute is a real one; None if all is well.
    """

    used_weight: int
    status: int
    until_ms: int
    retry_after_s: float | None


class RequestWeight:
    """The weight of one address, minute by minute.

    Parameters
    ----------
    limit : int
        Weight that may be used in a minute.
    minute_s : float, seconds
        How long the exchange's minute is: tests need not wait for a real one.

    Notes
    -----
    The documents do not say how often one may go on after a 429; here the sixth time within a
    minute is a ban of two minutes.

    Examples
    --------
    >>> budget = RequestWeight(limit=25)
    >>> budget.spend(25, at_ms=7)
    Charge(used_weight=25, status=200, until_ms=60000, retry_after_s=None)
    >>> budget.spend(1, at_ms=8)
    Charge(used_weight=26, status=429, until_ms=60000, retry_after_s=60)
    """

    def __init__(self, limit: int = WEIGHT_LIMIT, minute_s: float = 60.0) -> None:
        self.limit = limit
        self._minute_ms = max(round(minute_s * 1_000), 1)
        self._minute, self._used_weight = 0, 0
        self._n_warnings = 0
        self._banned_until_ms = 0

    def spend(self, weight: int, at_ms: int) -> Charge:
        """Book a request."""
        minute = at_ms // self._minute_ms
        if minute != self._minute:
            self._minute, self._used_weight, self._n_warnings = minute, 0, 0
        self._used_weight += weight
        if at_ms >= self._banned_until_ms and self._used_weight > self.limit:
            self._n_warnings += 1
            if self._n_warnings > N_WARNINGS:
                self._banned_until_ms = at_ms + N_MINUTES_BANNED * self._minute_ms
        if at_ms < self._banned_until_ms:
            return self._refusal(418, self._banned_until_ms, at_ms)
        minute_end_ms = (minute + 1) * self._minute_ms
        if self._used_weight > self.limit:
            return self._refusal(429, minute_end_ms, at_ms)
        return Charge(self._used_weight, 200, minute_end_ms, None)

    def _refusal(self, status: int, until_ms: int, at_ms: int) -> Charge:
        wait_s = (until_ms - at_ms) / 1_000
        is_real = self._minute_ms == REAL_MINUTE_MS
        return Charge(self._used_weight, status, until_ms, math.ceil(wait_s) if is_real else wait_s)
