"""The axes: times without doubt about their zone, words before the ends they belong to."""

import numpy as np
import pytest
from bqscales import DateScale

from quantlive_nb.view.charts.autoscale import Span
from quantlive_nb.view.charts.axis import TimeAxis, TimeScale, ValueAxis

MOMENT = 1_723_161_255_342_000


def test_times_go_out_as_milliseconds_utc(wire):
    """The browser is given numbers, which no time zone can shift."""
    time = TimeAxis()
    wire.clear()
    time.show(MOMENT, MOMENT + 1_000_000)

    ((_, state),) = wire.updates(time.scale)
    assert state == {"min": MOMENT / 1e3, "max": MOMENT / 1e3 + 1_000}


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2024-08-08T23:54:15.342Z", MOMENT),
        (MOMENT / 1e3, MOMENT),
        ("+012024-08-08T23:54:15.342Z", None),
        (None, None),
    ],
)
def test_times_from_the_mouse_are_understood(wire, sent, read):
    """What the browser sends after a pan or a zoom is a moment; nonsense is none."""
    scale = TimeScale()
    scale.set_state({"min": sent})

    assert scale.min == read


def test_a_window_that_stands_is_not_sent(wire):
    """Showing the same window twice sends once."""
    time = TimeAxis()
    time.show(MOMENT, MOMENT + 1_000_000)
    wire.clear()
    time.show(MOMENT, MOMENT + 1_000_000)

    assert wire.sent == []
    assert time.shown == (MOMENT, MOMENT + 1_000_000)


def test_a_new_spelling_goes_out_before_the_new_window(wire):
    """The browser would otherwise write the new times in the old way."""
    time = TimeAxis()
    axis = time.axis(is_labelled=True)
    time.show(MOMENT, MOMENT + 300_000_000)
    wire.clear()
    time.show(MOMENT, MOMENT + 18_000_000_000)

    assert [model_id for model_id, _ in wire.updates()] == [axis.model_id, time.scale.model_id]
    assert axis.tick_format == "%H:%M"


def test_an_axis_that_was_dropped_is_left_alone(wire):
    """A figure that went is not written to."""
    time = TimeAxis()
    axis = time.axis(is_labelled=False)
    time.drop(axis)
    time.spell(86_400_000_000)

    assert axis.tick_format == "%H:%M:%S"


def test_labels_go_out_before_marks_and_marks_before_ends(wire):
    """The order in which the browser can use them; labels that came later it would undo."""
    values = ValueAxis(4)
    values.reach = 0.1
    wire.clear()
    values.hold(np.array([1.0, 2.0]), tag=1.5)
    names = [name for _, state in wire.updates() for name in state]

    assert names.count("tick_labels") == 1
    assert values.axis.tick_labels["1.5"] == ""
    assert names.index("tick_labels") < names.index("tick_values") < names.index("min")


def test_a_scale_that_serves_sends_nothing(wire):
    """Values inside the span move nothing."""
    values = ValueAxis(4)
    values.hold(np.array([1.0, 2.0]))
    wire.clear()
    values.hold(np.array([1.1, 1.9, np.nan]))

    assert wire.sent == []


def test_fixed_ends_never_move():
    """The correlation's axis stays from -1 to 1 whatever comes."""
    values = ValueAxis(5, fixed=Span(-1.1, 1.1))
    values.hold(np.array([0.2, 0.3]))
    values.reset()

    assert (values.scale.min, values.scale.max) == (-1.1, 1.1)
    assert values.axis.visible


def test_without_values_there_are_no_numbers():
    """After a reset the old numbers are hidden until there are new ones."""
    values = ValueAxis(4)
    values.hold(np.array([1.0, 2.0]))
    values.reset()
    assert not values.axis.visible
    values.hold(np.array([np.nan]))
    assert not values.axis.visible
    values.hold(np.array([5.0, 6.0]))

    assert values.axis.visible


def test_part_is_the_distance_from_the_top():
    """The top is 0, the bottom 1, and what is outside is at the edge."""
    values = ValueAxis(4, fixed=Span(0.0, 10.0))

    assert [values.part(v) for v in (10.0, 7.5, 0.0, -3.0, 20.0)] == [0.0, 0.25, 1.0, 1.0, 0.0]
    assert ValueAxis(4).part(1.0) == 1.0


def test_numbers_make_way_for_a_tag(wire):
    """One that it would cover in part is left out, and is back when the tag has moved on."""
    values = ValueAxis(4, fixed=Span(0.0, 10.0))
    assert values.axis.tick_labels == {"2": "2", "4": "4", "6": "6", "8": "8"}
    values.reach = 0.1
    values.hold(np.array([1.0]), tag=4.4)
    assert values.axis.tick_labels == {"2": "2", "4": "", "6": "6", "8": "8"}
    wire.clear()
    values.hold(np.array([1.0]), tag=4.3)
    assert wire.sent == []
    values.hold(np.array([1.0]))

    assert values.axis.tick_labels["4"] == "4"


def test_scales_have_no_padding():
    """Charts of different marks would otherwise not be aligned."""
    scales = [TimeAxis().scale, ValueAxis(4).scale]

    assert not any(scale.allow_padding for scale in scales)
    assert isinstance(scales[0], DateScale)
