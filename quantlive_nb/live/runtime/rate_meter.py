"""Rate and lag of trades over the last seconds."""

import statistics
import time
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from quantlive_nb.feed import Batch
from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.types import Ints

__all__ = ["RateMeter"]

RATE_S = 5.0


@dataclass
class RateMeter:
    """Trades per second over the last seconds of the receive clock, and their lag."""

    n_rejected: int = 0
    n_dropped: int = 0
    _recv: deque[Ints] = field(default_factory=deque)
    _first_us: Micros | None = None
    _newest: tuple[Micros, float] = 0, 0.0
    _lags: deque[float] = field(default_factory=lambda: deque(maxlen=10))

    def count(self, batch: Batch) -> None:
        """Record one batch."""
        self.n_rejected += batch.n_rejected
        self.n_dropped += batch.n_dropped
        if batch.trades is not None and len(batch.trades):
            recv = batch.trades.ts_recv
            newest_us = max(int(recv.max()), self._newest[0])
            self._first_us = int(recv.min()) if self._first_us is None else self._first_us
            self._newest = newest_us, time.monotonic()
            self._recv.append(recv[recv > newest_us - RATE_S * SECOND])
            while self._recv and not (self._recv[0] > newest_us - RATE_S * SECOND).any():
                self._recv.popleft()
            self._lags.append(float(np.median(recv - batch.trades.ts_exch)) / 1_000)

    def rate(self) -> float:
        """Trades per second over the last 5 s; of a preloaded history only that part counts."""
        if self._first_us is None:
            return 0.0
        newest_us, at = self._newest
        now_us = newest_us + int((time.monotonic() - at) * SECOND)
        span_s = min(RATE_S, max(1.0, (now_us - self._first_us) / SECOND))
        since_us = now_us - RATE_S * SECOND
        return sum(int((recv > since_us).sum()) for recv in tuple(self._recv)) / span_s

    def lag_ms(self) -> float:
        """Median of the last batches' lags; NaN before the first trade."""
        return statistics.median(self._lags) if self._lags else float("nan")
