"""The state machine of alerts: what fires, when, and never twice."""

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.alert import Alert, Phase, Rule, Status

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
