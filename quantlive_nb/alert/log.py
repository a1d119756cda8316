"""The log of firings: numbered from 1 in the order in which they fired, read from a cursor."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from quantlive_nb.alert.state import Event

__all__ = ["AlertLog", "Firing", "Journal", "LogReader"]

KEPT = 100
"""Newest firings that a log holds in memory; older ones are read from its journal."""
PAGE = 1_000
"""Firings of one reading, at most."""


class Firing(NamedTuple):
    """An event and its number.

    Examples
    --------
    >>> Firing(7, Event("wide", "zscore", 0, 2.5, "zscore > 2")).seq
    7
    """

    seq: int
    event: Event


class Journal(Protocol):
    """Where the firings of a log are stored."""

    @property
    def name(self) -> str:
        """Which log it is; the same after a restart."""
        raise NotImplementedError

    def newest(self) -> int:
        """The number of the last firing, also if it was cleared since; 0 before the first."""
        raise NotImplementedError

    def firings(self, after: int, limit: int) -> tuple[Firing, ...]:
        """Stored firings with greater numbers, in order."""
        raise NotImplementedError


class AlertLog:
    """What fired, in order; a number is never given twice, and clearing does not begin anew.

    Parameters
    ----------
    journal : Journal, optional
        Continues what is stored there. Without one the newest 100 firings are held in memory.
    name : str
        Which log it is, if it has no journal.

    Notes
    -----
    One thread appends and clears; any number of threads read.

    Examples
    --------
    >>> log = AlertLog(name="mine")
    >>> log.append(Event("wide", "zscore", 0, 2.5, "zscore > 2")).seq
    1
    >>> [firing.seq for firing in log.read(after=0)], log.read(after=1)
    ([1], ())
    """

    def __init__(self, journal: "Journal | None" = None, name: str = "") -> None:
        self._journal = journal
        self.name = name if journal is None else journal.name
        newest = 0 if journal is None else journal.newest()
        recent = () if journal is None else journal.firings(max(newest - KEPT, 0), KEPT)
        self._state: tuple[int, tuple[Firing, ...]] = (newest, recent)

    @property
    def newest(self) -> int:
        """The number of the last firing; a reader with this cursor has read everything."""
        return self._state[0]

    @property
    def recent(self) -> tuple[Firing, ...]:
        """The newest firings, in order."""
        return self._state[1]

    def append(self, event: Event) -> Firing:
        """Number a firing that was stored in the journal."""
        newest, recent = self._state
        firing = Firing(newest + 1, event)
        self._state = firing.seq, (*recent, firing)[-KEPT:]
        return firing

    def clear(self) -> None:
        """Forget the firings, once the journal has; the next one has the next number."""
        self._state = self.newest, ()

    def read(self, after: int = 0, limit: int = PAGE) -> tuple[Firing, ...]:
        """The firings after a cursor, in order.

        Parameters
        ----------
        after : int
            Number of the last firing that the reader has; 0 for the beginning.
        limit : int
            Firings to return at most; the rest comes from the next cursor on.
        """
        newest, recent = self._state
        is_held = after >= newest or (recent and recent[0].seq <= after + 1)
        if self._journal is None or is_held:
            return tuple(firing for firing in recent if firing.seq > after)[:limit]
        return self._journal.firings(after, limit)


class LogReader:
    """A cursor in each log: every call returns what fired since the one before.

    Parameters
    ----------
    from_start : bool
        Whether a log that is met for the first time is read from its beginning, not from now on.

    Examples
    --------
    >>> log, page, notifier = AlertLog(name="mine"), LogReader(), LogReader(from_start=True)
    >>> _ = log.append(Event("early", "zscore", 0, 2.5, ""))
    >>> [len(reader.read([log])) for reader in (page, notifier)]
    [0, 1]
    >>> _ = log.append(Event("late", "zscore", 1, 2.5, ""))
    >>> [[f.event.rule for f in reader.read([log])] for reader in (page, notifier)]
    [['late'], ['late']]
    """

    def __init__(self, *, from_start: bool = False) -> None:
        self._from_start = from_start
        self._cursors: dict[str, int] = {}

    def read(self, logs: Iterable[AlertLog]) -> list[Firing]:
        """What fired since the last call, in the order of each log."""
        return [firing for log in logs for firing in self._read(log)]

    def _read(self, log: AlertLog) -> tuple[Firing, ...]:
        """The same, of one log.

        A cursor ahead of a log is of one that was deleted: this one is read from its beginning.
        """
        newest = log.newest
        after = self._cursors.get(log.name, 0 if self._from_start else newest)
        found = log.read(after if after <= newest else 0)
        self._cursors[log.name] = found[-1].seq if found else newest
        return found
