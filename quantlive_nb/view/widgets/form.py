"""Form controls, each with a label, a tooltip and a CSS class."""

from collections.abc import Callable
from typing import Any

import ipywidgets as w

__all__ = ["button", "field", "group", "on_change", "set_quietly", "toggle"]


def field(kind: "type[w.Widget]", name: str, label: str, tooltip: str, **state: Any) -> Any:
    """Create a control.

    Parameters
    ----------
    name : str
        Its CSS class is ``ql-NAME``.
    label : str
        Its label.
    tooltip : str
        A sentence that says what it does.
    """
    control = kind(description=label, tooltip=tooltip, **state)
    return control.add_class("ql-field").add_class(f"ql-{name}")


def button(name: str, text: str, tooltip: str, press: Callable[[], None]) -> Any:
    """A button; its CSS class is ``ql-NAME``."""
    made = w.Button(description=text, tooltip=tooltip)
    made.on_click(lambda _: press())
    return made.add_class("ql-button").add_class(f"ql-{name}")


def on_change(control: w.Widget, hear: Callable[[Any], None]) -> Any:
    """Call a function with every new value of the control; returns the control."""
    control.observe(lambda change: hear(change["new"]), "value")
    return control


def group(name: str, *controls: w.Widget) -> Any:
    """A group of controls with a name for screen readers and style."""
    return w.Box(list(controls)).add_class("ql-group").add_class(f"ql-group-{name}")


def set_quietly(control: w.Widget, **state: Any) -> None:
    """Set state on a control; unchanged values are not sent."""
    changed = {name: value for name, value in state.items() if getattr(control, name) != value}
    if not changed:
        return
    with control.hold_sync():
        for name, value in changed.items():
            setattr(control, name, value)
        for name, value in state.items():
            setattr(control, name, value)


def toggle(widget: w.Widget, name: str, *, is_on: bool) -> None:
    """Add or remove a CSS class."""
    widget.add_class(name) if is_on else widget.remove_class(name)
