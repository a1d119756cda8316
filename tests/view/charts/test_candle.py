"""The candles: what is sent, what is written."""

from dataclasses import replace

import numpy as np
import pytest

from quantlive_nb.view.charts.axis import TimeAxis
from quantlive_nb.view.charts.candle import HOLE_PX, CandleChart
from quantlive_nb.view.charts.chart import Sight
from quantlive_nb.view.text import number
from tests.view.fake import PAIR, make_bars

CHUNK_US = 2_000_000


@pytest.fixture
def chart():
    """A candle chart."""
    return CandleChart(TimeAxis(), "y", 200)


def sight_of(bars, hover_us=None):
    """The whole of the bars in view."""
    low, high = int(bars.ts[0]), int(bars.ts[-1]) + bars.every_us
    return Sight(PAIR, CHUNK_US, low, high, hover_us)


def draw(chart, bars, hover_us=None):
    """Draw bars with all of them in view."""
    chart.draw(bars, sight_of(bars, hover_us))


def words(chart):
    """The HTML of the text above the figure."""
    return chart.box.children[0].value


def senders(wire):
    """The marks, by their place in the chart, that sent something."""
    return {model_id for model_id, _ in wire.updates()}


def test_a_tick_sends_only_the_forming_bar(wire, chart):
    """With unchanged closed bars only two marks, those of the forming bar, and the text go out."""
    draw(chart, make_bars(n=60, tick=0))
    wire.clear()
    draw(chart, make_bars(n=60, tick=1))
    marks = {mark.model_id for mark in chart.figure.marks}

    assert senders(wire) & marks == {chart._forming.model_id}
    assert len(senders(wire)) == 2


def test_a_refresh_without_news_sends_nothing(wire, chart):
    """The same bars again are not one byte."""
    draw(chart, make_bars(n=60))
    wire.clear()
    draw(chart, make_bars(n=60))

    assert wire.sent == []


def test_a_new_bar_sends_the_newest_chunk_not_the_past(wire, chart):
    """Most new bars leave the long past alone."""
    draw(chart, make_bars(n=60))
    n_past = 0
    for first in range(1, 11):
        wire.clear()
        draw(chart, make_bars(n=60, first=first))
        n_past += chart._past.model_id in senders(wire)

    assert n_past == 5


def test_a_repaired_bar_is_sent(wire, chart):
    """When a trade is written into the past, its candle changes on the screen."""
    bars = make_bars(n=60)
    draw(chart, bars)
    high = bars.high.copy()
    high[5] += 1.0
    draw(chart, replace(bars, high=high))

    assert np.nanmax(chart._past.y) >= high[5]


def test_nan_never_reaches_a_candle(chart):
    """A bar that is not a number is left out, and no coordinate in time is ever missing."""
    bars = make_bars(n=60)
    close = bars.close.copy()
    close[[3, 58, 59]] = np.nan
    draw(chart, replace(bars, close=close))

    for mark in (chart._past, chart._recent, chart._forming):
        assert not np.isnan(mark.x).any()
        if mark.y.size:
            assert not np.isnan(np.atleast_2d(mark.y)[:, -1]).any()


def test_the_last_price_is_that_of_the_newest_bar(chart):
    """Text and tag show its close, rounded to the symbol's decimals, the exact value beside."""
    bars = make_bars(n=60, tick=1)
    draw(chart, bars)
    last = float(bars.close[-1])

    assert words(chart).count(f'data-value="{last!r}">{number(last, 2)}<') == 2
    assert f'data-value="{float(bars.volume[-1])!r}"' in words(chart)


def test_the_bar_under_the_mouse_is_read_out(chart):
    """Open, high, low, close, volume and count of that bar, with its time in UTC."""
    bars = make_bars(n=60)
    draw(chart, bars, hover_us=int(bars.ts[7]))

    assert "23:54:07 UTC" in words(chart)
    for name in ("open", "high", "low", "close"):
        value = float(getattr(bars, name)[7])
        assert f'class="ql-{name}" data-value="{value!r}">{number(value, 2)}<' in words(chart)
    assert f'class="ql-trades" data-value="{bars.n_trades[7]}"' in words(chart)


def test_a_bar_that_has_ended_and_is_not_confirmed_says_so(chart):
    """It is drawn as the forming one is, and only it and its like carry the words."""
    bars = make_bars(n=60)
    is_closed = np.arange(60) < 50
    bars = replace(bars, is_closed=is_closed)

    for at, is_said in ((49, False), (50, True), (58, True), (59, False)):
        draw(chart, bars, hover_us=int(bars.ts[at]))
        assert ("not confirmed" in words(chart)) is is_said


