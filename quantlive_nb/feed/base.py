"""The seam of a feed: batches of trades and states, until closed.

This room knows no database and no widget; live, replayed and simulated feeds are equals here.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from quantlive_nb.health import FeedState
from quantlive_nb.interval import Micros
from quantlive_nb.types import Trades

__all__ = ["Batch", "Feed"]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a feed has to say at one moment: its state, and the trades since the last batch.

    Attributes
    ----------
    state : FeedState
        Where the feed stands after these trades.
    trades : Trades or None
        In the order of arrival; ids per symbol usually ascend.
    reason : str
        Why the state is what it is, in a sentence for the screen.
    n_rejected : int
        Messages since the last batch that were not understood or could not be true.
    n_dropped : int
        Trades since the last batch for which there was no room.
    opened : tuple of str
        Symbols of which a connection has begun since the last batch: before it something may have
        been missed.
    confirmed : mapping of str to int, µs UTC
        Up to when everything that was traded of a symbol has come, with these trades. It goes back
        when a connection turns out to have been dead.

    Examples
    --------
    >>> Batch(FeedState.DOWN, reason="binance has been silent for 30 s").trades is None
    True
    """

    state: FeedState
    trades: Trades | None = None
    reason: str = ""
    n_rejected: int = 0
    n_dropped: int = 0
    opened: tuple[str, ...] = ()
    confirmed: Mapping[str, Micros] = field(default_factory=dict)


class Feed(Protocol):
    """A source of trades; swapping one for another changes one word in a cell."""

    @property
    def venue(self) -> str:
        """The venue its trades carry."""
        ...

    @property
    def speed(self) -> float:
        """Market seconds per second between two trades; 0 where time moves by trades alone."""
        ...

    def events(self) -> AsyncIterator[Batch]:
        """Batches until the feed ends or is closed; a fatal error is raised, others are states."""
        ...

    def want(self, symbols: Sequence[str]) -> None:
        """Stream exactly these symbols from now on (called on the feed's own loop)."""
        ...

    async def aclose(self) -> None:
        """End the stream and free what it holds; may be called twice."""
        ...
