"""The engine: steps the alerts of one recording through the closed bars of their metrics."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from quantlive_nb.alert.rule import Rule
from quantlive_nb.alert.state import Alert, Event, Status
from quantlive_nb.interval import Micros
from quantlive_nb.settings import Windows
from quantlive_nb.types import Bools, Ints, PairSpec, Vector

__all__ = ["NOTHING", "AlertEngine", "Question", "Values", "settled"]


class Values(NamedTuple):
    """A metric on closed bars.

    Examples
    --------
    >>> len(NOTHING.ts)
    0
    """

    ts: Ints
    """Opening times of the bars, µs UTC."""
    values: Vector
    """NaN where there is no value."""
    is_complete: Bools
    """Whether each value rests on complete bars only."""


NOTHING = Values(np.empty(0, np.int64), np.empty(0), np.empty(0, np.bool_))


class Question(NamedTuple):
    """What has to be known to judge a group of alerts: a pair on one grid, and the windows."""

    spec: PairSpec
    windows: Windows


class AlertEngine:
    """The alerts of one recording by name; each bar is judged once.

    Parameters
    ----------
    keep : callable
        Called with a status whose phase has changed and the firing that led to it, if any. If it
        raises, the bar counts as not judged: the same firing comes again at the next step.

    Notes
    -----
    Not safe for threads: the caller holds a lock.

    Examples
    --------
    >>> fired = []
    >>> engine = AlertEngine(lambda status, event: fired.append(event))
    >>> engine.put(Status(Rule("up", "price", ">", 2, "X", "")))
    >>> values = Values(np.array([1, 2, 3]), np.array([1.0, 3.0, 4.0]), np.ones(3, bool))
    >>> for _ in range(2): engine.step("up", values)
    >>> [event.value for event in fired if event]
    [3.0]
    """

    def __init__(self, keep: Callable[[Status, "Event | None"], object]) -> None:
        self._keep = keep
        self._alerts: dict[str, Alert] = {}
        self._judged: dict[str, Micros] = {}

    def put(self, status: Status) -> None:
        """Judge a rule from its status on; one of the same name is replaced."""
        self._alerts[status.rule.name] = Alert(status)
        self._judged.pop(status.rule.name, None)

    def remove(self, name: str) -> "Rule | None":
        """Judge a rule no more; the rule, if there was one."""
        alert = self._alerts.pop(name, None)
        return None if alert is None else alert.status.rule

    def load(self, statuses: Iterable[Status], stays: Callable[[Rule], bool]) -> None:
        """Take these alerts as they stood, and of those at hand only the rules that stay."""
        mine = {n: a for n, a in self._alerts.items() if stays(a.status.rule)}
        self._alerts = {status.rule.name: Alert(status) for status in statuses} | mine

    def statuses(self) -> tuple[Status, ...]:
        """Every alert as it stands, by name."""
        return tuple(self._alerts[name].status for name in sorted(self._alerts))

    def questions(self, judges: Callable[[Rule], bool]) -> dict[Question, tuple[Rule, ...]]:
        """The rules that are judged here, grouped by what has to be known to judge them."""
        groups: dict[Question, tuple[Rule, ...]] = {}
        for alert in self._alerts.values():
            rule = alert.status.rule
            if judges(rule):
                question = Question(PairSpec(rule.y, rule.x, rule.every_us), rule.windows)
                groups[question] = (*groups.get(question, ()), rule)
        return groups

    def since_us(self, name: str) -> Micros:
        """The last bar that an alert has been shown, whether or not it had a value there."""
        return max(self._alerts[name].status.seen_us, self._judged.get(name, 0))

    def step(self, name: str, values: Values, past_us: Micros = 0) -> None:
        """Judge the bars that were not judged yet, and are after a moment."""
        alert = self._alerts[name]
        is_new = (values.ts > max(self.since_us(name), past_us)) & ~np.isnan(values.values)
        for row in zip(*(column[is_new].tolist() for column in values), strict=True):
            self._step(alert, *row)
        if len(values.ts):
            self._judged[name] = int(values.ts[-1])

    def _step(self, alert: Alert, ts: Micros, value: float, is_complete: bool) -> None:
        """Judge one bar; a change that cannot be kept is undone."""
        before = alert.status
        event = alert.step(ts, value, is_complete)
        if event is not None or alert.status.phase is not before.phase:
            try:
                self._keep(alert.status, event)
            except BaseException:
                alert.status = before
                raise


def settled(complete: Bools, window: int) -> Bools:
    """Where this bar and the ``window`` bars before it, as far as there are any, are complete.

    Examples
    --------
    >>> settled(np.array([False, True, True]), 1).tolist()
    [False, False, True]
    """
    broken = np.concatenate([np.zeros(window + 1, np.int64), np.cumsum(~complete)])
    return np.asarray(broken[window + 1 :] == broken[: len(complete)])
