"""The alerts of a Live: rules added and removed, their states, and firings."""

from dataclasses import replace

from quantlive_nb.alert import AlertLog, Condition, Event, Need, Rule, Status, metric_of
from quantlive_nb.errors import UsageError
from quantlive_nb.interval import Micros
from quantlive_nb.live.lifecycle import Lifecycle
from quantlive_nb.name import require_text, symbol_of
from quantlive_nb.numeral import brief
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
        asked = Condition.of(condition)
        metric = metric_of(asked.metric)
        panel = self.panels.get(metric.column) if metric.needs is Need.PANEL else None
        if panel is None and metric.needs is Need.PANEL:
            raise UsageError(f"there is no {asked.metric}: define it with @live.panel(pair) first")
        legs = (panel.spec.y, panel.spec.x) if panel else (*reversed(self.symbols[:2]), "", "")
        rule = Rule.of(
            name,
            asked,
            legs[0] if y is None else y,
            legs[1] if x is None else x,
            every=panel.spec.every_us if panel else every,
            cooldown=cooldown,
            hysteresis=hysteresis,
            windows=windows,
        )
        return self.add_alert(rule)

    def add_alert(self, rule: Rule) -> Rule:
        """Watch a rule; one of the same name is replaced.

        Returns
        -------
        Rule
            With the symbols as they are streamed.

        Raises
        ------
        UsageError
            When it is always or never true, or a symbol of it is not streamed.
        """
        if not isinstance(rule, Rule):
            raise UsageError(f"{brief(rule)} is no Rule: write live.alert(name, condition)")
        rule.require_reachable()
        watcher = self._asked().watcher
        x = rule.x if rule.is_of_y else self._streamed(rule.x)
        rule = replace(rule, y=self._streamed(rule.y), x=x)
        watcher.add(rule)
        return rule

    def _streamed(self, symbol: str) -> str:
        """The streamed symbol that a text names: of any other an alert would never fire."""
        if not symbol:
            raise UsageError("a pair needs two symbols: name y and x")
        for known in (symbol, symbol.strip().upper()):
            if known in self.symbols:
                return known
        name = symbol_of(symbol)
        raise UsageError(
            f"{name} is not streamed, so it would never fire: call live.want({name!r})"
        )

    def remove_alert(self, name: str) -> None:
        """Watch a rule no more; its firings stay."""
        self._asked().watcher.remove(require_text("the name of an alert", name))

    def clear_events(self) -> None:
        """Forget every firing."""
        self._asked().watcher.clear_events()

    def alerts(self) -> tuple[Status, ...]:
        """Every alert as it stands."""
        return self._asked().watcher.statuses()

    def events(self) -> tuple[Event, ...]:
        """The latest firings, newest first."""
        return self._asked().watcher.events

    def logs(self) -> tuple[AlertLog, ...]:
        """The logs of firings, for readers with a cursor; none before the first start."""
        return () if self._session is None else self._session.watcher.logs
