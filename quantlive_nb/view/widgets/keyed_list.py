"""A list of widgets by key: each is created once, and closed when its key is removed."""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import ipywidgets as w

from quantlive_nb.view.widgets.widget_tree import close

__all__ = ["KeyedList"]

Entry = TypeVar("Entry")


class KeyedList(Generic[Entry]):
    """Entries by key, in the order last requested.

    Parameters
    ----------
    make : callable
        Creates the entry of a key.
    box_of : callable
        Returns the widget of an entry.
    """

    def __init__(self, make: Callable[[str], Entry], box_of: Callable[[Entry], w.Widget]) -> None:
        self.box = w.Box([])
        self.entries: dict[str, Entry] = {}
        self._make, self._box_of = make, box_of

    def match(self, names: Iterable[str], spare: Iterable[w.Widget] = ()) -> bool:
        """Create and close entries to match these keys.

        Parameters
        ----------
        spare : iterable of Widget
            Shared widgets, which are not closed with a removed entry.

        Returns
        -------
        bool
            Whether any was added, removed or moved.
        """
        names = list(names)
        if names == list(self.entries):
            return False
        old = self.entries
        self.entries = {name: old.pop(name) if name in old else self._make(name) for name in names}
        self.box.children = [self._box_of(entry) for entry in self.entries.values()]
        for entry in old.values():
            close(self._box_of(entry), spare)
        return True
