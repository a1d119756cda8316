"""One alert as a state machine: values go in with their market time, firings come out.

A restart hands it back the status it had.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

from quantlive_nb.alert.rule import Rule
from quantlive_nb.interval import Micros

__all__ = ["Alert", "Event", "Phase", "Status", "newest_first"]


class Phase(Enum):
    """Where an alert stands.

    Examples
    --------
    >>> Phase.ARMED.value
    'armed'
    """

    NO_DATA = "no data"  # the metric has no value yet
    ARMED = "armed"  # watching; the condition is false
    FIRING = "firing"  # the condition is true and was reported once


class Event(NamedTuple):
    """One firing: which rule, on which bar, at which value.

    Examples
    --------
    >>> Event("wide", "zscore", 0, 2.5, "zscore > 2").value
    2.5
    """

    rule: str
    metric: str
    ts: Micros
    """Opening time of the closed bar that fired, UTC."""
    value: float
    text: str
    is_complete: bool = True
    """False when the bar rests on an incomplete stretch of the tape."""


def newest_first(events: Iterable[Event]) -> tuple[Event, ...]:
    """Firings in the order of their bars, whatever order they came in.

    A long bar opened before the short ones that closed with it.

    Examples
    --------
    >>> minute, second = (Event(name, "price", ts, 1.0, "") for name, ts in (("m", 0), ("s", 59)))
    >>> [event.rule for event in newest_first([minute, second])]
    ['s', 'm']
    """
    return tuple(sorted(events, key=lambda event: -event.ts))


@dataclass(frozen=True, slots=True)
class Status:
    """A rule and how it stands; enough to go on after a restart.

    Examples
    --------
    >>> Status(Rule("a", "price", ">", 1, "X", "Y")).phase
    <Phase.NO_DATA: 'no data'>
    """

    rule: Rule
    phase: Phase = Phase.NO_DATA
    value: float = float("nan")
    seen_us: Micros = 0
    """Opening time of the last bar that was judged: none is judged twice."""
    fired_us: "Micros | None" = None
    n_fired: int = 0


@dataclass(slots=True)
class Alert:
    """A rule at work.

    Examples
    --------
    >>> alert = Alert(Status(Rule("wide", "zscore", ">", 2, "Y", "X", cooldown_us=0)))
    >>> [bool(alert.step(t, v)) for t, v in enumerate([1.0, 2.5, 3.0, 1.0, 2.1], start=1)]
    [False, True, False, False, True]
    """

    status: Status

    def step(self, ts: Micros, value: float, is_complete: bool = True) -> "Event | None":
        """Judge one closed bar; each bar is judged once, NaN is no data and changes nothing.

        Parameters
        ----------
        ts : int, µs UTC
            Opening time of the bar; a bar not after the last judged one is ignored.
        value : float
            The metric on that bar.

        Returns
        -------
        Event or None
            An event at the moment the condition becomes true, never while it stays true, and
            never within the cooldown of the last one.
        """
        status = self.status
        if ts <= status.seen_us or value != value:
            return None
        fires = self._fires(ts, value)
        self.status = replace(
            status,
            phase=self._phase(value, fires),
            value=value,
            seen_us=ts,
            fired_us=ts if fires else status.fired_us,
            n_fired=status.n_fired + fires,
        )
        rule = status.rule
        text = f"{rule.name}: {rule} at {value:.6g}"
        return Event(rule.name, rule.metric, ts, value, text, is_complete) if fires else None

    def _fires(self, ts: Micros, value: float) -> bool:
        """Whether this value is the rising edge, outside the cooldown."""
        status = self.status
        if status.phase is Phase.FIRING or not status.rule.holds(value):
            return False
        return status.fired_us is None or ts - status.fired_us >= status.rule.cooldown_us

    def _phase(self, value: float, fires: bool) -> Phase:
        """FIRING until the value clears; a true condition inside the cooldown waits armed."""
        if fires or (self.status.phase is Phase.FIRING and not self.status.rule.clears(value)):
            return Phase.FIRING
        return Phase.ARMED
