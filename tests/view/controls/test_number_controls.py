"""Each control is one wish; the settings are shown back."""

from dataclasses import replace

import ipywidgets as w
import pytest

from quantlive_nb.settings import Settings, Windows
from quantlive_nb.view.controller import ViewState
from quantlive_nb.view.controls.number_controls import Controls
from quantlive_nb.view.widgets.widget_tree import family
from tests.view.fake import PAIR


@pytest.fixture
def controls(controller):
    """The controls of a controller."""
    return Controls(controller)


def test_every_control_has_a_label_and_a_tooltip(controls):
    """Nobody has to guess what a field is for."""
    fields = [
        widget
        for box in controls.groups
        for widget in family(box)
        if "ql-field" in getattr(widget, "_dom_classes", ())
    ]

    assert len(fields) == 12
    assert all(field.description and field.tooltip for field in fields)


@pytest.mark.parametrize(
    ("part", "name", "value", "changed"),
    [
        ("pair", "y", "SOLUSDT", {"y": "SOLUSDT"}),
        ("bars", "every", "5min", {"every_us": 300_000_000}),
        ("bars", "other", "15s", {"every_us": 15_000_000}),
        ("bars", "bars", 120, {"bars": 120}),
        ("bars", "refresh", 1_000, {"refresh_ms": 1_000}),
        ("windows", "threshold", 2.5, {"z_threshold": 2.5}),
    ],
)
def test_a_control_changes_its_setting(controller, controls, part, name, value, changed):
    """The value of a control is the value of one setting."""
    controls.show(PAIR, ViewState(), ("SOLUSDT",))
    getattr(getattr(controls, part), name).value = value

    assert controller.settings == PAIR.but(**changed)


@pytest.mark.parametrize("name", ["hedge", "z", "correlation"])
def test_a_window_changes_its_window(controller, controls, name):
    """Each of the three windows is its own field."""
    controls.windows.windows[name].value = 77

    assert controller.settings.windows == replace(PAIR.windows, **{name: 77})


def test_buttons_swap_and_look(controller, controls):
    """Swap exchanges the pair; mouse and follow change the look alone."""
    swap = next(x for x in family(controls.pair.box) if isinstance(x, w.Button))
    swap.click()
    assert controller.settings.y == PAIR.x
    controls.view.mode.value = True
    controls.view.follow.value = False

    assert (controller.look.is_panning, controller.look.is_following) == (True, False)


def test_settings_are_shown_whatever_was_there(controller, controls):
    """After show every control has the value that holds."""
    settings = Settings(
        "A", "B", 15_000_000, 77, 900, Windows(hedge=11, z=6, correlation=7), z_threshold=3.0
    )
    with controller.drawing():
        controls.show(settings, ViewState(is_following=False, is_panning=True), ("A", "B", "C"))

    assert (controls.pair.y.value, controls.pair.x.value) == ("A", "B")
    assert controls.pair.y.options == ("A", "B", "C")
    assert (controls.bars.every.value, controls.bars.other.value) == (None, "15s")
    assert (controls.bars.bars.value, controls.bars.refresh.value) == (77, 900)
    assert [field.value for field in controls.windows.windows.values()] == [11, 6, 7]
    assert controls.windows.threshold.value == 3.0
    assert (controls.view.mode.value, controls.view.follow.value) == (True, False)
    assert controller.settings is PAIR


@pytest.mark.parametrize(
    ("name", "text"),
    [("bars", "2.5"), ("bars", "1e9"), ("bars", "abc"), ("refresh", "1"), ("other", "soon")],
)
def test_what_cannot_be_stays_with_a_sentence(controller, controls, name, text):
    """The page goes on with the old value; the field keeps what was typed until it is mended."""
    field = getattr(controls.bars, name)
    with controller.drawing():
        controls.show(controller.settings, controller.look, ())
    field.control.value = text
    with controller.drawing():
        controls.show(controller.settings, controller.look, ())

    assert field.control.value == text
    assert field.why
    assert controller.settings == PAIR


@pytest.mark.parametrize("name", ["hedge", "z", "correlation"])
def test_a_window_has_two_ends(controller, controls, name):
    """Too short and too long are said beside the field."""
    for text in ("1", "100000"):
        controls.windows.windows[name].control.value = text
        assert f"the {name} window is {text} bars" in controls.windows.windows[name].why

    assert controller.settings.windows == PAIR.windows


def test_a_decimal_comma_is_a_decimal_comma(controller, controls):
    """2,5 is two and a half, and is not 25."""
    controls.windows.threshold.control.value = "2,5"

    assert controller.settings.z_threshold == 2.5


def test_a_refused_value_is_taken_back(controller, controls):
    """The old value is in force."""
    controls.bars.bars.value = 3
    with controller.drawing():
        controls.show(controller.settings, controller.look, ())

    assert controls.bars.bars.value == PAIR.bars
