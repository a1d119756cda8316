"""The controls of the numbers: pair, bar length, count, windows, threshold, and the view of them.

This file turns each control into one call of the desk, and shows settings back on the controls.
"""

from functools import partial

import ipywidgets as w

from quantlive_nb.interval import every_name
from quantlive_nb.settings import Settings
from quantlive_nb.view.desk import Desk, Look
from quantlive_nb.view.field import button, field, group, heard, set_quietly

__all__ = ["Controls"]

EVERY = ("1s", "5s", "1min", "5min")
MODES = (("Inspect", False), ("Pan", True))


class Controls:
    """Two rows of fields; they never hold what they show, the desk's settings do."""

    def __init__(self, desk: Desk) -> None:
        self.pair = PairFields(desk)
        self.bars = BarFields(desk)
        self.windows = WindowFields(desk)
        self.view = ViewFields(desk)
        self.groups = [part.box for part in (self.pair, self.bars, self.view, self.windows)]

    def show(self, settings: Settings, look: Look, symbols: tuple[str, ...]) -> None:
        """Show these settings, whatever the controls showed before."""
        self.pair.show(settings, symbols)
        self.bars.show(settings)
        self.windows.show(settings)
        self.view.show(look)


class PairFields:
    """Y, swap, X."""

    def __init__(self, desk: Desk) -> None:
        s = desk.settings
        options = (s.y, s.x)
        self.y = field(
            w.Dropdown, "y", "Y", "The leg that is explained", options=options, value=s.y
        )
        self.x = field(w.Dropdown, "x", "X", "The leg that explains it", options=options, value=s.x)
        heard(self.y, lambda value: desk.change(y=value))
        heard(self.x, lambda value: desk.change(x=value))
        swap = button("swap", "⇄", "Swap Y and X", desk.swap)
        self.box = group("pair", self.y, swap, self.x)

    def show(self, settings: Settings, symbols: tuple[str, ...]) -> None:
        """Offer the streamed symbols, and what is shown already."""
        options = tuple(dict.fromkeys((*symbols, settings.y, settings.x)))
        set_quietly(self.y, options=options, value=settings.y)
        set_quietly(self.x, options=options, value=settings.x)


class BarFields:
    """Bar length, how many bars, how often."""

    def __init__(self, desk: Desk) -> None:
        s = desk.settings
        self.every = field(
            w.ToggleButtons,
            "every",
            "Bar",
            "Length of a bar",
            options=EVERY,
            value=None,
            tooltips=[f"Bars of {name}" for name in EVERY],
        )
        text = "Any other bar length: 15s, 3min, 2h, 1d"
        self.other = field(w.Text, "every-other", "Other", text, continuous_update=False)
        text = "How many bars are drawn, 20 to 2000"
        self.bars = field(w.IntText, "bars", "Bars", text, value=s.bars, continuous_update=False)
        text = "Milliseconds between two refreshes, 200 to 5000"
        self.refresh = field(
            w.IntText, "refresh", "Refresh ms", text, value=s.refresh_ms, continuous_update=False
        )
        self._desk = desk
        heard(self.every, self._choose)
        heard(self.other, self._choose)
        heard(self.bars, lambda value: desk.change(bars=value))
        heard(self.refresh, lambda value: desk.change(refresh_ms=value))
        self.box = group("bars", self.every, self.other, self.bars, self.refresh)

    def _choose(self, every: "str | None") -> None:
        if every and every.strip():
            self._desk.change(every=every)

    def show(self, settings: Settings) -> None:
        """Show length, count and pace."""
        name = every_name(settings.every_us)
        is_listed = name in EVERY
        set_quietly(self.every, value=name if is_listed else None)
        set_quietly(self.other, value="" if is_listed else name)
        set_quietly(self.bars, value=settings.bars)
        set_quietly(self.refresh, value=settings.refresh_ms)


class WindowFields:
    """How far back each rolling statistic looks, and the z threshold."""

    def __init__(self, desk: Desk) -> None:
        windows = desk.settings.windows
        words = {
            "hedge": (
                "Hedge window",
                "Bars of the rolling regression behind the spread, at least 10",
            ),
            "z": ("z window", "Bars of the z-score's mean and deviation, at least 5"),
            "correlation": ("Correlation window", "Returns of the rolling correlation, at least 5"),
        }
        self.windows = {
            name: field(
                w.IntText,
                f"window-{name}",
                label,
                tooltip,
                value=getattr(windows, name),
                continuous_update=False,
            )
            for name, (label, tooltip) in words.items()
        }
        for name, control in self.windows.items():
            heard(control, partial(_change, desk, name))
        self.threshold = field(
            w.FloatText,
            "z-threshold",
            "z threshold",
            "Where the z-score chart draws its two thresholds, above 0",
            value=desk.settings.z_threshold,
            step=0.1,
            continuous_update=False,
        )
        heard(self.threshold, lambda value: desk.change(z_threshold=value))
        self.box = group("windows", *self.windows.values(), self.threshold)

    def show(self, settings: Settings) -> None:
        """Show windows and threshold."""
        for name, control in self.windows.items():
            set_quietly(control, value=getattr(settings.windows, name))
        set_quietly(self.threshold, value=settings.z_threshold)


def _change(desk: Desk, name: str, value: float) -> None:
    """Change one setting by its name."""
    desk.change(**{name: value})


class ViewFields:
    """What the mouse does, and whether the time axis follows."""

    def __init__(self, desk: Desk) -> None:
        self.mode = field(
            w.ToggleButtons,
            "mode",
            "Mouse",
            "Inspect reads the bar under the mouse; Pan also drags and zooms the time axis",
            options=MODES,
            tooltips=["Read the bar under the mouse", "Drag and zoom the time axis"],
        )
        text = "Keep the newest bar in view; panning switches it off"
        self.follow = field(w.ToggleButton, "follow", "Follow", text, value=True, icon="crosshairs")
        heard(self.mode, lambda value: desk.regard(is_panning=value))
        heard(self.follow, lambda value: desk.regard(is_following=value))
        self.box = group("view", self.mode, self.follow)

    def show(self, look: Look) -> None:
        """Show mode and follow."""
        set_quietly(self.mode, value=look.is_panning)
        set_quietly(self.follow, value=look.is_following)
