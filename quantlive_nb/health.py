"""State of a recording as a value: feed state, rate, lag, completeness and role."""

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Self

from quantlive_nb.demo import is_replay

__all__ = ["OUT_OF_REACH", "FeedState", "Health"]

UNCONFIRMED = "tape unconfirmed since the last trade"


class FeedState(Enum):
    """Where a feed stands; only LIVE is green.

    Examples
    --------
    >>> FeedState.DOWN.value
    'DOWN'
    """

    NEW = "NEW"  # made, nothing started
    CONNECTING = "CONNECTING"  # no data yet
    LIVE = "LIVE"  # data is arriving
    DOWN = "DOWN"  # disconnected or silent; trying again by itself
    ENDED = "ENDED"  # a replay reached its end
    FAILED = "FAILED"  # gave up; the reason says why
    STOPPED = "STOPPED"  # stopped by the user


OUT_OF_REACH = frozenset({FeedState.CONNECTING, FeedState.DOWN, FeedState.FAILED})
"""In these states nobody knows what an exchange trades."""


@dataclass(frozen=True, slots=True)
class Health:
    """One reading of a recording's state.

    Attributes
    ----------
    state : FeedState
    source : str
        What was asked for: an exchange's name, ``simulated``, ``demo``, ``replay:PATH``.
    reason : str
        Why the state is not LIVE, in a sentence; empty when there is nothing to say.
    symbols : tuple of str
    trades_per_s : float
        Over the last 5 seconds of the receive clock.
    lag_ms : float
        Median of receive minus exchange time over the last batches; NaN before the first trade
        and where there is no exchange, and negative when the clocks disagree.
    n_trades : int
        Trades stored since start.
    n_missing : int
        Trade ids missing from the tape of these symbols.
    n_rejected : int
        Messages that were not understood, or trades that could not be true.
    role : str
        ``recording into PATH`` or ``recording in memory``, with the reason when it is a fall-back.
    n_held : int
        Trade ids of these symbols that the tape holds.
    n_skipped : int
        Ids older than the preload window that were passed over; they can be filled on demand.
    n_eras : int
        How often the trade ids of these symbols began anew; the trades before are kept apart.
    n_lost : int
        Trade ids missing from before that: nobody can be asked for them any more.
    n_dropped : int
        Trades that found no room while the database could not take them; they are missing until
        they are repaired.
    is_repairing : bool
        Whether missing trades are being fetched now.
    filled : float
        Part of the history asked for at the start that is there, 0 to 1; NaN when none is awaited.
    n_unconfirmed : int
        Symbols of which trades may be missing that nothing has told of: no connection brings them,
        or neither a trade nor REST has confirmed them since it was opened.
    n_differing : int
        Numbers of closed minutes that are not the exchange's and could not be mended.
    trouble : str
        What hinders the recording while the feed is well, such as a full disk.

    Examples
    --------
    >>> health = Health(FeedState.LIVE, "binance", symbols=("BTCUSDT",), trades_per_s=41.2)
    >>> health.market, health.tape
    ('binance', 'tape complete')
    """

    state: FeedState
    source: str
    reason: str = ""
    symbols: tuple[str, ...] = ()
    trades_per_s: float = 0.0
    lag_ms: float = float("nan")
    n_trades: int = 0
    n_missing: int = 0
    n_rejected: int = 0
    role: str = "recording in memory"
    n_held: int = 0
    n_skipped: int = 0
    n_eras: int = 0
    n_lost: int = 0
    n_dropped: int = 0
    is_repairing: bool = False
    filled: float = float("nan")
    n_unconfirmed: int = 0
    n_differing: int = 0
    trouble: str = ""

    @property
    def market(self) -> str:
        """``SIMULATED``, ``REPLAY``, or the exchange's name: what the numbers are."""
        if self.source == "simulated":
            return "SIMULATED"
        return "REPLAY" if is_replay(self.source) else self.source

    def __str__(self) -> str:
        """One line: source, rate, lag, tape, or why there are none; what hinders the recording."""
        trouble = f" · {self.trouble}" if self.trouble else ""
        if self.state is not FeedState.LIVE:
            state = f"{self.state.value}: {self.reason}" if self.reason else self.state.value
            return f"{self.market} · {state}{trouble}"
        rate = f"{self.trades_per_s:.0f} trades/s"
        return " · ".join(filter(None, (self.market, rate, self._lag, self.tape))) + trouble

    @property
    def _lag(self) -> str:
        """The lag in words; empty where there is none."""
        if math.isnan(self.lag_ms):
            return ""
        far = abs(self.lag_ms) >= 10_000
        return f"lag {self.lag_ms / 1e3:,.0f} s" if far else f"lag {self.lag_ms:.0f} ms"

    def but(self, **changes: Any) -> Self:
        """The same reading with some of it changed."""
        return replace(self, **changes)

    @property
    def is_confirmed(self) -> bool:
        """Whether all that an exchange has traded is held, or known to be missing."""
        is_reached = self.market != self.source or self.state not in OUT_OF_REACH
        return is_reached and not self.n_unconfirmed

    @property
    def completeness(self) -> float:
        """Part of the ids between the first and the last that is held, 0 to 1."""
        all_ids = self.n_held + self.n_missing
        return self.n_held / all_ids if self.n_missing else 1.0

    @property
    def tape(self) -> str:
        """Completeness in a few words; a tape that has, or may have, a hole is not complete.

        Examples
        --------
        >>> Health(FeedState.LIVE, "binance", n_held=99_950, n_missing=50, is_repairing=True).tape
        'tape 99.95 %, repairing 50'
        >>> Health(FeedState.DOWN, "binance", n_held=99_950).tape
        'tape unconfirmed since the last trade'
        >>> Health(FeedState.LIVE, "binance", n_eras=1, n_lost=2).tape
        'tape complete since ids began anew, 2 lost before'
        """
        if not self.n_missing and not self.is_confirmed:
            return UNCONFIRMED
        if not self.n_missing:
            lost = f", {self.n_lost:,} lost before" if self.n_lost else ""
            return f"tape complete since ids began anew{lost}" if self.n_eras else "tape complete"
        part = min(math.floor(self.completeness * 10_000) / 100, 99.99)
        doing = "repairing" if self.is_repairing else "missing"
        return f"tape {part:.2f} %, {doing} {self.n_missing:,}"
