"""The state machine of alerts: what fires, when, and never twice."""

import itertools
import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.alert import METRICS, Alert, Phase, Rule, Status
from quantlive_nb.errors import UsageError

NAN = math.nan


def rule(op=">", value=2.0, cooldown_us=0, hysteresis=0.0, **changes):
    """A rule on the z-score."""
    given = {"name": "wide", "metric": "zscore", "y": "ETHUSDT", "x": "BTCUSDT"} | changes
    return Rule(op=op, value=value, cooldown_us=cooldown_us, hysteresis=hysteresis, **given)


def judge(status, bars):
    """The events of some bars, and the status after them."""
    alert = Alert(status)
    events = [alert.step(ts, value) for ts, value in bars]
    return [event for event in events if event is not None], alert.status


def same(a, b):
    """Whether two statuses are equal, a value that is no number included."""
    return repr(a) == repr(b)


VALUES = st.sampled_from((-3.0, -2.0, 0.0, 0.9, 1.0, 1.5, 2.0, 2.000001, 2.5, 99.0, NAN))
RULES = st.builds(
    rule,
    op=st.sampled_from("<>"),
    value=st.sampled_from((-2.0, 0.0, 2.0)),
    cooldown_us=st.integers(0, 8),
    hysteresis=st.sampled_from((0.0, 0.5, 1.0)),
)
SERIES = st.lists(VALUES, max_size=40).map(lambda values: list(enumerate(values, start=1)))


@given(rule=RULES, bars=SERIES)
def test_what_fires_is_what_the_definition_says(rule, bars):
    """It fires when the condition holds, the last firing has cleared and its cooldown is over."""
    events, status = judge(Status(rule), bars)
    fired, last = [], None
    for ts, value in bars:
        cleared = last is None or any(rule.clears(v) for t, v in bars if last < t < ts)
        waited = last is None or ts - last >= rule.cooldown_us
        if rule.holds(value) and cleared and waited:
            fired.append((ts, value))
            last = ts

    assert [(event.ts, event.value) for event in events] == fired
    assert status.n_fired == len(fired)
    assert status.fired_us == last


@given(rule=RULES, bars=SERIES)
def test_it_never_fires_twice_without_clearing(rule, bars):
    """Between two firings there is a value back past the threshold by the hysteresis."""
    events, _ = judge(Status(rule), bars)

    for a, b in itertools.pairwise(events):
        between = [value for ts, value in bars if a.ts < ts < b.ts and value == value]
        margin = [v - rule.value if rule.op == ">" else rule.value - v for v in between]
        assert min(margin) <= -rule.hysteresis
        assert b.ts - a.ts >= rule.cooldown_us


@given(rule=RULES, bars=SERIES)
def test_no_data_changes_nothing(rule, bars):
    """The same events and the same status come out where the NaN are left out."""
    numbers = [(ts, value) for ts, value in bars if value == value]
    events, status = judge(Status(rule), bars)
    events_without, status_without = judge(Status(rule), numbers)

    assert events == events_without
    assert same(status, status_without)


@given(rule=RULES, bars=SERIES, chance=st.randoms(use_true_random=False))
def test_each_bar_is_judged_once(rule, bars, chance):
    """A bar that comes again, with whatever value, is not looked at."""
    again = []
    for ts, value in bars:
        again.append((ts, value))
        if value == value:
            again += [(chance.randint(1, ts), chance.choice((-9.0, 9.0))) for _ in range(2)]

    assert judge(Status(rule), again)[0] == judge(Status(rule), bars)[0]
    assert same(judge(Status(rule), again)[1], judge(Status(rule), bars)[1])


@given(rule=RULES, bars=SERIES, at=st.integers(0, 40))
def test_a_restart_goes_on_identically(rule, bars, at):
    """Stopped anywhere and started from its status, it fires as if it had never stopped."""
    events, status = judge(Status(rule), bars)
    early, between = judge(Status(rule), bars[:at])
    late, after = judge(between, bars[at:])

    assert early + late == events
    assert same(after, status)


@given(bars=SERIES, cooldown_us=st.integers(0, 5), hysteresis=st.sampled_from((0.0, 1.0)))
def test_below_is_the_mirror_image_of_above(bars, cooldown_us, hysteresis):
    """``< -v`` of the negative values fires where ``> v`` of the values does."""
    above = rule(">", 2.0, cooldown_us, hysteresis)
    below = rule("<", -2.0, cooldown_us, hysteresis)
    mirrored = [(ts, -value) for ts, value in bars]

    events, _ = judge(Status(above), bars)
    mirror_events, _ = judge(Status(below), mirrored)
    assert [event.ts for event in events] == [event.ts for event in mirror_events]


def test_a_condition_that_outlasts_the_cooldown_fires_when_it_ends():
    """Nothing that is still true is swallowed: it is reported as soon as it may be."""
    bars = list(enumerate([3.0, 1.0, 3.0, 3.0, 3.0, 3.0], start=1))
    events, _ = judge(Status(rule(cooldown_us=4)), bars)

    assert [event.ts for event in events] == [1, 5]


