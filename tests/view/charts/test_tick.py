"""Marks on an axis."""

import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quantlive_nb.view.charts.tick import key, labels, ticks, time_format

SECOND = 1_000_000


@given(st.floats(-1e6, 1e6), st.floats(1e-7, 1e6), st.integers(1, 12))
def test_ticks_are_round_few_and_inside(low, width, most):
    """Ticks lie in the range, evenly, and never more than asked for."""
    high = low + width
    assume(width > 1e-9 * abs(low))
    marks = ticks(low, high, most)

    assert len(marks) <= most
    assert all(low <= mark <= high for mark in marks)
    if len(marks) > 2:
        np.testing.assert_allclose(np.diff(marks), marks[1] - marks[0], rtol=1e-6)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_each_tick_has_its_own_label(low, width):
    """No two ticks are written alike, and every tick finds its label."""
    assume(width > 1e-6 * abs(low))
    marks = ticks(low, low + width, 6)
    written = labels(marks)

    assert [key(float(mark)) in written for mark in marks] == [True] * len(marks)
    assert len(set(written.values())) == len(marks)


@pytest.mark.parametrize("width", [1e-5, 3e-7, 1e-8, 2e-9])
@pytest.mark.parametrize("middle", [0.0, 3e-5, -7e-4])
def test_the_labels_of_a_small_spread_are_short(middle, width):
    """There is room for about 12 letters beside a chart, and no two ticks are written alike."""
    written = labels(ticks(middle - width / 2, middle + width / 2, 4)).values()

    assert len({*written}) == len(written) > 0
    assert max(map(len, written)) <= 12


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (61800.0, "61800"),
        (0.1, "0.1"),
        (-0.0005, "-0.0005"),
        (0.00001, "0.00001"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-7, "1.5e-7"),
    ],
)
def test_keys_are_spelled_as_a_browser_spells_them(value, spelled):
    """String(value) in JavaScript gives the key."""
    assert key(value) == spelled


def test_labels_can_be_sent():
    """Labels are plain JSON."""
    assert json.loads(json.dumps(labels(ticks(0, 1, 4))))


@pytest.mark.parametrize(
    ("span_us", "text"),
    [
        (5 * SECOND, "%H:%M:%S.%L"),
        (300 * SECOND, "%H:%M:%S"),
        (5 * 3_600 * SECOND, "%H:%M"),
        (25 * 3_600 * SECOND, "%-d %b %H:%M"),
        (300 * 86_400 * SECOND, "%-d %b"),
        (20 * 365 * 86_400 * SECOND, "%b %Y"),
    ],
)
def test_times_are_as_fine_as_the_window(span_us, text):
    """Seconds within minutes, dates when a day is not enough."""
    assert time_format(span_us) == text
