"""A control with its label, its tooltip and its CSS class: no control is without them.

This file knows ipywidgets and no setting.
"""

from collections.abc import Callable
from typing import Any

import ipywidgets as w

__all__ = ["button", "field", "group", "heard", "set_quietly", "toggle"]


def field(kind: "type[w.Widget]", name: str, label: str, tooltip: str, **state: Any) -> Any:
    """A control of some kind.

    Parameters
    ----------
    name : str
        Its CSS class is ``ql-NAME``.
    label : str
        What stands above it.
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


def heard(control: w.Widget, hear: Callable[[Any], None]) -> Any:
    """The control; every new value of it is handed on."""
    control.observe(lambda change: hear(change["new"]), "value")
    return control


def group(name: str, *controls: w.Widget) -> Any:
    """Controls that belong together, under a name for screen readers and style."""
    return w.Box(list(controls)).add_class("ql-group").add_class(f"ql-group-{name}")


def set_quietly(control: w.Widget, **state: Any) -> None:
    """Give a control a state; what it has already is not sent."""
    changed = {name: value for name, value in state.items() if getattr(control, name) != value}
    if not changed:
        return
    with control.hold_sync():
        for name, value in changed.items():
            setattr(control, name, value)
        for name, value in state.items():
            setattr(control, name, value)


def toggle(widget: w.Widget, name: str, *, is_on: bool) -> None:
    """Have a CSS class or not."""
    widget.add_class(name) if is_on else widget.remove_class(name)
