"""State of one symbol whose tape is kept complete."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from quantlive_nb.interval import Micros

__all__ = ["Asked", "Followed"]

QUIET_S = 10.0
"""A symbol silent for this long is probed; the interval doubles after each probe without news."""
QUIET_MOST_S = 300.0
STRIKES = 2
"""After this many probes in a row that found trades, the connection is replaced."""


class Asked(NamedTuple):
    """A pending request for the newest trade.

    Attributes
    ----------
    n_changes : int
        Number of connections opened or lost at the time of the request.
    prove : callable
        Tells the feed that it was answered: trades of the current connections follow it.
    """

    n_changes: int
    prove: Callable[[], object]


@dataclass(slots=True)
class Followed:
    """State of one symbol.

    Attributes
    ----------
    heard_s, quiet_s : float
        Time of its last trade, and how long it may be silent after it.
    begun_ts : int or None, µs UTC
        Market time when its history was requested; None before that.
    n_asked : int
        Ids that were missing when its history was requested.
    is_suspect, n_strikes : bool, int
        Whether the exchange has trades that its connection did not deliver, and how often that was
        so.
    is_confirmed : bool
        Whether all trades are stored or known to be missing: since its connection was opened, a
        trade has arrived or REST returned the newest one.
    is_open : bool
        Whether a connection was opened for it and not lost since.
    n_changes : int
        How often a connection for it was opened or lost.
    compared : (int, int, int) or None
        The era, the count of changes and the stored id after which REST was seen to continue.
    proof : callable
        Returns a function that tells the feed that the newest trade is known.
    first_id : int or None
        The first id delivered by a connection.
    era : int
        Era in which this was noted.

    Examples
    --------
    >>> followed = Followed(heard_s=0.0)
    >>> followed.hear(5.0)
    >>> followed.is_confirmed, followed.is_silent(9.0), followed.is_silent(16.0), followed.quiet_s
    (True, False, True, 20.0)
    """

    heard_s: float
    quiet_s: float = 0.0
    begun_ts: "Micros | None" = None
    n_asked: int = 0
    is_suspect: bool = False
    n_strikes: int = 0
    is_confirmed: bool = False
    is_open: bool = False
    n_changes: int = 0
    first_id: "int | None" = None
    era: int = 0
    compared: "tuple[int, int, int] | None" = None
    proof: Callable[[], Callable[[], object]] = field(default=lambda: int, repr=False)

    def __post_init__(self) -> None:
        self.quiet_s = self.quiet_s or QUIET_S

    def note_era(self, era: int) -> bool:
        """Whether a new era began: then its history must be requested again."""
        is_new = era != self.era
        if is_new:
            self.era, self.begun_ts, self.n_asked, self.first_id = era, None, 0, None
        return is_new

    def hear(self, now_s: float) -> None:
        """A connection delivered a trade: everything before it is stored, or is a gap."""
        self.heard_s, self.quiet_s = now_s, QUIET_S
        self.is_suspect, self.n_strikes = False, 0
        self.is_confirmed = True

    def change(self, now_s: float, *, is_open: bool) -> None:
        """Its connection was opened or lost: trades may have been missed."""
        self.is_open = is_open
        self.heard_s, self.quiet_s = now_s, QUIET_S
        self.is_confirmed = False
        self.n_changes += 1

    def ask(self) -> Asked:
        """Call this before the newest trade is requested over REST."""
        return Asked(self.n_changes, self.proof())

    def confirm(self, asked: Asked) -> None:
        """REST returned the newest trade, and the result is recorded."""
        self.is_confirmed = self.is_confirmed or asked.n_changes == self.n_changes
        asked.prove()

    def is_silent(self, now_s: float) -> bool:
        """Whether it has been silent for too long; the limit then doubles."""
        if now_s - self.heard_s <= self.quiet_s:
            return False
        self.heard_s, self.quiet_s = now_s, min(2 * self.quiet_s, QUIET_MOST_S)
        return True

    def strike(self) -> bool:
        """REST had trades that its connection missed; return whether that was too often."""
        if not self.is_suspect:
            return False
        self.is_suspect, self.n_strikes = False, self.n_strikes + 1
        if self.n_strikes < STRIKES:
            return False
        self.n_strikes = 0
        return True
