"""The candles and volumes of one symbol, on the shared time axis."""

import math

import numpy as np
from bqscales import LinearScale

from quantlive_nb.types import Bars
from quantlive_nb.view.charts.autoscale import Span, fit
from quantlive_nb.view.charts.axis import TimeAxis, ValueAxis
from quantlive_nb.view.charts.chart import Chart, Sight, moment
from quantlive_nb.view.charts.geometry import Ground, candles, dashes, no_outline
from quantlive_nb.view.charts.mark import DeltaCache, lines, put
from quantlive_nb.view.text import cell, escape, fine, number, places, several, significant
from quantlive_nb.view.theme import CANDLES, TAPE, WARN

__all__ = ["CandleChart"]

FOOT = 0.2
"""Part of the height that is reserved for the volume."""
TAPE_PX, HOLE_PX = 2.0, 4.0
"""Thickness of the completeness line at the bottom, where the tape is complete and where not."""
TAPE_ROOM_PX = 6.0


class CandleChart(Chart):
    """Three candle marks: the older bars, the newest chunk, and the forming bar.

    Bars that have ended but are unconfirmed are drawn as forming.
    A line along the bottom shows completeness: it is thick where a bar is incomplete.
    """

    def __init__(
        self, time: TimeAxis, name: str, height_px: int, *, is_labelled: bool = False
    ) -> None:
        values = ValueAxis(max(3, height_px // 38), foot=FOOT)
        super().__init__(time, name, height_px, values, is_labelled=is_labelled)
        solid, hollow = (
            {"fill": "inside", "fill_colors": CANDLES, "fill_opacities": [volume, *[body] * 3]}
            for volume, body in ((1.0, 1.0), (0.5, 0.12))
        )
        self._past = lines(self.scales, CANDLES, 1.0, **solid)
        self._recent = lines(self.scales, CANDLES, 1.0, **solid)
        self._forming = lines(self.scales, CANDLES, 1.0, **hollow)
        pixels = LinearScale(min=0.0, max=float(self.plot_px), allow_padding=False)
        strip = {"x": time.scale, "y": pixels}
        self._tape, self._holes = lines(strip, [TAPE], TAPE_PX), lines(strip, [WARN], HOLE_PX)
        self.add(self._past, self._recent, self._forming, self._tape, self._holes)
        self._memory = DeltaCache()
        self._volumes: Span | None = None
        self._ground = Ground(0.0, 0.0)
        self._n_places = 0

    def draw(self, bars: Bars, sight: Sight) -> None:
        """Show the bars; closed bars that were sent before are not sent again."""
        if not len(bars):
            self.empty(f"no trades of {bars.symbol} yet")
            return
        seen = _within(bars, sight)
        self.values.hold(np.concatenate([seen.low, seen.high]), tag=float(bars.close[-1]))
        has_moved = self._stand(bars)
        closed, forming = bars.closed, bars.select(~bars.is_closed)
        cut, is_new = self._memory.split(closed.ts, _drawn(closed), sight.chunk_us)
        if is_new or has_moved:
            put(self._past, candles(closed.select(slice(None, cut)), self._ground))
            self._n_places = places(closed.close)
        put(self._recent, candles(closed.select(slice(cut, None)), self._ground))
        put(self._forming, candles(forming, self._ground))
        put(self._tape, dashes(bars, np.ones(len(bars), np.bool_), HOLE_PX / 2))
        put(self._holes, dashes(bars, ~bars.is_complete, HOLE_PX / 2))
        self._write(bars, sight)

    def _stand(self, bars: Bars) -> bool:
        """Compute the baseline of the volumes; return whether it moved."""
        self._volumes = fit(np.array([0.0, bars.volume.max()]), self._volumes)
        prices, volumes = self.values.span, self._volumes
        if prices is None or volumes is None:
            return False
        room = prices.width * TAPE_ROOM_PX / self.plot_px
        ground = Ground(prices.low + room, (FOOT * prices.width - room) / volumes.high)
        has_moved, self._ground = ground != self._ground, ground
        return has_moved

    def clear(self) -> None:
        """Remove all bars."""
        self._memory.forget()
        self._n_places = 0
        self._volumes = None
        for mark in (self._past, self._recent, self._forming, self._tape, self._holes):
            put(mark, no_outline())

    def _write(self, bars: Bars, sight: Sight) -> None:
        """Write the title: the bar under the mouse, else the newest price."""
        self._n_places = max(self._n_places, places(bars.close[-1:]))
        at = None if sight.hover_us is None else _index(bars, sight.hover_us)
        last = float(bars.close[-1])
        words = self._newest(bars) if at is None else self._one(bars, at)
        tag = self.tag(last, number(last, self._n_places), way(last - float(bars.open[-1])))
        self.write(f'<b class="ql-name">{escape(bars.symbol)}</b> {words}', over=tag)

    def _newest(self, bars: Bars) -> str:
        """Last price, its change over the bars drawn, volume of the forming bar."""
        last, first = float(bars.close[-1]), float(bars.open[0])
        change = 100 * (last / first - 1) if first else math.nan
        kind = way(change)
        volume = float(bars.volume[-1])
        n_holes = int((~bars.is_complete).sum())
        holes = cell("ql-incomplete ql-warn", n_holes, several(n_holes, "incomplete bar"))
        return " ".join(
            (
                cell("ql-last", last, number(last, self._n_places)),
                cell(f"ql-change {kind}", change, f"{fine(change, 2, signed=True)} %"),
                f'<span class="ql-note">over {len(bars)} bars</span>',
                f"<i>vol</i> {cell('ql-volume', volume, significant(volume))}",
                holes if n_holes else "",
            )
        )

    def _one(self, bars: Bars, at: int) -> str:
        """Time, open, high, low, close, volume and count of one bar."""
        parts = [moment(int(bars.ts[at]), bars.every_us)]
        for letter, name in zip("OHLC", ("open", "high", "low", "close"), strict=True):
            value = float(getattr(bars, name)[at])
            parts.append(
                f"<i>{letter}</i> {cell(f'ql-{name}', value, number(value, self._n_places))}"
            )
        volume = float(bars.volume[at])
        parts.append(f"<i>vol</i> {cell('ql-volume', volume, significant(volume))}")
        parts.append(
            f"<i>trades</i> {cell('ql-trades', int(bars.n_trades[at]), str(bars.n_trades[at]))}"
        )
        if not bars.is_complete[at]:
            parts.append('<span class="ql-warn">incomplete</span>')
        if not bars.is_closed[at] and at < len(bars) - 1:
            parts.append('<span class="ql-warn">not confirmed</span>')
        return " ".join(parts)


def way(change: float) -> str:
    """The CSS class of a change: up, down, or neither."""
    return "ql-up" if change > 0 else "ql-down" if change < 0 else "ql-even"


def _drawn(bars: Bars) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """Everything that the drawing of a bar depends on, one row per field."""
    counted = (bars.n_trades > 0).astype(np.float64)
    return np.stack([bars.open, bars.high, bars.low, bars.close, bars.volume, counted])


def _within(bars: Bars, sight: Sight) -> Bars:
    """The bars in the window; all of them if it shows none."""
    seen = (bars.ts > sight.low_us - bars.every_us) & (bars.ts < sight.high_us)
    return bars.select(seen) if seen.any() else bars


def _index(bars: Bars, ts: int) -> "int | None":
    """Index of the bar that opens at a time."""
    at = int(np.searchsorted(bars.ts, ts))
    return at if at < len(bars) and bars.ts[at] == ts else None
