"""What a Live says of alerts: rules added and removed, how they stand, what fired.

This file judges nothing; the watcher does.
"""

from quantlive_nb.alert import Event, Rule, Status
from quantlive_nb.errors import UsageError
from quantlive_nb.interval import Micros, micros
from quantlive_nb.live.lifecycle import Lifecycle
from quantlive_nb.panel import Condition
from quantlive_nb.settings import Windows

__all__ = ["Alarms"]


class Alarms(Lifecycle):
    """A Live, as far as alerts are concerned."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols now streamed."""
        return self.options.symbols if self._session is None else self._session.recorder.symbols

    def alert(
        self,
        name: str,
        condition: "str | Condition",
        y: "str | None" = None,
        x: "str | None" = None,
        *,
        every: "str | Micros" = "1s",
        cooldown: "str | Micros" = "60s",
        hysteresis: float = 0.0,
        windows: Windows = Windows(),
    ) -> Rule:
        """Watch a condition in the background: ``live.alert("wide", "zscore > 2")``.

        Parameters
        ----------
        name : str
            A rule of the same name is replaced.
        condition : str or Condition
            ``metric > value``, or a panel compared with a number: ``z > 2``.
        y, x : str
            Legs; default: the panel's, else the second and the first symbol streamed.
        every, cooldown : str or int
            Bar length, and the least market time between two firings.
        hysteresis : float
            How far back the metric must go before the rule can fire again.

        Raises
        ------
        UsageError
            When the condition cannot mean anything, or is always or never true.
        """
        asked = Condition.read(condition) if isinstance(condition, str) else condition
        if not isinstance(asked, Condition):
            raise UsageError(f"{condition!r} is no condition: write it as zscore > 2")
        panel = self.panels.get(asked.metric.removeprefix("panel:"))
        legs = (panel.spec.y, panel.spec.x) if panel else (*reversed(self.symbols[:2]), "", "")
        every_us = panel.spec.every_us if panel else micros(every)
        pair = (y or legs[0]).upper(), (x or legs[1]).upper()
        cool = 0 if cooldown in ("0s", 0) else micros(cooldown)
        rule = Rule(name, *asked, *pair, every_us, windows, cool, hysteresis)
        self.add_alert(rule)
        return rule

    def add_alert(self, rule: Rule) -> None:
        """Watch a rule; one of the same name is replaced."""
        rule.require_reachable()
        self._asked().watcher.add(rule)

    def remove_alert(self, name: str) -> None:
        """Watch a rule no more; its firings stay."""
        self._asked().watcher.remove(name)

    def clear_events(self) -> None:
        """Forget every firing."""
        self._asked().watcher.clear_events()

    def alerts(self) -> tuple[Status, ...]:
        """Every alert as it stands."""
        return self._asked().watcher.statuses()

    def events(self) -> tuple[Event, ...]:
        """The latest firings, newest first."""
        return self._asked().watcher.events
