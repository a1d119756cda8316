"""The engine: every bar once, also when a change cannot be kept."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.alert import Alert, AlertEngine, Rule, Status
from quantlive_nb.alert.engine import Values, settled

NUMBERS = st.lists(st.sampled_from((0.0, 1.0, 2.5, 3.0, np.nan)), min_size=1, max_size=30)


def rule(name="wide", metric="zscore", **changes):
    """A rule that waits for 2."""
    return Rule(name, metric, ">", 2.0, "ETHUSDT", "BTCUSDT", cooldown_us=0, **changes)


def values(numbers, first=1):
    """Numbers on consecutive bars."""
    ts = np.arange(first, first + len(numbers))
    return Values(ts, np.array(numbers, float), np.ones(len(numbers), bool))


def recording(fails=()):
    """An engine, and the firings that it kept; the given saves fail."""
    kept, failing = [], list(fails)

    def keep(status, event):
        if failing and failing.pop(0):
            raise OSError("the disk is full")
        if event is not None:
            kept.append(event)

    engine = AlertEngine(keep)
    engine.put(Status(rule()))
    return engine, kept


@given(numbers=NUMBERS, cuts=st.lists(st.integers(0, 30), max_size=4))
def test_bars_that_come_in_parts_fire_as_one_series(numbers, cuts):
    """Whatever overlaps, the firings are those of the state machine stepped bar by bar."""
    engine, kept = recording()
    for cut in sorted(cuts):
        engine.step("wide", values(numbers[:cut]))
    engine.step("wide", values(numbers))
    alert = Alert(Status(rule()))
    one_by_one = [alert.step(ts, number) for ts, number in enumerate(numbers, start=1)]

    assert kept == [event for event in one_by_one if event is not None]


@given(numbers=NUMBERS, fails=st.lists(st.booleans(), max_size=6))
def test_a_firing_that_could_not_be_kept_comes_again(numbers, fails):
    """A failing save loses no firing and doubles none."""
    engine, kept = recording(fails)
    for _ in range(len(fails) + 1):
        try:
            engine.step("wide", values(numbers))
        except OSError:
            continue
    calm, wanted = recording()
    calm.step("wide", values(numbers))

    assert kept == wanted
    assert repr(engine.statuses()) == repr(calm.statuses())


def test_what_is_past_is_not_judged():
    """Bars up to the moment of the start belong to the time before it."""
    engine, kept = recording()
    engine.step("wide", values([3.0, 1.0, 3.0]), past_us=2)

    assert [event.ts for event in kept] == [3]


def test_rules_are_grouped_by_what_must_be_known():
    """One question to the store serves all rules of a pair, bar length and windows."""
    engine, _ = recording()
    engine.put(Status(rule("also", "price")))
    engine.put(Status(rule("slow", every_us=5_000_000)))
    engine.put(Status(rule("mine", "panel:z")))
    groups = engine.questions(lambda found: not found.metric.startswith("panel:"))

    assert [[found.name for found in rules] for rules in groups.values()] == [
        ["wide", "also"],
        ["slow"],
    ]


def test_loading_keeps_only_what_stays():
    """The database's alerts replace those at hand, but for rules that only this process has."""
    engine, _ = recording()
    engine.put(Status(rule("mine", "panel:z")))
    engine.load([Status(rule("stored"))], lambda found: found.metric.startswith("panel:"))

    assert [status.rule.name for status in engine.statuses()] == ["mine", "stored"]
    assert engine.remove("mine") == rule("mine", "panel:z")
    assert engine.remove("mine") is None


def test_a_bar_rests_on_the_window_before_it():
    """One incomplete bar unsettles itself and as many bars as the window looks back."""
    complete = np.array([True, False, True, True, True, True])
    assert settled(complete, 2).tolist() == [True, False, False, False, True, True]
