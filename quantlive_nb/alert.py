"""Alerts as a pure state machine: values go in with their market time, firings come out.

This room knows no clock, no database and no widget; a restart hands it back the state it had.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal, NamedTuple, get_args

from quantlive_nb.errors import UsageError
from quantlive_nb.interval import SECOND, Micros, every_name
from quantlive_nb.name import named, require_text
from quantlive_nb.numeral import brief, is_finite, shown
from quantlive_nb.settings import Windows
from quantlive_nb.types import PairSpec

__all__ = ["METRICS", "Alert", "Event", "Phase", "Rule", "Status", "newest_first"]

Metric = Literal["price", "spread", "zscore", "correlation", "adf_p", "hedge_ratio", "volume"]
METRICS: tuple[str, ...] = get_args(Metric)
"""What a rule may watch; ``panel:NAME`` is a user's panel."""
RANGES = {
    "price": (0.0, math.inf),
    "volume": (0.0, math.inf),
    "correlation": (-1.0, 1.0),
    "adf_p": (0.0, 1.0),
}
"""Between which ends a metric lies; the others may have any value."""
ABOVE = frozenset({"price"})
"""Metrics that are never at the lower end of their range."""


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


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition on one metric of one pair.

    Parameters
    ----------
    name : str
        Unique; adding a rule of the same name replaces it.
    metric : str
        One of :data:`METRICS` or ``panel:NAME``. Price and volume are those of ``y``.
    op : ``">"`` or ``"<"``
    value : float
        In the metric's own unit.
    y, x : str
        Legs of the pair.
    every_us : int, µs
        Bar length; all metrics are read on closed bars.
    windows : Windows
        Windows of the rolling statistics.
    cooldown_us : int, µs of market time
        At least this long between two firings.
    hysteresis : float
        How far back past ``value`` the metric must go before the rule can fire again.

    Raises
    ------
    UsageError
        If the condition cannot mean anything.

    Examples
    --------
    >>> print(Rule("wide", "zscore", ">", 2, "ETHUSDT", "BTCUSDT"))
    zscore > 2 · ETHUSDT on BTCUSDT, 1s
    >>> print(Rule("up", "price", ">", 65000, "BTCUSDT", "ETHUSDT"))
    price > 65000 · BTCUSDT, 1s
    """

    name: str
    metric: str
    op: str
    value: float
    y: str
    x: str
    every_us: Micros = SECOND
    windows: Windows = Windows()
    cooldown_us: Micros = 60 * SECOND
    hysteresis: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", named("an alert", self.name))
        for name in ("metric", "op", "y", "x"):
            require_text(f"the {name} of an alert", getattr(self, name))
        if self.metric.startswith("panel:"):
            named("a panel", self.metric.removeprefix("panel:"))
        elif self.metric not in METRICS:
            raise UsageError(
                f"unknown metric {brief(self.metric)}: use one of {', '.join(METRICS)}"
            )
        if self.op not in (">", "<"):
            raise UsageError(f"operator {brief(self.op)} is not > or <")
        if not is_finite(self.value):
            raise UsageError(f"alert {self.name}: the value {brief(self.value)} is not a number")
        if not is_finite(self.hysteresis) or not is_finite(self.cooldown_us):
            raise UsageError(f"alert {self.name}: hysteresis and cooldown have to be numbers")
        for part in ("value", "hysteresis"):  # a fraction, or NumPy's float32, is no JSON
            object.__setattr__(self, part, _plain(getattr(self, part)))
        if not isinstance(self.windows, Windows):
            raise UsageError(
                f"the windows are {brief(self.windows)}: give Windows(hedge, z, correlation)"
            )
        if self.hysteresis < 0 or self.cooldown_us < 0:
            raise UsageError(f"alert {self.name}: hysteresis and cooldown cannot be negative")

    def require_reachable(self) -> None:
        """Refuse a condition that is always or never true, or that could fire only once.

        Raises
        ------
        UsageError
            Says in which range the metric lies.
        """
        low, high = RANGES.get(self.metric, (-math.inf, math.inf))
        text = f"{self.metric} {self.op} {shown(self.value)}"
        range_ = f"is never below {low:g}" if math.isinf(high) else f"lies from {low:g} to {high:g}"
        if not (self.holds(high) if self.op == ">" else self.holds(low)):
            raise UsageError(f"{text} can never be: {self.metric} {range_}")
        if self.metric in ABOVE and self.op == ">" and self.value == low:
            raise UsageError(f"{text} is always true: give the {self.metric} to wait for")
        if not low <= self.value <= high:
            raise UsageError(f"{text} is always true: {self.metric} {range_}")
        back = self.value + (-self.hysteresis if self.op == ">" else self.hysteresis)
        if not low <= back <= high or (self.metric in ABOVE and back == low):
            raise UsageError(
                f"{text} could fire only once: with hysteresis {shown(self.hysteresis)} it waits"
                f" for {shown(back)}, and {self.metric} {range_}"
            )

    def __str__(self) -> str:
        """The condition in words."""
        value = f"{self.value:.12g}"
        return f"{self.metric.removeprefix('panel:')} {self.op} {value} · {self.subject}"

    @property
    def is_of_y(self) -> bool:
        """Whether it is about one symbol, y."""
        return self.metric in ("price", "volume")

    @property
    def subject(self) -> str:
        """What it is about: a symbol for price and volume, else the pair."""
        if self.is_of_y:
            return f"{self.y}, {every_name(self.every_us)}"
        return str(PairSpec(self.y, self.x, self.every_us))

    def holds(self, value: float) -> bool:
        """Whether the condition is true of a value."""
        return value > self.value if self.op == ">" else value < self.value

    def clears(self, value: float) -> bool:
        """Whether a value is back past the threshold by the hysteresis."""
        if self.op == ">":
            return value <= self.value - self.hysteresis
        return value >= self.value + self.hysteresis


def _plain(value: float) -> float:
    """The number as an int or a float of Python's own."""
    return value if type(value) in (int, float) else float(value)


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
