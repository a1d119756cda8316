"""The controls of the numbers: pair, bar length, bar count, windows, threshold and view."""

from functools import partial

import ipywidgets as w

from quantlive_nb.interval import every_name
from quantlive_nb.settings import Settings
from quantlive_nb.view.controller import Controller, ViewState
from quantlive_nb.view.controls.typed_field import NUMBER, WHOLE, Typed, length
from quantlive_nb.view.widgets.form import button, field, group, on_change, set_quietly

__all__ = ["Controls"]

EVERY = ("1s", "5s", "1min", "5min")
MODES = (("Inspect", False), ("Pan", True))


class Controls:
    """Two rows of fields that show the controller's settings."""

    def __init__(self, controller: Controller) -> None:
        self.pair = PairFields(controller)
        self.bars = BarFields(controller)
        self.windows = WindowFields(controller)
        self.view = ViewFields(controller)
        self.groups = [part.box for part in (self.pair, self.bars, self.view, self.windows)]

    def show(self, settings: Settings, look: ViewState, symbols: tuple[str, ...]) -> None:
        """Show these settings."""
        self.pair.show(settings, symbols)
        self.bars.show(settings)
        self.windows.show(settings)
        self.view.show(look)


class PairFields:
    """Y, swap, X."""

    def __init__(self, controller: Controller) -> None:
        s = controller.settings
        options = (s.y, s.x)
        self.y = field(
            w.Dropdown, "y", "Y", "The leg that is explained", options=options, value=s.y
        )
        self.x = field(w.Dropdown, "x", "X", "The leg that explains it", options=options, value=s.x)
        on_change(self.y, lambda value: controller.change(y=value))
        on_change(self.x, lambda value: controller.change(x=value))
        swap = button("swap", "⇄", "Swap Y and X", controller.swap)
        self.box = group("pair", self.y, swap, self.x)

    def show(self, settings: Settings, symbols: tuple[str, ...]) -> None:
        """Offer the streamed symbols, and those shown now."""
        options = tuple(dict.fromkeys((*symbols, settings.y, settings.x)))
        set_quietly(self.y, options=options, value=settings.y)
        set_quietly(self.x, options=options, value=settings.x)


class BarFields:
    """Bar length, number of bars, refresh rate."""

    def __init__(self, controller: Controller) -> None:
        s = controller.settings
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
        self.other = Typed("every-other", "Other", text, length(""), "", take=self._set)
        text = "How many bars are drawn, 20 to 2000"
        self.bars = Typed(
            "bars", "Bars", text, WHOLE, s.bars, take=partial(_set, controller, "bars")
        )
        text = "Milliseconds between two refreshes, 200 to 5000"
        take = partial(_set, controller, "refresh_ms")
        self.refresh = Typed("refresh", "Refresh ms", text, WHOLE, s.refresh_ms, take=take)
        self._controller = controller
        on_change(self.every, self._choose)
        typed = (field.box for field in (self.other, self.bars, self.refresh))
        self.box = group("bars", self.every, *typed)

    def _set(self, every: str) -> None:
        if every:
            self._controller.set(every=every)

    def _choose(self, every: "str | None") -> None:
        if every:
            self._controller.change(every=every)

    def show(self, settings: Settings) -> None:
        """Show length, count and refresh rate."""
        name = every_name(settings.every_us)
        is_listed = name in EVERY
        set_quietly(self.every, value=name if is_listed else None)
        self.other.show("" if is_listed else name, force=name)
        self.bars.show(settings.bars)
        self.refresh.show(settings.refresh_ms)


class WindowFields:
    """The window of each rolling statistic, and the z threshold."""

    def __init__(self, controller: Controller) -> None:
        windows = controller.settings.windows
        words = {
            "hedge": (
                "Hedge window",
                "Bars of the rolling regression behind the spread, 10 to 10000",
            ),
            "z": ("z window", "Bars of the z-score's mean and deviation, 5 to 10000"),
            "correlation": (
                "Correlation window",
                "Returns of the rolling correlation, 5 to 10000",
            ),
        }
        self.windows = {
            name: Typed(
                f"window-{name}",
                *texts,
                WHOLE,
                getattr(windows, name),
                take=partial(_set, controller, name),
            )
            for name, texts in words.items()
        }
        text = "Where the z-score chart draws its two thresholds, above 0"
        take, value = partial(_set, controller, "z_threshold"), controller.settings.z_threshold
        self.threshold = Typed("z-threshold", "z threshold", text, NUMBER, value, take=take)
        typed = (field.box for field in (*self.windows.values(), self.threshold))
        self.box = group("windows", *typed)

    def show(self, settings: Settings) -> None:
        """Show windows and threshold."""
        for name, control in self.windows.items():
            control.show(getattr(settings.windows, name))
        self.threshold.show(settings.z_threshold)


def _set(controller: Controller, name: str, value: object) -> None:
    """Change one setting by its name, or raise an error that says why not."""
    controller.set(**{name: value})


class ViewFields:
    """Mouse mode, and whether the time axis follows."""

    def __init__(self, controller: Controller) -> None:
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
        on_change(self.mode, lambda value: controller.regard(is_panning=value))
        on_change(self.follow, lambda value: controller.regard(is_following=value))
        self.box = group("view", self.mode, self.follow)

    def show(self, look: ViewState) -> None:
        """Show mode and follow."""
        set_quietly(self.mode, value=look.is_panning)
        set_quietly(self.follow, value=look.is_following)
