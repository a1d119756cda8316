"""The alerts on the page."""

import html
import re

import ipywidgets as w
import pytest

from quantlive_nb.alert import REGISTRY, Event, Metric, Need, Phase, Rule, Status
from quantlive_nb.view.controls.alert_controls import AlertPanel, fired_on, firings
from quantlive_nb.view.text import significant
from quantlive_nb.view.widgets.widget_tree import family
from tests.view.fake import START, alive


class Told:
    """A controller that keeps what it is told."""

    def __init__(self):
        self.told = []

    def __getattr__(self, name):
        """Any wish."""
        return lambda *args: self.told.append((name, *args))


@pytest.fixture
def told():
    """A controller that keeps what it is told."""
    return Told()


@pytest.fixture
def panel(told):
    """The alerts of a controller."""
    return AlertPanel(told)


def rule(name="wide", metric="zscore", y="ETHUSDT", x="BTCUSDT"):
    """A rule."""
    return Rule(name, metric, ">", 2.0, y, x)


def show(panel, *alerts, events=()):
    """Have the rows and draw them."""
    panel.match(alerts)
    panel.draw(alerts, events)


def rows(panel):
    """The HTML of each row."""
    return [row._text.value for row in panel._rows.entries.values()]


def test_the_form_is_one_wish(told, panel):
    """Name, metric, operator, value and cooldown are handed on as typed."""
    panel.name.value, panel.metric.value, panel.op.value = " up ", "price", "<"
    panel.value.value, panel.cooldown.value = 1.5, "5min"
    next(x for x in family(panel.box) if getattr(x, "description", "") == "Add alert").click()

    assert told.told == [("add_alert", "up", "price", "<", 1.5, "5min")]


def test_the_form_offers_every_metric_of_the_registry(told, monkeypatch):
    """With its unit; a new one needs no word here."""
    monkeypatch.setitem(REGISTRY, "std", Metric("std", "log price", Need.SERIES, "std", 0.0))
    panel = AlertPanel(told)

    assert panel.metric.options == tuple(REGISTRY)
    assert "std (log price)" in panel.value.control.tooltip


@pytest.mark.parametrize(
    ("metric", "value", "cooldown", "why"),
    [
        ("zscore", "abc", "60s", "is no number"),
        ("zscore", "1,000", "60s", "may be 1 or 1000"),
        ("correlation", "2", "60s", "can never be: correlation lies from -1 to 1"),
        ("adf_p", "-1", "60s", "is always true: adf_p lies from 0 to 1"),
        ("zscore", "2", "often", "is not a length of time"),
    ],
)
def test_no_alert_with_another_number_than_the_one_typed(told, panel, metric, value, cooldown, why):
    """What cannot be read or reached is said beside the form, and nothing is watched."""
    panel.metric.value, panel.value.value, panel.cooldown.value = metric, value, cooldown
    next(x for x in family(panel.box) if getattr(x, "description", "") == "Add alert").click()

    assert told.told == []
    assert html.unescape(panel.value.why + panel.cooldown.why).count(why) == 1
    assert panel.value.control.value == value


def test_every_control_has_a_label_and_a_tooltip(panel):
    """Nobody has to guess what a field is for."""
    controls = [x for x in family(panel.box) if isinstance(x, w.Button | w.Text | w.Dropdown)]

    assert all(control.description and control.tooltip for control in controls)


@pytest.mark.parametrize("phase", list(Phase))
def test_a_state_is_said_in_words(panel, phase):
    """By a word and a shape, not by colour alone; with the value now."""
    show(panel, Status(rule(), phase, value=1.23456, n_fired=3))
    (text,) = rows(panel)

    assert f'data-state="{phase.value}"' in text
    assert f"{phase.value}</span>" in text
    assert f'data-value="1.23456">{significant(1.23456, 4)}<' in text
    assert "fired 3×" in text


def test_names_are_escaped(panel):
    """A name cannot bring markup, in the list nor among the firings."""
    name = "<img src=x>"
    show(panel, Status(rule(name)), events=(Event(name, "zscore", START, 2.5, name),))
    html = rows(panel)[0] + panel._events.value

    assert "<img" not in html
    assert "&lt;img" in html


def test_an_alert_can_be_removed(told, panel):
    """Its button names it; its widgets go with it."""
    show(panel, Status(rule("a")))
    before = alive()
    show(panel, Status(rule("a")), Status(rule("b")))
    panel._rows.entries["b"].box.children[1].click()
    show(panel, Status(rule("a")))

    assert told.told == [("remove_alert", "b")]
    assert alive() == before


def test_rows_wait_until_they_may_be_made(panel):
    """Drawing makes no widget: that has its own moment."""
    before = alive()
    panel.draw([Status(rule())], ())

    assert alive() == before


def test_firings_show_time_and_value(panel):
    """In UTC, the newest first, the exact value beside, doubt included."""
    events = tuple(
        Event("wide", "zscore", START + k * 1_000_000, 2.0 + k, "", is_complete=k > 0)
        for k in range(9, -1, -1)
    )
    html = firings(events)

    assert html.index("23:54:09") < html.index("23:54:08")
    assert f'data-ts="{START + 9_000_000}" data-value="11.0"' in html
    assert "and 4 earlier" in html
    assert "(incomplete bar)" in firings(events[-1:])
    assert firings(()) == ""


def test_clear_is_offered_when_there_is_something(told, panel):
    """Without firings there is nothing to clear."""
    show(panel)
    assert "ql-hidden" in panel._clear._dom_classes
    show(panel, events=(Event("a", "zscore", START, 1.0, ""),))
    assert "ql-hidden" not in panel._clear._dom_classes
    panel._clear.click()

    assert told.told == [("clear_events",)]


def test_firings_are_marked_on_the_chart_of_their_metric():
    """For the shown pair only; a price is marked on its symbol's chart, whichever leg it is."""
    rules = [
        rule("z"),
        rule("z of another", y="SOLUSDT"),
        rule("price of x", "price", y="BTCUSDT", x="ETHUSDT"),
        rule("mine", "panel:mine"),
    ]
    events = [Event(r.name, r.metric, START, 3.0, "") for r in rules]
    removed = Event("removed", "zscore", START, 3.0, "")
    charts = fired_on([*events, removed], [Status(r) for r in rules], "ETHUSDT", "BTCUSDT")

    assert {name: [e.rule for e in found] for name, found in charts.items()} == {
        "zscore": ["z"],
        "price:BTCUSDT": ["price of x"],
        "panel:mine": ["mine"],
    }


def test_firings_stand_in_the_order_of_their_times(panel):
    """Whatever order they came in: a long bar opened before the short ones that closed with it."""
    opened = [START + 50, START, START + 80, START + 20]
    show(panel, events=tuple(Event("a", "zscore", ts, 2.0, "a") for ts in opened))
    shown = re.findall(r'data-ts="(\d+)"', panel._events.value)

    assert [int(ts) for ts in shown] == sorted(opened, reverse=True)
