"""One symbol whose tape is kept: when it was heard, and whether its newest trades can be missing.

This file knows no request and no store.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from quantlive_nb.interval import Micros

__all__ = ["Asked", "Followed"]

QUIET_S = 10.0
"""A symbol silent for so long is asked for; after each time in vain, half as often."""
QUIET_MOST_S = 300.0
STRIKES = 2
"""So often in a row a symbol came over REST alone, and its connection is replaced."""


class Asked(NamedTuple):
    """A question for the newest trade, on its way.

    Attributes
    ----------
    n_changes : int
        How many connections had been opened or lost when it was asked.
    prove : callable
        Tells the feed that it was answered: what the connections of now bring follows it.
    """

    n_changes: int
    prove: Callable[[], object]


@dataclass(slots=True)
class Followed:
    """What is known of one symbol.

    Attributes
    ----------
    heard_s, quiet_s : float
        When it was last heard, and how long it may then be silent.
    begun_ts : int or None, µs UTC
        Market time when its past was asked for; None before that.
    n_asked : int
        Ids that were missing when its past was asked for.
    is_suspect, n_strikes : bool, int
        Whether the exchange has trades that its connection did not bring, and how often it had.
    is_confirmed : bool
        Whether all that has traded is held or known to be missing: since its connection was opened,
        a trade has come or REST has told the newest one.
    is_open : bool
        Whether a connection was opened for it and not lost since.
    n_changes : int
        How often a connection was opened for it, or lost.
    compared : (int, int, int) or None
        The era, the count of changes and the held id after which REST was seen to go on.
    proof : callable
        Gives what tells the feed that the newest trade is known.
    first_id : int or None
        The first that a connection has brought.
    era : int
        How often its ids had begun anew when this was noted.

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
        """Whether its ids have begun anew: then its past must be asked for again."""
        is_new = era != self.era
        if is_new:
            self.era, self.begun_ts, self.n_asked, self.first_id = era, None, 0, None
        return is_new

    def hear(self, now_s: float) -> None:
        """A connection has brought a trade: what lies before it is held, or is a gap of ids."""
        self.heard_s, self.quiet_s = now_s, QUIET_S
        self.is_suspect, self.n_strikes = False, 0
        self.is_confirmed = True

    def change(self, now_s: float, *, is_open: bool) -> None:
        """Its connection was opened or lost: something may have been missed."""
        self.is_open = is_open
        self.heard_s, self.quiet_s = now_s, QUIET_S
        self.is_confirmed = False
        self.n_changes += 1

    def ask(self) -> Asked:
        """Take this before REST is asked for the newest trade."""
        return Asked(self.n_changes, self.proof())

    def confirm(self, asked: Asked) -> None:
        """REST has told the newest trade, and what it tells is booked."""
        self.is_confirmed = self.is_confirmed or asked.n_changes == self.n_changes
        asked.prove()

    def is_silent(self, now_s: float) -> bool:
        """Whether it has been silent for too long; it may then be silent twice as long."""
        if now_s - self.heard_s <= self.quiet_s:
            return False
        self.heard_s, self.quiet_s = now_s, min(2 * self.quiet_s, QUIET_MOST_S)
        return True

    def strike(self) -> bool:
        """What its connection should have brought came over REST; whether that was too often."""
        if not self.is_suspect:
            return False
        self.is_suspect, self.n_strikes = False, self.n_strikes + 1
        if self.n_strikes < STRIKES:
            return False
        self.n_strikes = 0
        return True
