"""Entries come and go by name."""

import ipywidgets as w

from quantlive_nb.view.widgets.keyed_list import KeyedList
from tests.view.fake import alive


def test_entries_are_made_once_and_closed_when_they_go():
    """A name that stays keeps its widget; one that goes frees it."""
    rows = KeyedList(lambda name: w.Button(description=name), lambda button: button)
    assert rows.match(["a", "b"])
    first, before = rows.entries["a"], alive()
    assert rows.match(["c", "a"])

    assert [button.description for button in rows.box.children] == ["c", "a"]
    assert rows.entries["a"] is first
    assert len(alive()) == len(before)


def test_the_same_names_change_nothing(wire):
    """Nothing is sent when nothing comes or goes."""
    rows = KeyedList(lambda name: w.Button(description=name), lambda button: button)
    rows.match(["a", "b"])
    wire.clear()

    assert not rows.match(["a", "b"])
    assert wire.sent == []
