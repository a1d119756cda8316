"""One chart: a title above a figure, on the shared time axis."""

from collections.abc import Iterable
from typing import NamedTuple

import ipywidgets as w
import numpy as np

from quantlive_nb.alert import Event
from quantlive_nb.interval import Micros
from quantlive_nb.settings import Settings
from quantlive_nb.view.charts.axis import TimeAxis, ValueAxis
from quantlive_nb.view.charts.bqplot_model import Figure, Mark
from quantlive_nb.view.charts.geometry import Outline, no_outline
from quantlive_nb.view.charts.mark import put, triangles
from quantlive_nb.view.text import cell, clock, escape
from quantlive_nb.view.theme import ALERT

__all__ = ["Chart", "Sight", "moment"]

TITLE_PX = 22
TOP_PX = 4
BOTTOM_PX = 4
TIMES_PX = 20
"""Room for the labels of the time axis."""
TAG_PX = 15
"""A number on the axis nearer than this to the middle of the tag is hidden."""
RIGHT_PX = 78
"""Room for the numbers at the right."""


class Sight(NamedTuple):
    """View parameters of a chart.

    Attributes
    ----------
    settings : Settings
    chunk_us : int, µs
        Length of the newest chunk of bars, which is sent again with every bar.
    low_us, high_us : int, µs UTC
        Ends of the time axis.
    hover_us : int or None, µs UTC
        Opening time of the bar under the mouse.
    """

    settings: Settings
    chunk_us: Micros
    low_us: Micros
    high_us: Micros
    hover_us: "Micros | None" = None


class Chart:
    """A figure and its title; marks are added once and then only get new points.

    Parameters
    ----------
    time : TimeAxis
    name : str
        The chart's CSS class is ``ql-chart-NAME``.
    height_px : int
        Of the figure, with its time labels if it has any.
    values : ValueAxis
    is_labelled : bool
        Whether the times are written under it.
    """

    def __init__(
        self, time: TimeAxis, name: str, height_px: int, values: ValueAxis, *, is_labelled: bool
    ) -> None:
        self.time, self.values = time, values
        self._height_px = height_px
        self._bottom_px = BOTTOM_PX + TIMES_PX * is_labelled
        values.reach = TAG_PX / self.plot_px
        self._times = time.axis(is_labelled=is_labelled)
        self._text = w.HTML().add_class("ql-title")
        self._alerts = triangles(self.scales, ALERT)
        self.figure = Figure(
            marks=[],
            axes=[values.axis, self._times],
            fig_margin={"top": TOP_PX, "bottom": self._bottom_px, "left": 0, "right": RIGHT_PX},
            padding_x=0,
            padding_y=0,
            display_toolbar=False,
            layout=w.Layout(height=f"{height_px}px", width="100%", min_width="0"),
        )
        box = w.VBox([self._text, self.figure])
        self.box = box.add_class("ql-chart").add_class(f"ql-chart-{name}").add_class("ql-empty")
        top_px = TITLE_PX + height_px - TIMES_PX - 6
        self._zone = f'<div class="ql-utc" style="top:{top_px}px">UTC</div>' if is_labelled else ""

    @property
    def plot_px(self) -> int:
        """Height of the plot itself."""
        return self._height_px - TOP_PX - self._bottom_px

    @property
    def scales(self) -> dict[str, w.Widget]:
        """Scales for a mark of this chart."""
        return {"x": self.time.scale, "y": self.values.scale}

    def add(self, *marks: Mark) -> None:
        """Add marks to the figure, later ones on top, alerts topmost."""
        self.figure.marks = [*marks, self._alerts]

    def write(self, html: str, *, over: str = "") -> None:
        """Set the title, and elements laid over the figure.

        Parameters
        ----------
        html : str
            Also the text of the chart for screen readers.
        over : str
            Further elements, placed by their own style.
        """
        words = f'<div class="ql-words" role="status" aria-live="off">{html}</div>'
        self._text.value = words + over + self._zone
        self.box.remove_class("ql-empty")

    def mark_events(self, events: Iterable[Event], every_us: Micros) -> None:
        """Mark the firings that belong to this chart."""
        there = sorted({(event.ts, event.value) for event in events})
        x = [ts / 1e3 + every_us / 2e3 for ts, _ in there]
        put(self._alerts, _points(x, [value for _, value in there]))

    def empty(self, why: str) -> None:
        """Show no data, only the reason."""
        self.values.reset()
        self.clear()
        put(self._alerts, no_outline())
        self._text.value = (
            f'<div class="ql-words" role="status"><b class="ql-name">{escape(why)}</b></div>'
            f'<div class="ql-wait" style="height:{self._height_px}px">{escape(why)}</div>'
        )
        self.box.add_class("ql-empty")

    def clear(self) -> None:
        """Remove the points of every mark."""
        raise NotImplementedError

    def tag(self, value: float, text: str, kind: str = "") -> str:
        """A thin line at a value, with the value on the axis."""
        top_px = TITLE_PX + TOP_PX + self.plot_px * self.values.part(value)
        inner = cell("ql-tag", value, text)
        return f'<div class="ql-level {kind}" style="top:{top_px:.1f}px">{inner}</div>'

    def remove(self) -> None:
        """Detach from the time axis; the page closes the widgets."""
        self.time.drop(self._times)


def moment(ts: Micros, every_us: Micros) -> str:
    """The time of the bar under the mouse, as an element."""
    return f'<span class="ql-at">{clock(ts, every_us)} UTC</span>'


def _points(x: list[float], y: list[float]) -> Outline:
    return Outline(np.array(x, np.float64), np.array(y, np.float64))
