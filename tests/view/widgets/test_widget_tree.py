"""Widgets that belong together go together."""

import ipywidgets as w
from bqscales import LinearScale

from quantlive_nb.view.charts.bqplot_model import Axis, Figure, Lines
from quantlive_nb.view.widgets.widget_tree import close, family
from tests.view.fake import alive


def figure(scale):
    """A figure with a mark on a scale."""
    scales = {"x": scale, "y": LinearScale()}
    mark = Lines(x=[0, 1], y=[0, 1], scales=scales)
    return Figure(marks=[mark], axes=[Axis(scale=scale)])


def test_close_leaves_no_widget_of_the_family():
    """Children, layouts, styles, marks, axes and scales are all gone from the registry."""
    before = alive()
    box = w.VBox([w.Button(), w.HBox([figure(LinearScale())])])
    assert alive() > before
    close(box)

    assert alive() == before


def test_what_is_shared_stays():
    """A spare widget is not closed."""
    scale = LinearScale()
    box = w.VBox([figure(scale)])
    close(box, spare=[scale])

    assert scale.model_id in alive()


def test_closing_twice_is_harmless():
    """A closed family is empty."""
    box = w.VBox([w.Button()])
    close(box)
    close(box)

    assert family(box) == []
