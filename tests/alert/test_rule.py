"""Conditions and rules: what is read, what is refused, and in which words."""

import json
import math
from fractions import Fraction

import numpy as np
import pytest

from quantlive_nb.alert import METRICS, Condition, Rule
from quantlive_nb.errors import UsageError

NAN = math.nan


def rule(op=">", value=2.0, cooldown_us=0, hysteresis=0.0, **changes):
    """A rule on the z-score."""
    given = {"name": "wide", "metric": "zscore", "y": "ETHUSDT", "x": "BTCUSDT"} | changes
    return Rule(op=op, value=value, cooldown_us=cooldown_us, hysteresis=hysteresis, **given)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("zscore > 2", ("zscore", ">", 2.0)),
        ("adf_p<0.05", ("adf_p", "<", 0.05)),
        (" price >-1e3 ", ("price", ">", -1000.0)),
        ("panel:gap > 2", ("panel:gap", ">", 2.0)),
    ],
)
def test_a_condition_is_read_from_text(text, condition):
    """Blanks do not matter, and any number will do."""
    assert Condition.read(text) == condition


@pytest.mark.parametrize("text", ["", "zscore", "zscore >", "zscore >= 2", "2 < zscore", "z > a"])
def test_what_is_no_condition_is_refused(text):
    """The sentence shows how to write one."""
    with pytest.raises(UsageError, match="write it as zscore > 2"):
        Condition.read(text)


def test_cells_page_and_api_mean_the_same_rule():
    """Text, a condition that was made, and lengths of time in words or in µs give equal rules."""
    text = Rule.of("wide", "zscore > 2", "ETHUSDT", "BTCUSDT", every="5s", cooldown="0")
    made = Rule.of(
        "wide", Condition("zscore", ">", 2), "ETHUSDT", "BTCUSDT", every=5_000_000, cooldown=0
    )

    assert text == made == rule(every_us=5_000_000)


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
