"""The charts of the user's panels come and go, and outlive slips."""

import numpy as np
import pytest

from quantlive_nb.live.snapshot.snapshot import PanelView
from quantlive_nb.view.charts.axis import TimeAxis
from quantlive_nb.view.charts.chart import Sight
from quantlive_nb.view.charts.panel_chart import PanelCharts
from tests.view.fake import PAIR, START, alive

TS = START + np.arange(30) * 1_000_000
SIGHT = Sight(PAIR, 10_000_000, int(TS[0]), int(TS[-1]) + 1_000_000)


def panel(name="z", **more):
    """A panel as it stands."""
    state = {"version": 1, "ts": TS, "values": np.sin(np.arange(30.0)), **more}
    return PanelView(name, **state)


@pytest.fixture
def panels():
    """No charts yet."""
    return PanelCharts(TimeAxis())


def words(panels, name="z"):
    """The HTML of the text above a panel's figure."""
    return panels.charts[name].box.children[0].value


def show(panels, *views):
    """Have the charts and draw them."""
    has_changed = panels.match(views)
    panels.draw(views, SIGHT)
    return has_changed


def test_a_panel_gets_a_chart_that_stays(panels):
    """It is made once; an edit goes on in the same chart."""
    assert show(panels, panel())
    chart = panels.charts["z"]
    assert not show(panels, panel(version=2))

    assert panels.charts["z"] is chart
    assert "version 2" in words(panels)


def test_a_slip_is_shown_beside_the_last_good_line(panels):
    """The error stands in the title, escaped, and the line stays."""
    show(panels, panel())
    line = panels.charts["z"]._line.marks[1].y.copy()
    show(panels, panel(version=2, error="NameError: name '<b>' is not defined"))

    assert "&lt;b&gt;" in words(panels)
    assert np.array_equal(panels.charts["z"]._line.marks[1].y, line)


@pytest.mark.parametrize(
    ("causal", "kind"), [("causal ✓", "ql-good"), ("reads the future", "ql-warn")]
)
def test_the_badge_is_shown(panels, causal, kind):
    """Whether it reads the future, beside its name; an error takes its place."""
    show(panels, panel(causal=causal))
    assert f'<span class="ql-causal {kind}">{causal}</span>' in words(panels)
    show(panels, panel(version=2, causal=causal, error="NameError"))

    assert causal not in words(panels)


def test_a_panel_that_goes_frees_its_widgets(panels):
    """Its chart is closed, the shared time scale is not."""
    show(panels, panel("a"))
    before = alive()
    show(panels, panel("a"), panel("b"))
    show(panels, panel("a"))

    assert alive() == before
    assert list(panels.charts) == ["a"]
    assert panels._time.scale.model_id in alive()


def test_a_panel_without_chart_waits(panels):
    """Drawing does not make charts: that has its own moment."""
    panels.draw([panel()], SIGHT)

    assert panels.charts == {}


def test_names_and_notes_are_escaped(panels):
    """Neither name nor docstring can bring markup."""
    show(panels, panel("<i>", doc="<script>"))

    assert "<i></i>" not in words(panels, "<i>")
    assert "<script>" not in words(panels, "<i>")
    panels.empty("loading")
    assert "loading" in words(panels, "<i>")


def test_a_panel_without_bars_says_that_it_waits(panels):
    """Its chart is empty, and neither an error nor a number is shown."""
    show(panels, panel(ts=TS[:0], values=np.empty(0)))

    assert "waiting for the first closed bar" in words(panels)
