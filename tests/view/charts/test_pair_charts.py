"""The charts of the pair's series."""

from dataclasses import replace

import numpy as np
import pytest

from quantlive_nb.settings import Settings, Windows
from quantlive_nb.view.charts.axis import TimeAxis
from quantlive_nb.view.charts.chart import Sight
from quantlive_nb.view.charts.pair_charts import CorrelationChart, SpreadChart, ZScoreChart
from quantlive_nb.view.text import correlation, spread, zscore
from tests.view.fake import PAIR, make_frame

SHORT = replace(PAIR, windows=Windows(hedge=10, z=5, correlation=5))
CHARTS = {
    "spread": (SpreadChart, spread),
    "zscore": (ZScoreChart, zscore),
    "correlation": (CorrelationChart, correlation),
}


def drawn(kind, settings=SHORT, **more):
    """A chart of a frame, all of it in view."""
    frame = make_frame(settings, **more)
    chart = kind(TimeAxis(), 100)
    chart.draw(frame, sight_of(frame))
    return chart, frame


def sight_of(frame):
    """All bars in view."""
    return Sight(frame.settings, 10_000_000, int(frame.y.ts[0]), int(frame.y.ts[-1]) + 1_000_000)


def words(chart):
    """The HTML of the text above the figure."""
    return chart.box.children[0].value


@pytest.mark.parametrize("name", CHARTS)
def test_text_and_line_are_the_frames(name):
    """The text is the last value of the series, and so is the end of the line."""
    kind, spell = CHARTS[name]
    chart, frame = drawn(kind)
    value = float(getattr(frame.series, name)[-1])

    assert f'class="ql-last" data-value="{value!r}">{spell(value)}<' in words(chart)
    assert chart._line.marks[1].y[-1] == value


@pytest.mark.parametrize("name", CHARTS)
def test_what_is_warming_up_says_so(name):
    """Too short a history is a count, never an error nor a line."""
    kind, _ = CHARTS[name]
    chart, _ = drawn(kind, PAIR, n=12)

    assert "warming up" in words(chart)
    assert all(mark.y.size == 0 for mark in chart._line.marks)


def test_the_band_is_two_deviations_wide():
    """Mean plus and minus two deviations, labelled with its window."""
    chart, frame = drawn(SpreadChart)
    series = frame.series
    tail = chart._band.marks[1].y[:, -1]

    np.testing.assert_allclose(tail.mean(), series.mean[-1], atol=1e-15)
    np.testing.assert_allclose(tail[0] - tail[1], 4 * series.std[-1])
    assert "of 5 bars" in words(chart)


def test_thresholds_are_where_the_settings_put_them():
    """They move with the setting, and are always in view."""
    frame = make_frame(SHORT)
    chart = ZScoreChart(TimeAxis(), 100)
    for threshold in (2.0, 9.0):
        frame = replace(frame, settings=replace(SHORT, z_threshold=threshold))
        chart.draw(frame, sight_of(frame))

        assert chart._thresholds.y[:, 0].tolist() == [threshold, -threshold]
        assert chart.values.span.high > threshold


def test_the_correlations_axis_is_fixed():
    """It reaches from -1 to 1 whatever the values."""
    chart, _ = drawn(CorrelationChart)

    assert chart.values.span.low < -1 < 1 < chart.values.span.high


def test_symbols_are_escaped():
    """The formula under the spread cannot bring markup."""
    odd = Settings("<img>", "B", bars=60, windows=SHORT.windows)
    chart, _ = drawn(SpreadChart, odd)

    assert "<img>" not in words(chart)


def test_clear_takes_every_point_out():
    """Line, mean and band are empty."""
    chart, _ = drawn(SpreadChart)
    chart.clear()
    trails = (chart._line, chart._mean, chart._band)

    assert all(mark.x.size == 0 for trail in trails for mark in trail.marks)
