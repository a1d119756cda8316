"""The figures say to the browser what bqplot's own would say."""

import bqplot
import ipywidgets as w
import numpy as np
import pytest
from bqscales import DateScale, LinearScale

from quantlive_nb.view.charts import bqplot_model as figure
from quantlive_nb.view.charts.bqplot_model import Axis, Figure, Lines, PanZoom, Scatter

OWN_VERSIONS = {"_model_module_version", "_view_module_version"}
"""Ours take the browser's part as it is installed."""


@pytest.fixture
def scales():
    """Scales for a mark."""
    return {"x": DateScale(), "y": LinearScale()}


def said(widget):
    """What a widget sends, arrays as lists; other widgets by their kind."""
    return {name: _plain(value) for name, value in widget.get_state().items()}


def _plain(value):
    if isinstance(value, dict) and "shape" in value:
        return np.frombuffer(value["value"], value["dtype"]).reshape(value["shape"]).tolist()
    if isinstance(value, str) and value.startswith("IPY_MODEL_"):
        return type(w.widget_serialization["from_json"](value, None)).__name__
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def pairs(scales):
    """Each of our classes beside bqplot's, as made with the same words."""
    x, y = np.arange(3.0), np.array([[1.0, 2.0, np.inf], [3.0, 4.0, 5.0]])
    points = {"x": x, "scales": scales, "preserve_domain": {"x": True}}
    area = {"fill": "inside", "fill_colors": ["red"], "fill_opacities": [0.5, 1.0]}
    curve = {**points, "y": y, "colors": ["red", "blue"], "stroke_width": 1.5, **area}
    triangle = {"colors": ["red"], "marker": "triangle-down", "default_size": 52}
    ticks = {"tick_values": x, "tick_labels": {"0": "0.0"}, "tick_style": {"fill": "red"}}
    margin = {"fig_margin": {"top": 4, "bottom": 4, "left": 0, "right": 0}, "padding_y": 0}
    for ours, theirs, words in (
        (Lines, bqplot.Lines, curve),
        (Scatter, bqplot.Scatter, {**points, "y": y[0], **triangle}),
        (Axis, bqplot.Axis, {"scale": scales["y"], "side": "right", "visible": False, **ticks}),
        (PanZoom, bqplot.PanZoom, {"scales": {"x": [scales["x"]]}}),
        (Figure, bqplot.Figure, {"display_toolbar": False, **margin}),
    ):
        yield ours(**words), theirs(**words)


def test_what_is_said_is_what_bqplot_says(scales):
    """Every name that we send has bqplot's meaning and form."""
    for ours, theirs in pairs(scales):
        mine, its = said(ours), said(theirs)
        assert set(mine) <= set(its)
        assert {n: v for n, v in mine.items() if n not in OWN_VERSIONS} == {
            n: its[n] for n in mine if n not in OWN_VERSIONS
        }


@pytest.mark.parametrize("name", ["Axis", "Figure", "PanZoom", "Lines", "Scatter"])
def test_defaults_are_bqplots(name, scales):
    """What is not given means what it means in bqplot, but for colours, which are always given."""
    words = {"scales": scales} if name in {"Lines", "Scatter"} else {}
    words = {"scale": scales["x"]} if name == "Axis" else words
    mine = said(getattr(figure, name)(**words))
    its = said(getattr(bqplot, name)(**words))
    differing = {n for n in mine if mine[n] != its[n]} - OWN_VERSIONS

    assert differing <= {"colors", "fig_margin"}
