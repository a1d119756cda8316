"""The alert controls: a form for a new alert, the list with states, and recent firings."""

from collections.abc import Iterable

import ipywidgets as w

from quantlive_nb.alert import REGISTRY, Event, Phase, Rule, Status, newest_first
from quantlive_nb.alert.metric import label
from quantlive_nb.errors import UsageError
from quantlive_nb.view.controller import Controller
from quantlive_nb.view.controls.typed_field import NUMBER, Typed, length
from quantlive_nb.view.text import cell, escape, number, significant, stamp
from quantlive_nb.view.widgets.form import button, field
from quantlive_nb.view.widgets.keyed_list import KeyedList

__all__ = ["AlertPanel", "fired_on"]

MOST_EVENTS = 6
DOUBT = ' <span class="ql-warn">(incomplete bar)</span>'
GLYPH = {Phase.NO_DATA: "○", Phase.ARMED: "◔", Phase.FIRING: "▲"}


class AlertPanel:
    """Form, list and firings; a new rule uses the pair, bar length and windows shown then."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._head = w.HTML("<h3>Alerts</h3>")
        text = "Name of the alert; an alert of the same name is replaced"
        self.name = field(w.Text, "alert-name", "Name", text, value="wide", continuous_update=False)
        text = "The metric, on closed bars of the pair shown now"
        self.metric = field(
            w.Dropdown, "alert-metric", "Metric", text, options=tuple(REGISTRY), value="zscore"
        )
        self.op = field(w.Dropdown, "alert-op", "Is", "Above or below", options=(">", "<"))
        units = ", ".join(f"{one.name} ({one.unit})" for one in REGISTRY.values())
        text = f"The threshold, in the metric's own unit: {units}"
        self.value = Typed("alert-value", "Value", text, NUMBER, 2.0)
        text = "At least this long between two firings: 0s, 30s, 5min"
        self.cooldown = Typed("alert-cooldown", "Cooldown", text, length("", "0", "0s"), "60s")
        add = button("alert-add", "Add alert", "Evaluate this in the background", self._add)
        typed = (self.value.box, self.cooldown.box)
        form = w.Box([self.name, self.metric, self.op, *typed, add])
        self._rows: KeyedList[AlertRow] = KeyedList(
            lambda name: AlertRow(name, controller), lambda row: row.box
        )
        self._events = w.HTML()
        clear = button(
            "alert-clear", "Clear firings", "Forget all firings", controller.clear_events
        )
        self._clear = clear.add_class("ql-hidden")
        rows = self._rows.box.add_class("ql-alert-rows")
        self.box = w.VBox([self._head, form.add_class("ql-alert-form"), rows, self._events, clear])
        self.box.add_class("ql-alerts")

    def match(self, alerts: Iterable[Status]) -> None:
        """Create and close rows to match the alerts."""
        self._rows.match(status.rule.name for status in alerts)

    def draw(self, alerts: Iterable[Status], events: tuple[Event, ...]) -> None:
        """Update every row, and the newest firings."""
        for status in alerts:
            if status.rule.name in self._rows.entries:
                self._rows.entries[status.rule.name].draw(status)
        self._events.value = firings(events)
        self._clear.remove_class("ql-hidden") if events else self._clear.add_class("ql-hidden")

    def _add(self) -> None:
        """Add the alert of the form, if every field is valid."""
        name, metric, op = self.name.value.strip(), self.metric.value, self.op.value
        try:
            value, cooldown = self.value.read(), self.cooldown.read()
        except UsageError:
            return  # the field says why
        try:
            Rule("this", metric, op, value, "", "").require_reachable()
        except UsageError as error:
            self.value.say(str(error))
        else:
            self._controller.add_alert(name, metric, op, value, cooldown)


class AlertRow:
    """One alert: its state, condition and last value, and a remove button."""

    def __init__(self, name: str, controller: Controller) -> None:
        self._text = w.HTML()
        remove = button(
            "alert-remove", "×", f"Remove the alert {name}", lambda: controller.remove_alert(name)
        )
        self.box = w.Box([self._text, remove]).add_class("ql-alert-row")

    def draw(self, status: Status) -> None:
        """Show the state."""
        rule, phase = status.rule, status.phase
        value = significant(status.value, 4)
        count = f", fired {status.n_fired}×" if status.n_fired else ""
        kind = phase.name.lower().replace("_", "-")
        self._text.value = (
            f'<div><span class="ql-alert-state ql-phase-{kind}" data-state="{phase.value}">'
            f"<i>{GLYPH[phase]}</i> {phase.value}</span> <b>{escape(rule.name)}</b></div>"
            f"<small>{escape(rule)}; now {cell('ql-alert-now', status.value, value)}{count}</small>"
        )


def firings(events: tuple[Event, ...]) -> str:
    """The newest firings as a list, newest first."""
    if not events:
        return ""
    items = "".join(
        f'<li class="ql-alert-event" data-ts="{event.ts}" data-value="{event.value!r}">'
        f"<time>{stamp(event.ts)}</time> <b>{escape(event.rule)}</b> "
        f"{escape(label(event.metric))} {significant(event.value, 4)}"
        f"{'' if event.is_complete else DOUBT}</li>"
        for event in newest_first(events)[:MOST_EVENTS]
    )
    more = len(events) - MOST_EVENTS
    rest = f'<li class="ql-note">and {number(more, 0)} earlier</li>' if more > 0 else ""
    head = "<h4>Fired, by the opening of the bar (UTC)</h4>"
    return f'{head}<ul class="ql-events">{items}{rest}</ul>'


def fired_on(
    events: Iterable[Event], alerts: Iterable[Status], y: str, x: str
) -> dict[str, list[Event]]:
    """The firings to mark on the charts of a pair, by chart: ``metric``, or ``metric:SYMBOL``.

    Notes
    -----
    A firing whose rule was removed, or whose rule is of another pair, is not marked.
    """
    rules = {status.rule.name: status.rule for status in alerts}
    charts: dict[str, list[Event]] = {}
    for event in events:
        rule = rules.get(event.rule)
        if rule is None or rule.metric != event.metric:
            continue
        if rule.is_of_y and rule.y in (y, x):
            charts.setdefault(f"{rule.metric}:{rule.y}", []).append(event)
        elif (rule.y, rule.x) == (y, x):
            charts.setdefault(rule.metric, []).append(event)
    return charts
