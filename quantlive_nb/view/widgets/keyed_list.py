"""A list whose entries come and go by name: each is made once and closed when its name goes.

This file knows ipywidgets and nothing of what an entry says.
"""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import ipywidgets as w

from quantlive_nb.view.widgets.widget_tree import close

__all__ = ["KeyedList"]

Entry = TypeVar("Entry")


class KeyedList(Generic[Entry]):
    """Entries by name, in the order last asked for.

    Parameters
    ----------
    make : callable
        From a name to an entry.
    box_of : callable
        From an entry to the widget that shows it.
    """

    def __init__(self, make: Callable[[str], Entry], box_of: Callable[[Entry], w.Widget]) -> None:
        self.box = w.Box([])
        self.entries: dict[str, Entry] = {}
        self._make, self._box_of = make, box_of

    def match(self, names: Iterable[str], spare: Iterable[w.Widget] = ()) -> bool:
        """Have exactly these entries.

        Parameters
        ----------
        spare : iterable of Widget
            Shared with others: not closed with an entry that goes.

        Returns
        -------
        bool
            Whether any came, went or moved.
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
