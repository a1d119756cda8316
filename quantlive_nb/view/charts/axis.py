"""The axes: one time scale shared by all charts, and a value scale for each chart.

Times are µs UTC.
"""

import math
from datetime import datetime

import ipywidgets as w
import traitlets as t
from bqscales import DateScale, LinearScale

from quantlive_nb.interval import Micros
from quantlive_nb.types import Vector
from quantlive_nb.view.charts.autoscale import Span, fit
from quantlive_nb.view.charts.bqplot_model import Axis, PanZoom
from quantlive_nb.view.charts.tick import labels, ticks, time_format
from quantlive_nb.view.theme import GRID, TICK_TEXT

__all__ = ["TimeAxis", "TimeScale", "ValueAxis"]


def _ms(ts: "Micros | None", _: object) -> "float | None":
    """A time for the browser, free of time zones: milliseconds UTC."""
    return None if ts is None else ts / 1e3


def _micros(moment: "str | float | None", _: object) -> "Micros | None":
    """A time from the browser; None outside the years 1 to 9999."""
    if not isinstance(moment, str):
        return None if moment is None else round(moment * 1e3)
    try:
        return round(datetime.fromisoformat(moment).timestamp() * 1e6)
    except ValueError:
        return None


class TimeScale(DateScale):
    """A DateScale with its ends in µs UTC.

    bqscales sends the ends without a zone, which a browser reads as its own local time, and cannot
    read the ends that the browser sends.
    """

    min = t.Int(None, allow_none=True).tag(sync=True, to_json=_ms, from_json=_micros)
    max = t.Int(None, allow_none=True).tag(sync=True, to_json=_ms, from_json=_micros)


class TimeAxis:
    """The shared time scale: zooming one chart zooms all."""

    def __init__(self) -> None:
        self.scale = TimeScale(allow_padding=False)
        self.zoom = PanZoom(scales={"x": [self.scale]})
        self._axes: list[Axis] = []
        self._format = "%H:%M:%S"

    def axis(self, *, is_labelled: bool) -> Axis:
        """An axis for one more figure; most carry the grid and no labels."""
        text = TICK_TEXT if is_labelled else {"display": "none"}
        axis = Axis(scale=self.scale, grid_color=GRID, tick_style=text, tick_format=self._format)
        self._axes.append(axis)
        return axis

    def drop(self, axis: Axis) -> None:
        """Drop the axis of a removed figure."""
        self._axes.remove(axis)

    @property
    def shared(self) -> list[w.Widget]:
        """Widgets that belong to no single figure."""
        return [self.scale, self.zoom]

    @property
    def shown(self) -> "tuple[Micros, Micros] | None":
        """The window, set by the page or the mouse; None before the first."""
        if self.scale.min is None or self.scale.max is None:
            return None
        return self.scale.min, self.scale.max

    def show(self, low_us: Micros, high_us: Micros) -> None:
        """Move the window; nothing is sent when it does not change."""
        self.spell(high_us - low_us)
        with self.scale.hold_sync():
            self.scale.min, self.scale.max = low_us, high_us

    def spell(self, span_us: Micros) -> None:
        """Choose the time format for this length of time.

        The format must be sent before the new ends: the browser would draw them in the old format.
        """
        if (text := time_format(span_us)) != self._format:
            self._format = text
            for axis in self._axes:
                axis.tick_format = text


class ValueAxis:
    """The scale of one chart's values, its numbers at the right.

    Parameters
    ----------
    n_ticks : int
        Most numbers written.
    foot : float
        Part of the height that is kept free at the bottom, for the volume.
    least : float
        The span is not made narrower than this.
    fixed : Span, optional
        Ends that never move.

    Attributes
    ----------
    reach : float
        Numbers nearer than this to the tag are hidden; a part of the height.
    """

    def __init__(
        self,
        n_ticks: int,
        *,
        foot: float = 0.0,
        least: float = 0.0,
        fixed: "Span | None" = None,
    ) -> None:
        self.scale = LinearScale(allow_padding=False)
        self.axis = Axis(
            scale=self.scale,
            side="right",
            grid_color=GRID,
            tick_style=TICK_TEXT,
        )
        self.span: Span | None = None
        self.reach = 0.0
        self._n_ticks, self._foot, self._least = n_ticks, foot, least
        self._fixed = fixed
        self._words: dict[str, str] = {}
        if fixed is not None:
            self._show(fixed, math.nan)

    def hold(self, values: Vector, tag: float = math.nan) -> None:
        """Make these values fit; the scale does not change while they do.

        Parameters
        ----------
        tag : float
            Value of a tag: the numbers that it would cover are left out.
        """
        span = self._fixed or fit(values, self.span, foot=self._foot, least=self._least)
        if span is not None and span != self.span:
            self._show(span, tag)
        else:
            self.axis.tick_labels = self._uncovered(tag)

    def reset(self) -> None:
        """Compute the scale anew next time; until then there are no numbers."""
        self.span = self._fixed
        self.axis.visible = self._fixed is not None

    def part(self, value: float) -> float:
        """Position of a value: 0 at the top, 1 at the bottom."""
        if self.span is None:
            return 1.0
        return min(max((self.span.high - value) / self.span.width, 0.0), 1.0)

    def _uncovered(self, tag: float) -> dict[str, str]:
        """The labels of the axis, without those that a tag would cover."""
        top = self.part(tag)
        return {
            tick: "" if abs(self.part(float(tick)) - top) < self.reach else text
            for tick, text in self._words.items()
        }

    def _show(self, span: Span, tag: float) -> None:
        """Send labels, ticks and ends, in this order.

        The browser draws ticks and ends at once with the labels that it has: later labels would be
        lost.
        """
        self.span = span
        values = ticks(*span, self._n_ticks)
        self._words = labels(values)
        self.axis.tick_labels = self._uncovered(tag)
        self.axis.tick_values = values
        self.axis.visible = True
        with self.scale.hold_sync():
            self.scale.min, self.scale.max = span
