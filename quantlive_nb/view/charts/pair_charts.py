"""The three charts of a pair: spread with its band, z-score, rolling correlation."""

import numpy as np

from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.live.snapshot.snapshot import Snapshot
from quantlive_nb.view.charts.autoscale import Span
from quantlive_nb.view.charts.axis import TimeAxis, ValueAxis
from quantlive_nb.view.charts.chart import Sight
from quantlive_nb.view.charts.geometry import Outline
from quantlive_nb.view.charts.line_chart import LineChart, middles, seen, trail
from quantlive_nb.view.charts.mark import IncrementalLine, lines, put, rule
from quantlive_nb.view.text import NOTHING, correlation, escape, missing, spread, zscore
from quantlive_nb.view.theme import BAND, GRID, WARN

__all__ = ["CorrelationChart", "SpreadChart", "ZScoreChart"]

SIGMAS = 2.0
"""Half-width of the band in standard deviations."""
LEAST_SPREAD = 1e-9
"""Smaller changes are rounding errors."""


class SpreadChart(LineChart):
    """The spread, its rolling mean, and the band of two deviations around it."""

    def __init__(self, time: TimeAxis, height_px: int) -> None:
        values = ValueAxis(max(3, height_px // 24), least=LEAST_SPREAD)
        super().__init__(time, "spread", height_px, values, spread)
        band = {"fill": "between", "fill_colors": [BAND] * 2, "fill_opacities": [0.16, 0.0]}
        past, tail = (lines(self.scales, [BAND] * 2, 0.5, **band) for _ in range(2))
        self._band = IncrementalLine(past, tail)
        self._mean = trail(self.scales, BAND, 1.0)
        self.add(*self._band.marks, *self._mean.marks)

    def draw(self, frame: Snapshot, sight: Sight) -> None:
        """Show the series of a frame."""
        series = frame.series
        ts, x = series.ts, middles(series.ts, sight)
        edges = np.stack([series.mean + SIGMAS * series.std, series.mean - SIGMAS * series.std])
        self._band.draw(ts, x, edges, sight.chunk_us)
        self._mean.draw(ts, x, series.mean[None], sight.chunk_us)
        self.draw_line(ts, series.spread, sight, *(seen(ts, edge, sight) for edge in edges))
        settings = sight.settings
        note = f"log {escape(settings.y)} − &alpha; − &beta; log {escape(settings.x)}"
        text = f"mean ± {SIGMAS:g} &sigma; of {settings.windows.z} bars"
        keys = f'<span class="ql-key"><i class="ql-key-band"></i>{text}</span>'
        words = {"note": note, "keys": keys, "lacking": lacking(frame.stats.spread)}
        self.write_line("Spread", ts, series.spread, sight, **words)

    def clear(self) -> None:
        """Take all points out."""
        super().clear()
        self._band.clear()
        self._mean.clear()


class ZScoreChart(LineChart):
    """The z-score, zero and the two thresholds."""

    def __init__(self, time: TimeAxis, height_px: int) -> None:
        super().__init__(time, "zscore", height_px, ValueAxis(max(3, height_px // 24)), zscore)
        self._thresholds = rule(self.values.scale, [2.0, -2.0], WARN)
        self.add(rule(self.values.scale, [0.0], GRID), self._thresholds)

    def draw(self, frame: Snapshot, sight: Sight) -> None:
        """Show the series of a frame."""
        series = frame.series
        threshold = sight.settings.z_threshold
        levels = np.array([[threshold] * 2, [-threshold] * 2])
        put(self._thresholds, Outline(np.array([0.0, 1.0]), levels))
        self.draw_line(series.ts, series.zscore, sight, np.array([-1.15, 1.15]) * threshold)
        note = f"against the {sight.settings.windows.z} bars before"
        keys = (
            f'<span class="ql-key"><i class="ql-key-warn"></i>threshold ± {threshold:.12g}</span>'
        )
        words = {"note": note, "keys": keys, "lacking": lacking(frame.stats.zscore)}
        self.write_line("z-score", series.ts, series.zscore, sight, **words)


class CorrelationChart(LineChart):
    """The rolling correlation of the returns, always from -1 to 1."""

    def __init__(self, time: TimeAxis, height_px: int) -> None:
        values = ValueAxis(5, fixed=Span(-1.1, 1.1))
        super().__init__(time, "correlation", height_px, values, correlation, is_labelled=True)
        self.add(rule(self.values.scale, [0.0], GRID))

    def draw(self, frame: Snapshot, sight: Sight) -> None:
        """Show the series of a frame."""
        series = frame.series
        self.draw_line(series.ts, series.correlation, sight)
        note = f"of the last {sight.settings.windows.correlation} returns"
        words = {"note": note, "lacking": lacking(frame.stats.correlation)}
        self.write_line("Correlation", series.ts, series.correlation, sight, **words)


def lacking(value: "float | NotEnoughData | UsageError") -> str:
    """The text shown when there is no last value."""
    return NOTHING if isinstance(value, float) else missing(value)
