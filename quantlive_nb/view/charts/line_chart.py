"""A chart of one line on closed bars, each value drawn at the middle of its bar."""

import math
from collections.abc import Callable

import ipywidgets as w
import numpy as np

from quantlive_nb.types import Ints, Vector
from quantlive_nb.view.charts.axis import TimeAxis, ValueAxis
from quantlive_nb.view.charts.chart import Chart, Sight, moment
from quantlive_nb.view.charts.mark import IncrementalLine, lines
from quantlive_nb.view.text import cell
from quantlive_nb.view.theme import LINE

__all__ = ["LineChart", "middles", "seen", "trail"]

Spell = Callable[[float], str]
"""Formats a value of the line."""


class LineChart(Chart):
    """One line, the text of its last value (or of the one under the mouse), and a tag at it.

    Parameters
    ----------
    spell : callable
        Formats a value.
    """

    def __init__(
        self,
        time: TimeAxis,
        name: str,
        height_px: int,
        values: ValueAxis,
        spell: Spell,
        *,
        is_labelled: bool = False,
    ) -> None:
        super().__init__(time, name, height_px, values, is_labelled=is_labelled)
        self.spell = spell
        self._line = trail(self.scales, LINE, 1.4)

    def add(self, *marks: w.Widget) -> None:
        """Put marks under the line."""
        super().add(*marks, *self._line.marks)

    def draw_line(self, ts: Ints, values: Vector, sight: Sight, *others: Vector) -> None:
        """Show the line; points that were sent before are not sent again.

        Parameters
        ----------
        others : Vector
            Further values that must fit.
        """
        self._line.draw(ts, middles(ts, sight), values[None], sight.chunk_us)
        last = _last(values)
        room = np.concatenate([seen(ts, values, sight), *others])
        self.values.hold(room, tag=math.nan if last is None else last)

    def clear(self) -> None:
        """Take all points out."""
        self._line.clear()

    def write_line(
        self,
        name: str,
        ts: Ints,
        values: Vector,
        sight: Sight,
        *,
        note: str = "",
        keys: str = "",
        lacking: str = "",
    ) -> None:
        """Write the title, and the tag at the last value.

        Parameters
        ----------
        name, note, keys, lacking : str
            HTML: name, note, legend, and the text shown when there is no last value.
        """
        last = _last(values)
        words, tag = f'<b class="ql-name">{name}</b> ', ""
        if last is not None:
            tag = self.tag(last, self.spell(last))
        at = _index(ts, sight)
        value = last if at is None else float(values[at])
        if at is not None:
            words += moment(int(ts[at]), sight.settings.every_us) + " "
        words += lacking if value is None else cell("ql-last", value, self.spell(value))
        self.write(f'{words} <span class="ql-note">{note}</span>{keys}', over=tag)


def trail(scales: dict[str, w.Widget], color: str, width: float) -> IncrementalLine:
    """A growing line of one colour."""
    return IncrementalLine(*(lines(scales, [color], width) for _ in range(2)))


def middles(ts: Ints, sight: Sight) -> Vector:
    """The middle of each bar, ms UTC."""
    return ts / 1e3 + sight.settings.every_us / 2e3


def seen(ts: Ints, values: Vector, sight: Sight) -> Vector:
    """The values in the window; all of them if it shows none."""
    there = (ts > sight.low_us - sight.settings.every_us) & (ts < sight.high_us)
    return values[there] if there.any() else values


def _last(values: Vector) -> "float | None":
    """The newest value, if there is one."""
    return float(values[-1]) if len(values) and np.isfinite(values[-1]) else None


def _index(ts: Ints, sight: Sight) -> "int | None":
    """Index of the value of the bar under the mouse."""
    if sight.hover_us is None:
        return None
    at = int(np.searchsorted(ts, sight.hover_us))
    return at if at < len(ts) and ts[at] == sight.hover_us else None
