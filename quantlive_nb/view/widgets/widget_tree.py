"""Finds all widgets reachable from one, and closes them together."""

from collections.abc import Iterable, Iterator

import ipywidgets as w

__all__ = ["close", "family"]


def family(root: w.Widget, spare: Iterable[w.Widget] = ()) -> list[w.Widget]:
    """The widget and every widget that its state references: children, layouts, marks, scales.

    Parameters
    ----------
    spare : iterable of Widget
        Exclude these widgets and everything reachable only through them.
    """
    found: dict[str, w.Widget] = {}
    skip = {widget.model_id for widget in spare}
    waiting = [root]
    while waiting:
        widget = waiting.pop()
        if widget.comm is None or widget.model_id in found or widget.model_id in skip:
            continue
        found[widget.model_id] = widget
        for name in widget.keys:
            waiting += _widgets(getattr(widget, name))
    return list(found.values())


def close(root: w.Widget, spare: Iterable[w.Widget] = ()) -> None:
    """Close a widget and everything reachable from it, so that ipywidgets keeps no reference."""
    for widget in family(root, spare):
        widget.close()


def _widgets(value: object) -> Iterator[w.Widget]:
    """Widgets in a value: itself, or inside its lists and dicts."""
    if isinstance(value, w.Widget):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _widgets(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _widgets(inner)