def test_a_mouse_beside_the_bars_reads_the_newest(chart):
    """Where there is no bar the text is the usual one."""
    bars = make_bars(n=60)
    draw(chart, bars, hover_us=int(bars.ts[-1]) + 60_000_000)

    assert "ql-last" in words(chart)


def holed(bars, *holes):
    """The same bars, some of them incomplete."""
    is_complete = bars.is_complete.copy()
    is_complete[list(holes)] = False
    return replace(bars, is_complete=is_complete)


def test_incomplete_bars_are_marked_and_said(chart):
    """A thick dash under each, the forming bar too, their count, and a word where one is read."""
    bars = make_bars(n=60)
    draw(chart, bars)
    assert chart._holes.x.size == 0
    assert "incomplete" not in words(chart)
    draw(chart, holed(bars, 4, 5, -1))
    ends = {bars.ts[4], bars.ts[6], bars.ts[-1], bars.ts[-1] + bars.every_us}
    assert {1e3 * x for x in chart._holes.x} == ends
    assert 'data-value="3">3 incomplete bars<' in words(chart)
    assert chart._holes.stroke_width > chart._tape.stroke_width
    draw(chart, holed(bars, 4), hover_us=int(bars.ts[4]))

    assert '<span class="ql-warn">incomplete</span>' in words(chart)


def test_the_tape_lies_under_all_bars(chart):
    """It reaches from the opening of the first bar to the end of the forming one."""
    bars = make_bars(n=60)
    draw(chart, bars)

    assert chart._tape.x.min() == bars.ts[0] / 1e3
    assert chart._tape.x.max() == (bars.ts[-1] + bars.every_us) / 1e3


def test_an_unchanged_tape_sends_nothing(wire, chart):
    """A tick moves the forming candle and no line of the tape; a repair moves the holes."""
    draw(chart, holed(make_bars(n=60), 4))
    wire.clear()
    draw(chart, holed(make_bars(n=60, tick=1), 4))
    assert wire.updates(chart._tape) == wire.updates(chart._holes) == []
    draw(chart, make_bars(n=60, tick=1))

    assert wire.updates(chart._tape) == []
    assert len(wire.updates(chart._holes)) == 1


def test_the_scale_fits_the_bars_in_view(chart):
    """Zooming in makes room for what is seen, not for what was."""
    bars = make_bars(n=60)
    draw(chart, bars)
    whole = chart.values.span
    close_up = Sight(PAIR, CHUNK_US, int(bars.ts[10]), int(bars.ts[13]))
    chart.draw(bars, close_up)

    assert chart.values.span.width < whole.width


def test_names_are_escaped(chart):
    """A symbol cannot bring markup."""
    draw(chart, make_bars("<img>", n=20))

    assert "<img>" not in words(chart)


def test_no_bars_are_said(chart):
    """Without a bar the chart says so."""
    bars = make_bars(n=60)
    draw(chart, bars)
    chart.draw(make_bars(n=0), sight_of(bars))

    assert "no trades of ETHUSDT yet" in words(chart)
    assert all(mark.x.size == 0 for mark in (chart._past, chart._recent, chart._forming))


def test_volume_keeps_to_the_foot():
    """The highest box is below the candles, the lowest end above the tape."""
    chart = CandleChart(TimeAxis(), "y", 200)
    bars = make_bars(n=60)
    draw(chart, bars)
    past = chart._past
    tops = past.y[0][np.isfinite(past.y[0])][:-1]

    assert chart.values.part(tops.min()) * chart.plot_px < chart.plot_px - HOLE_PX
    assert tops.min() < tops.max() <= bars.low.min()


@pytest.mark.parametrize(
    ("factor", "kind", "text"),
    [
        (1.01, "ql-up", "+1.00 %"),
        (0.99, "ql-down", "−1.00 %"),
        (1.0, "ql-even", "0.00 %"),
        (1.00001, "ql-up", "+0.0010 %"),
        (0.99999, "ql-down", "−0.0010 %"),
    ],
)
def test_a_change_that_reads_as_nothing_has_no_colour(chart, factor, kind, text):
    """The colour is that of the number as it is written; only no change at all reads 0.00 %."""
    bars = make_bars(n=60)
    close = bars.close.copy()
    close[-1] = bars.open[0] * factor
    draw(chart, replace(bars, close=close))

    assert f'class="ql-change {kind}"' in words(chart)
    assert f">{text}<" in words(chart)
