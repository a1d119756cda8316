"""Widgets for bqplot's browser models, with only the attributes that this page sets.

bqplot's own Python classes read arrays through pandas: importing them costs a kernel 38 MB and
a second before its first chart. Attributes that are not named here have the browser's defaults; a
test compares every name and default with bqplot's own.
"""

import threading
from collections.abc import Iterable
from typing import Any

import ipywidgets as w
import numpy as np
import traitlets as t
from bqscales import LinearScale, Scale
from traittypes import Array

from quantlive_nb.types import Vector
from quantlive_nb.view.charts.geometry import Outline

__all__ = ["UNIT", "Axis", "Figure", "Lines", "Mark", "PanZoom", "Scatter"]

POINTS = {"x", "y"}
MODULE = "bqplot"
ANY = "*"
"""Version of the JavaScript that came with the installed bqplot."""


def _binary(values: "Vector | None", _: object) -> "dict[str, Any] | None":
    """An array in the binary form that bqplot's models read."""
    if values is None:
        return None
    there = np.ascontiguousarray(values, np.float64)
    return {"value": there.data, "dtype": "float64", "shape": there.shape, "type": None}


BINARY = {"sync": True, "to_json": _binary}
MODELS = {"sync": True, **w.widget_serialization}
UNIT = {"min": 0.0, "max": 1.0, "allow_padding": False}
"""A scale for positions in a figure rather than values."""


class Model(w.Widget):
    """A bqplot model."""

    _model_module = t.Unicode(MODULE).tag(sync=True)
    _model_module_version = t.Unicode(ANY).tag(sync=True)
    _view_module = t.Unicode(MODULE).tag(sync=True)
    _view_module_version = t.Unicode(ANY).tag(sync=True)


class Axis(Model):
    """An axis of a figure, with its grid."""

    _model_name = t.Unicode("AxisModel").tag(sync=True)
    _view_name = t.Unicode("Axis").tag(sync=True)
    scale = t.Instance(Scale).tag(**MODELS)
    side = t.Unicode("bottom").tag(sync=True)
    grid_color = t.Unicode(None, allow_none=True).tag(sync=True)
    tick_format = t.Unicode(None, allow_none=True).tag(sync=True)
    tick_labels = t.Dict(allow_none=True).tag(sync=True)
    tick_style = t.Dict().tag(sync=True)
    tick_values = Array(None, allow_none=True).tag(**BINARY)
    visible = t.Bool(default_value=True).tag(sync=True)


class Mark(Model):
    """A mark whose ``x`` and ``y`` are read and sent together.

    While a page loads, the kernel's main thread reads every state and the render thread draws on.
    Without the lock it could read the times of one refresh and the values of the next; if they were
    not sent together, values could reach a browser that never received their times. The browser
    would then truncate the longer array and end a curve at a gap.
    """

    scales = t.Dict().tag(**MODELS)
    preserve_domain = t.Dict().tag(sync=True)
    colors = t.List(t.Unicode()).tag(sync=True)
    x = Array(np.empty(0)).tag(**BINARY)
    y = Array(np.empty(0)).tag(**BINARY)

    def __init__(self, **state: Any) -> None:
        self._drawing = threading.RLock()
        super().__init__(**state)

    def place(self, points: Outline) -> None:
        """Set new points in one message."""
        with self._drawing, self.hold_sync():
            self.x, self.y = points

    def get_state(
        self, key: "str | Iterable[str] | None" = None, drop_defaults: bool = False
    ) -> dict[str, Any]:
        """State by name, as ipywidgets asks for it; both coordinates where one is named."""
        keys = {key} if isinstance(key, str) else None if key is None else set(key)
        if keys is not None and keys & POINTS:
            keys |= POINTS
        with self._drawing:
            state: dict[str, Any] = super().get_state(keys, drop_defaults)
        return state


class Lines(Mark):
    """Curves, and the area that they bound."""

    _model_name = t.Unicode("LinesModel").tag(sync=True)
    _view_name = t.Unicode("Lines").tag(sync=True)
    stroke_width = t.Float(2.0).tag(sync=True)
    fill = t.Unicode("none").tag(sync=True)
    fill_colors = t.List(t.Unicode()).tag(sync=True)
    fill_opacities = t.List(t.Float()).tag(sync=True)


class Scatter(Mark):
    """Single points."""

    _model_name = t.Unicode("ScatterModel").tag(sync=True)
    _view_name = t.Unicode("Scatter").tag(sync=True)
    marker = t.Unicode("circle").tag(sync=True)
    default_size = t.Int(64).tag(sync=True)


class PanZoom(Model):
    """Lets the mouse drag and zoom scales."""

    _model_name = t.Unicode("PanZoomModel").tag(sync=True)
    _view_name = t.Unicode("PanZoom").tag(sync=True)
    scales = t.Dict().tag(**MODELS)


class Figure(Model, w.DOMWidget):
    """A plot area with marks and axes."""

    _model_name = t.Unicode("FigureModel").tag(sync=True)
    _view_name = t.Unicode("Figure").tag(sync=True)
    marks = t.List(t.Instance(Mark)).tag(**MODELS)
    axes = t.List(t.Instance(Axis)).tag(**MODELS)
    interaction = t.Instance(PanZoom, allow_none=True).tag(**MODELS)
    scale_x = t.Instance(LinearScale, kw=UNIT).tag(**MODELS)
    scale_y = t.Instance(LinearScale, kw=UNIT).tag(**MODELS)
    fig_margin = t.Dict().tag(sync=True)
    padding_x = t.Float(0.0).tag(sync=True)
    padding_y = t.Float(0.025).tag(sync=True)
    display_toolbar = t.Bool(default_value=True).tag(sync=True)
