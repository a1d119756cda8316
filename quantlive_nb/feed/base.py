"""The protocol of a feed: batches of trades and states, until it is closed."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from quantlive_nb.health import FeedState
from quantlive_nb.interval import Micros
from quantlive_nb.types import Trades

__all__ = ["Batch", "Feed"]


@dataclass(frozen=True, slots=True)
class Batch:
    """The state of a feed at one moment, and the trades since the last batch.

    Attributes
    ----------
    state : FeedState
        State of the feed after these trades.
    trades : Trades or None
        In the order of arrival; ids per symbol usually ascend.
    reason : str
        The reason for the state, in a sentence for the user.
    n_rejected : int
        Messages rejected since the last batch: they could not be parsed or could not be valid.
    n_dropped : int
        Trades dropped since the last batch because the buffer was full.
    opened : tuple of str
        Symbols for which a connection was opened since the last batch: trades before it may have
        been missed.
    broken : tuple of str
        Those of them of which something may have been missed that no trade id shows.
    confirmed : mapping of str to int, µs UTC
        Time up to which all trades of a symbol have arrived, with these trades. It goes back when a
        connection turns out to have been dead.

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
    broken: tuple[str, ...] = ()


class Feed(Protocol):
    """A source of trades; swapping one for another changes one word in a cell."""

    @property
    def venue(self) -> str:
        """The venue its trades carry."""
        ...

    @property
    def speed(self) -> float:
        """Market seconds per second between two trades; 0 where only trades advance time."""
        ...

    def events(self) -> AsyncIterator[Batch]:
        """Yield batches until the feed ends or is closed; only fatal errors are raised."""
        ...

    def want(self, symbols: Sequence[str]) -> None:
        """Stream exactly these symbols from now on (called on the feed's own loop)."""
        ...

    async def aclose(self) -> None:
        """End the stream and free what it holds; may be called twice."""
        ...
