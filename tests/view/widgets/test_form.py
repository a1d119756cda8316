"""Controls with label, tooltip and class."""

import ipywidgets as w

from quantlive_nb.view.widgets.form import button, field, group, on_change, set_quietly, toggle


def test_a_field_has_label_tooltip_and_class():
    """All three are given at once."""
    made = field(w.IntText, "bars", "Bars", "How many", value=3)

    assert (made.description, made.tooltip, made.value) == ("Bars", "How many", 3)
    assert {"ql-field", "ql-bars"} <= set(made._dom_classes)


def test_values_and_presses_are_heard():
    """Each new value is handed on, and each press."""
    heard_of = []
    control = on_change(w.IntText(), heard_of.append)
    control.value = 4
    button("go", "Go", "Goes", lambda: heard_of.append("go")).click()

    assert heard_of == [4, "go"]


def test_a_value_that_holds_is_not_sent(wire):
    """Setting what is set already sends nothing."""
    control = w.Dropdown(options=("a", "b"), value="b")
    wire.clear()
    set_quietly(control, options=("a", "b"), value="b")

    assert wire.sent == []


def test_new_options_keep_the_value():
    """A list of choices that grows does not move the choice."""
    control = w.Dropdown(options=("a", "b"), value="b")
    set_quietly(control, options=("c", "a", "b"), value="b")

    assert control.value == "b"


def test_a_class_is_had_or_not():
    """Twice on is on, twice off is off."""
    box = w.Box([])
    for is_on in (True, True, False, False):
        toggle(box, "ql-hidden", is_on=is_on)

        assert ("ql-hidden" in box._dom_classes) == is_on


def test_a_group_holds_its_controls():
    """A group is a box with a name."""
    inner = w.Button()
    made = group("pair", inner)

    assert made.children == (inner,)
    assert "ql-group-pair" in made._dom_classes
