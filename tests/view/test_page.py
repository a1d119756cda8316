"""The whole page, drawn frame by frame."""

from dataclasses import replace

import ipywidgets as w
import numpy as np
import pytest

from quantlive_nb.alert import Event, Rule, Status
from quantlive_nb.live.snapshot.snapshot import PanelView
from quantlive_nb.settings import Windows
from quantlive_nb.view.charts.bqplot_model import Figure, Lines, Mark
from quantlive_nb.view.controller import ViewState
from quantlive_nb.view.page import Page
from quantlive_nb.view.widgets.widget_tree import family
from tests.view.fake import PAIR, START, alive, make_frame

SHORT = replace(PAIR, windows=Windows(hedge=10, z=5, correlation=5))
FOLLOW = ViewState()


@pytest.fixture
def page(wire, controller):
    """A page without a frame."""
    return Page(controller, "binance")


def senders(wire):
    """Ids of the widgets that sent something."""
    return {model_id for model_id, _ in wire.updates()}


def told(wire):
    """What was sent, as model id and name."""
    return {(model_id, name) for model_id, state in wire.updates() for name in state}


def marks(page):
    """Ids of all marks."""
    return {widget.model_id for widget in family(page.root) if isinstance(widget, Mark)}


def words(chart):
    """The HTML of the text above a figure."""
    return chart.box.children[0].value


def meet(page):
    """A browser says its first word."""
    page.client._handle_custom_msg({"kind": "beat", "view": "a", "visible": True}, [])


def test_a_tick_sends_the_forming_bars_alone(wire, page):
    """Of all marks on the page only the two forming candles go out."""
    page.draw(make_frame(SHORT), FOLLOW)
    wire.clear()
    page.draw(make_frame(SHORT, tick=1), FOLLOW)
    forming = {chart._forming.model_id for chart in page.candles}

    assert senders(wire) & marks(page) == forming
    assert len(wire.sent) <= 6


def test_the_same_frame_sends_nothing(wire, page):
    """Nothing new is not one byte."""
    page.draw(make_frame(SHORT), FOLLOW)
    wire.clear()
    page.draw(make_frame(SHORT), FOLLOW)

    assert wire.sent == []


def test_marks_are_made_once(page):
    """Fifty bars later the marks are the same ones."""
    page.draw(make_frame(SHORT), FOLLOW)
    before = alive()
    for first in range(1, 50):
        page.draw(make_frame(SHORT, first=first), FOLLOW)
    page.draw(make_frame(SHORT.swapped()), FOLLOW)

    assert alive() == before


def test_no_nan_time_and_no_open_end_on_any_line(page):
    """Whatever is warming up, no curve has a NaN in time nor at its end."""
    for settings, n in ((PAIR, 5), (SHORT, 60), (SHORT, 14)):
        page.draw(make_frame(settings, n), FOLLOW)
        for widget in family(page.root):
            if isinstance(widget, Lines) and widget.y.size:
                assert not np.isnan(widget.x).any()
                assert not np.isnan(np.atleast_2d(widget.y)[:, -1]).any()


def test_a_loading_frame_empties_every_chart(page):
    """No old line under a new name: charts and statistics only say what they wait for."""
    page.draw(make_frame(SHORT), FOLLOW)
    page.draw(make_frame(SHORT, 0, loading="loading A on B"), FOLLOW)
    charts = [*page.candles, page.spread, page.zscore, page.correlation]

    assert all("loading A on B" in words(chart) for chart in charts)
    assert all(chart._memory._ts.size == 0 for chart in page.candles)
    rules = {page.zscore._thresholds, *(c.figure.marks[0] for c in (page.zscore, page.correlation))}
    lines = [x for x in family(page.root) if isinstance(x, Lines) and x not in rules]
    assert all(line.x.size == 0 for line in lines)
    page.glance(FOLLOW)
    assert "loading A on B" in words(page.candles[0])


def test_the_window_follows_the_newest_bar(page):
    """The newest bar is in view; without following the window stays where the user left it."""
    page.draw(make_frame(SHORT), FOLLOW)
    page.time.scale.set_state(
        {"min": "2024-08-08T23:54:10.000Z", "max": "2024-08-08T23:54:20.000Z"}
    )
    page.draw(make_frame(SHORT, first=5), replace(FOLLOW, is_following=False))
    assert page.time.shown == (START + 10_000_000, START + 20_000_000)
    frame = make_frame(SHORT, first=6)
    page.draw(frame, FOLLOW)
    low, high = page.time.shown

    assert low <= frame.y.ts[-1] < high
    assert high - low == SHORT.bars * SHORT.every_us


