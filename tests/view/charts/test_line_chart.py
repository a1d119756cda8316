"""A chart of one line: its text and its tag."""

import numpy as np
import pytest

from quantlive_nb.view.charts.axis import TimeAxis, ValueAxis
from quantlive_nb.view.charts.chart import Sight
from quantlive_nb.view.charts.line_chart import LineChart, middles, seen
from tests.view.fake import PAIR, START

TS = START + np.arange(30) * 1_000_000
SIGHT = Sight(PAIR, 10_000_000, int(TS[0]), int(TS[-1]) + 1_000_000)


@pytest.fixture
def chart():
    """A chart that writes two decimals."""
    made = LineChart(TimeAxis(), "spread", 100, ValueAxis(4), "{:.2f}".format)
    made.add()
    return made


def words(chart):
    """The HTML of the text above the figure."""
    return chart.box.children[0].value


def test_the_last_value_is_written_and_tagged(chart):
    """Once in the text, once at the axis, with the exact value beside."""
    chart.write_line("A", TS, np.linspace(0, 1 / 3, 30), SIGHT)

    assert words(chart).count(f'data-value="{1 / 3!r}">0.33<') == 2


def test_a_value_that_is_missing_gives_way_to_its_reason(chart):
    """No number and no tag, only why."""
    values = np.full(30, np.nan)
    chart.write_line("A", TS, values, SIGHT, lacking="warming up")

    assert "warming up" in words(chart)
    assert "data-value" not in words(chart)


def test_the_value_under_the_mouse_is_read_out(chart):
    """With its time; the tag stays at the last value."""
    values = np.arange(30.0)
    chart.write_line("A", TS, values, SIGHT._replace(hover_us=int(TS[7])))

    assert "23:54:07 UTC" in words(chart)
    assert 'class="ql-last" data-value="7.0"' in words(chart)
    assert 'class="ql-tag" data-value="29.0"' in words(chart)


def test_a_new_value_sends_the_tail_only(wire, chart):
    """The past goes out once a chunk."""
    chart.draw_line(TS[:25], np.sin(TS[:25]), SIGHT)
    wire.clear()
    chart.draw_line(TS[:26], np.sin(TS[:26]), SIGHT)
    past, tail = chart._line.marks

    assert len(wire.updates(tail)) == 1
    assert wire.updates(past) == []
    chart.clear()
    assert past.x.size == tail.x.size == 0


def test_there_is_room_for_the_line_and_for_others(chart):
    """Whatever else is drawn, and the number that the tag would cover is left out."""
    chart.draw_line(TS, np.linspace(0, 5, 30), SIGHT, np.array([-4.0, 7.0]))
    labels = chart.values.axis.tick_labels

    assert chart.values.span.low < -4.0
    assert chart.values.span.high > 7.0
    assert [tick for tick, text in labels.items() if not text] == ["5"]


def test_values_stand_at_the_middle_of_their_bar():
    """Half a bar after its opening."""
    assert middles(TS[:1], SIGHT)[0] == TS[0] / 1e3 + 500


def test_only_what_is_in_view_is_seen():
    """Bars that reach into the window count; if none does, all do."""
    narrow = SIGHT._replace(low_us=int(TS[10]), high_us=int(TS[12]))
    nowhere = SIGHT._replace(low_us=0, high_us=1)

    assert seen(TS, np.arange(30.0), narrow).tolist() == [10.0, 11.0]
    assert len(seen(TS, np.arange(30.0), nowhere)) == 30