def test_hysteresis_ignores_a_flutter():
    """Around the threshold it fires once; after a real return it fires again."""
    bars = list(enumerate([2.1, 1.9, 2.1, 1.6, 2.1, 1.5, 2.1], start=1))
    events, _ = judge(Status(rule(hysteresis=0.5)), bars)

    assert [event.ts for event in events] == [1, 7]


def test_the_phase_tells_where_it_stands():
    """No data, then armed, then firing until it clears."""
    alert = Alert(Status(rule(hysteresis=0.5)))
    phases = [alert.status.phase]
    for ts, value in enumerate([NAN, 1.0, 3.0, 1.8, 1.0], start=1):
        alert.step(ts, value)
        phases.append(alert.status.phase)

    no, armed, firing = Phase.NO_DATA, Phase.ARMED, Phase.FIRING
    assert phases == [no, no, armed, firing, firing, armed]


def test_an_event_says_what_happened_and_on_what_tape():
    """Rule, metric, bar, value and words; an incomplete stretch of the tape is not hidden."""
    event = Alert(Status(rule())).step(7, 2.5, is_complete=False)

    assert event[:4] == ("wide", "zscore", 7, 2.5)
    assert event.text == "wide: zscore > 2 · ETHUSDT on BTCUSDT, 1s at 2.5"
    assert not event.is_complete


@pytest.mark.parametrize("metric", ["price", "volume"])
def test_a_metric_of_one_leg_names_that_leg_alone(metric):
    """Price and volume are y's."""
    assert rule(metric=metric).subject == "ETHUSDT, 1s"


def test_a_panel_is_named_by_its_own_name():
    """``panel:`` is how a rule finds it, not what a reader calls it."""
    assert str(rule(metric="panel:gap")) == "gap > 2 · ETHUSDT on BTCUSDT, 1s"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": " "}, "needs a name"),
        ({"metric": "zscroe"}, "unknown metric 'zscroe': use one of price"),
        ({"op": ">="}, "operator '>=' is not > or <"),
        ({"value": NAN}, "the value nan is not a number"),
        ({"value": math.inf}, "the value inf is not a number"),
        ({"hysteresis": -0.1}, "cannot be negative"),
        ({"cooldown_us": -1}, "cannot be negative"),
    ],
)
def test_a_rule_that_means_nothing_is_refused(changes, why):
    """One sentence says what is wrong."""
    with pytest.raises(UsageError, match=why):
        rule(**changes)


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_can_be_watched(metric):
    """All that the page offers is accepted, with both operators."""
    assert rule(metric=metric, op="<").metric == metric


@pytest.mark.parametrize(
    ("metric", "op", "value", "why"),
    [
        ("correlation", ">", 2, "correlation > 2 can never be: correlation lies from -1 to 1"),
        ("correlation", ">", 1, "can never be"),
        ("correlation", "<", 2, "correlation < 2 is always true: correlation lies from -1 to 1"),
        ("adf_p", "<", 5, "adf_p < 5 is always true: adf_p lies from 0 to 1"),
        ("adf_p", "<", 0, "can never be"),
        ("price", "<", 0, "price < 0 can never be: price is never below 0"),
        ("price", ">", -1000, "is always true"),
        ("price", ">", 0, "price > 0 is always true: give the price to wait for"),
        ("volume", "<", -1, "can never be"),
    ],
)
def test_a_threshold_lies_in_the_range_of_its_metric(metric, op, value, why):
    """What could never fire, or would at once and for ever, is a sentence."""
    with pytest.raises(UsageError, match=why):
        rule(op, value, metric=metric).require_reachable()


def test_a_rule_can_fire_again():
    """A hysteresis that takes a metric back to where it never is would silence the rule."""
    with pytest.raises(UsageError, match=r"could fire only once: .* waits for 2.05, and adf_p"):
        rule("<", 0.05, metric="adf_p", hysteresis=2).require_reachable()
    with pytest.raises(UsageError, match=r"could fire only once: .* waits for 0, and price"):
        rule(">", 5, metric="price", hysteresis=5).require_reachable()
    rule(">", 0.9, metric="correlation", hysteresis=1.9).require_reachable()
    rule(">", -1000).require_reachable()


@pytest.mark.parametrize("bad", [NAN, math.inf, "0.5", None])
def test_value_hysteresis_and_cooldown_are_numbers(bad):
    """A comparison with NaN is never true, so it would be accepted."""
    for name in ("value", "hysteresis", "cooldown_us"):
        with pytest.raises(UsageError, match="number"):
            rule(**{name: bad})


def test_a_rule_says_the_number_that_it_has():
    """Not six digits of it."""
    assert str(rule(value=1234567.25)).startswith("zscore > 1234567.25 ·")


@pytest.mark.parametrize("half", [np.float32(0.5), Fraction(1, 2), np.float64(0.5)])
def test_a_number_of_any_kind_is_stored(half):
    """A rule is kept as JSON, whatever kind of number it was made with."""
    made = rule(value=half, hysteresis=half)

    assert json.loads(json.dumps([made.value, made.hysteresis])) == [0.5, 0.5]


@pytest.mark.parametrize("windows", [None, (120, 60, 30), "120,60,30"])
def test_windows_are_windows(windows):
    """Anything else would be an alert that never has data."""
    with pytest.raises(UsageError, match="give Windows"):
        rule(windows=windows)