def test_the_mouse_pans_when_asked(page):
    """Every figure gets the interaction, and gives it back."""
    page.draw(make_frame(SHORT), replace(FOLLOW, is_panning=True))
    figures = [x for x in family(page.root) if isinstance(x, Figure)]
    assert {figure.interaction for figure in figures} == {page.time.zoom}
    page.glance(FOLLOW)

    assert {figure.interaction for figure in figures} == {None}


def test_the_bar_under_the_mouse_is_read_on_every_chart(page):
    """One bar, its time in every text; no new frame is needed."""
    frame = make_frame(SHORT)
    page.draw(frame, FOLLOW)
    page.glance(replace(FOLLOW, hover_us=int(frame.y.ts[-3]) + 300_000))
    charts = [*page.candles, page.spread, page.zscore, page.correlation]

    assert all("23:54:57 UTC" in words(chart) for chart in charts)


def test_an_unreal_market_is_on_the_root(page):
    """Simulated and replayed pages carry a class that no exchange's page has."""
    frame = make_frame(SHORT)
    classes = {}
    for source in ("simulated", "replay:a.parquet", "binance"):
        page.draw(replace(frame, health=frame.health.but(source=source)), FOLLOW)
        classes[source] = {name for name in page.root._dom_classes if "market" in name}

    assert classes == {
        "simulated": {"ql-market-simulated"},
        "replay:a.parquet": {"ql-market-replay"},
        "binance": set(),
    }


def test_firings_are_marked_on_their_charts(page):
    """z on the z chart, a price on its symbol's candles."""
    ts = int(make_frame(SHORT).y.ts[30])
    rules = [
        Rule("z", "zscore", ">", 2, "ETHUSDT", "BTCUSDT"),
        Rule("p", "price", ">", 2, "BTCUSDT", "ETHUSDT"),
    ]
    events = tuple(Event(rule.name, rule.metric, ts, 2.5, "") for rule in rules)
    alerts = tuple(Status(rule) for rule in rules)
    page.draw(make_frame(SHORT, alerts=alerts, events=events), FOLLOW)
    charts = [*page.candles, page.spread, page.zscore, page.correlation]

    assert [chart.figure.marks[-1].x.size for chart in charts] == [0, 1, 0, 1, 0]


def test_new_widgets_wait_for_a_browser(page):
    """A panel's chart and an alert's row are made once somebody is there to see them."""
    rule = Rule("z", "zscore", ">", 2, "ETHUSDT", "BTCUSDT")
    frame = make_frame(SHORT, alerts=(Status(rule),))
    panel = PanelView("mine", 1, frame.series.ts, frame.series.zscore)
    frame = replace(frame, panels=(panel,))
    before = alive()
    page.draw(frame, FOLLOW)
    assert alive() == before
    meet(page)
    page.draw(frame, replace(FOLLOW, is_panning=True))

    assert list(page.panels.charts) == ["mine"]
    assert page.panels.charts["mine"].figure.interaction is page.time.zoom
    assert "z" in page.alerts._rows.entries


def test_whatever_a_browser_missed_is_in_a_resync(wire, page):
    """Not a class of a box nor the mode of a figure stays as it was before the first frame."""
    page.empty("loading")
    wire.clear()
    page.draw(make_frame(SHORT), ViewState(is_panning=True))
    missed = told(wire)
    wire.clear()
    page.resync()

    assert (page.candles[0].box.model_id, "_dom_classes") in missed
    assert missed <= told(wire)


def test_close_leaves_nothing(controller):
    """The registry of widgets is as it was before the page."""
    before = alive()
    page = Page(controller, "binance")
    meet(page)
    page.draw(make_frame(SHORT), FOLLOW)
    page.close()

    assert alive() == before


def test_every_control_of_the_page_is_labelled(page):
    """Whatever a visitor can change has a description and a tooltip."""
    kinds = w.Button | w.ToggleButton | w.ToggleButtons | w.Text | w.Combobox | w.Dropdown
    controls = [x for x in family(page.root) if isinstance(x, kinds | w.IntText | w.FloatText)]

    assert len(controls) > 25
    assert all(control.description and control.tooltip for control in controls)
