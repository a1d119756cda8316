"""A chart's text, its emptiness and its marks of alerts."""

import numpy as np
import pytest

from quantlive_nb.alert import Event
from quantlive_nb.view.charts.autoscale import Span
from quantlive_nb.view.charts.axis import TimeAxis, ValueAxis
from quantlive_nb.view.charts.chart import Chart, moment

MOMENT = 1_723_161_255_000_000


class Bare(Chart):
    """A chart without marks of its own."""

    def clear(self):
        """Nothing to take out."""


@pytest.fixture
def chart():
    """A chart from 0 to 10, 128 px high: 100 px for the plot."""
    values = ValueAxis(4, fixed=Span(0.0, 10.0))
    made = Bare(TimeAxis(), "spread", 128, values, is_labelled=True)
    made.add()
    return made


def words(chart):
    """The HTML of the text above the figure."""
    return chart.box.children[0].value


def test_the_words_are_a_status_for_screen_readers(chart):
    """The text has a role and is not announced at every change."""
    chart.write("Spread")

    assert 'role="status" aria-live="off">Spread' in words(chart)
    assert "ql-chart-spread" in chart.box._dom_classes


def test_a_labelled_chart_says_utc(chart):
    """Where times are written, their zone is."""
    chart.write("Spread")
    bare = Bare(TimeAxis(), "x", 100, ValueAxis(4), is_labelled=False)
    bare.write("Spread")

    assert "UTC" in words(chart)
    assert "UTC" not in words(bare)


def test_an_empty_chart_says_why_and_shows_no_mark(chart):
    """The reason is written, escaped, and alerts are taken away."""
    chart.mark_events([Event("wide", "spread", MOMENT, 3.0, "wide")], 1_000_000)
    chart.empty("loading <A> on B")

    assert "loading &lt;A&gt; on B" in words(chart)
    assert "ql-last" not in words(chart)
    assert "ql-empty" in chart.box._dom_classes
    assert chart.figure.marks[-1].x.size == 0
    chart.write("Spread")
    assert "ql-empty" not in chart.box._dom_classes


def test_alerts_are_marked_at_the_middle_of_their_bar(chart):
    """Each firing is a point, in the order of time, twice the same is one."""
    events = [
        Event("b", "spread", MOMENT + 1_000_000, 4.0, ""),
        Event("a", "spread", MOMENT, 3.0, ""),
    ]
    chart.mark_events([*events, events[0]], 1_000_000)
    mark = chart.figure.marks[-1]

    assert mark.x.tolist() == [MOMENT / 1e3 + 500, MOMENT / 1e3 + 1_500]
    assert mark.y.tolist() == [3.0, 4.0]


def test_the_tag_stands_at_its_value(chart):
    """Halfway up the scale is halfway down the plot, which begins below the text."""
    assert "top:76.0px" in chart.tag(5.0, "5")
    chart.values.hold(np.array([5.0]), tag=5.0)
    assert chart.values.axis.tick_labels == {"2": "2", "4": "", "6": "", "8": "8"}
    assert 'data-value="5.0">5</span>' in chart.tag(5.0, "5")


def test_a_chart_that_goes_leaves_the_time_axis(chart):
    """Its axis is not written to any more."""
    axis = chart.figure.axes[1]
    chart.remove()
    chart.time.spell(86_400_000_000)

    assert axis.tick_format == "%H:%M:%S"
    assert moment(MOMENT, 1_000_000).endswith("23:54:15 UTC</span>")
