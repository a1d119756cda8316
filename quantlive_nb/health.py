"""How the recording is doing, as a value: state, rate, lag, tape and role.

This room knows no feed and no store; it only holds what they say and words it.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Self

__all__ = ["FeedState", "Health"]


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


@dataclass(frozen=True, slots=True)
class Health:
    """One reading of a recording's state.

    Attributes
    ----------
    state : FeedState
    source : str
        What was asked for: ``binance``, ``simulated``, ``replay:PATH``.
    reason : str
        Why the state is not LIVE, in a sentence; empty when there is nothing to say.
    symbols : tuple of str
    trades_per_s : float
        Over the last 5 seconds of the receive clock.
    lag_ms : float
        Median of receive minus exchange time over the last batches; NaN before the first trade
        and negative when the clocks disagree.
    n_trades : int
        Trades stored since start.
    n_missing : int
        Trade ids missing from the tape of these symbols.
    n_rejected : int
        Messages that were not understood, or trades that could not be stored.
    role : str
        ``recording into PATH`` or ``recording in memory``, with the reason when it is a fall-back.

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

    @property
    def market(self) -> str:
        """``SIMULATED``, ``REPLAY``, or the exchange's name: what the numbers are."""
        if self.source == "simulated":
            return "SIMULATED"
        return "REPLAY" if self.source.startswith("replay:") else self.source

    def __str__(self) -> str:
        """One line: source, rate, lag, tape; or the reason why there is nothing to say of them."""
        if self.state is not FeedState.LIVE:
            return f"{self.market} · {self.state.value}: {self.reason or self.state.value}"
        far = abs(self.lag_ms) >= 10_000
        lag = f"lag {self.lag_ms / 1e3:,.0f} s" if far else f"lag {self.lag_ms:.0f} ms"
        return f"{self.market} · {self.trades_per_s:.0f} trades/s · {lag} · {self.tape}"

    def but(self, **changes: Any) -> Self:
        """The same reading with some of it changed."""
        return replace(self, **changes)

    @property
    def tape(self) -> str:
        """Completeness in two words."""
        return f"{self.n_missing:,} missing" if self.n_missing else "tape complete"
