"""The controls of the market: where trades come from, and which symbols are streamed.

This file turns each control into one call of the desk; it reaches no exchange itself.
"""

import re
from contextlib import suppress

import ipywidgets as w

from quantlive_nb.demo import DEMO
from quantlive_nb.errors import UsageError
from quantlive_nb.live.replay_folder import listed, named, served
from quantlive_nb.settings import Settings
from quantlive_nb.venue import DEFAULT
from quantlive_nb.view.controller import Controller, ViewState
from quantlive_nb.view.controls.typed_field import Typed, bounded
from quantlive_nb.view.widgets.form import button, field, group, heard, set_quietly
from quantlive_nb.view.widgets.keyed_list import KeyedList

__all__ = ["SourceFields", "SymbolFields"]

REPLAY = "replay"
PARTED = re.compile(r"[\s,;]+")
"""What stands between two symbols; no exchange has it in one."""
SOURCES = (
    (DEFAULT.capitalize(), DEFAULT),
    ("Simulated", "simulated"),
    ("Demo", DEMO),
    ("Replay a file", REPLAY),
)


class SourceFields:
    """The source; for a replay also its file and its pace."""

    def __init__(self, desk: Controller, source: str) -> None:
        self._desk = desk
        text = "Where the trades come from"
        self.source = field(w.Dropdown, "source", "Source", text, options=_options(source))
        text = "A recording: *.frames.jsonl.gz, or trades as *.parquet"
        hint = {"placeholder": "name" if served() else "path", "options": listed()}
        self.path = field(
            w.Combobox, "replay-path", "Recording", text, continuous_update=False, **hint
        )
        text = "Pace of the replay: 1 is the market's own"
        self.speed = Typed("replay-speed", "Speed", text, bounded("a speed", 0.0, 1e6), 1.0)
        play = button("replay-play", "Play", "Replay this recording", self._play)
        self._replay = group("replay", self.path, self.speed.box, play)
        self.show(source, ViewState())
        heard(self.source, self._choose)
        self.box = group("source", self.source, self._replay)

    def show(self, source: str, look: ViewState, speed: float = 1.0) -> None:
        """Show the source, and the replay's file and speed when they are of use."""
        is_replay = look.is_choosing_replay or source.startswith("replay:")
        chosen = REPLAY if is_replay else source
        set_quietly(self.source, options=_options(source), value=chosen)
        self._replay.remove_class("ql-hidden") if is_replay else self._replay.add_class("ql-hidden")
        if source.startswith("replay:") and not look.is_choosing_replay:
            set_quietly(self.path, value=named(source))
            self.speed.show(speed)

    def _choose(self, source: str) -> None:
        self._desk.regard(is_choosing_replay=source == REPLAY)
        if source != REPLAY:
            self._desk.switch(source, 1.0)

    def _play(self) -> None:
        with suppress(UsageError):  # the field says why
            self._desk.switch(f"replay:{self.path.value.strip()}", self.speed.read())


class SymbolFields:
    """The streamed symbols, each with a way out, and a field for one more."""

    def __init__(self, desk: Controller) -> None:
        self._desk = desk
        self._rows = KeyedList(self._chip, lambda chip: chip)
        text = "A symbol to stream too, such as SOLUSDT; then choose it as Y or X"
        self.symbol = field(
            w.Combobox,
            "add-symbol",
            "Add symbol",
            text,
            placeholder="SOLUSDT",
            continuous_update=False,
        )
        heard(self.symbol, lambda _: self._add())
        add = button("add", "Add", "Stream this symbol too", self._add)
        self.box = group("symbols", self._rows.box.add_class("ql-chips"), self.symbol, add)

    def show(self, settings: Settings, symbols: tuple[str, ...], listed: tuple[str, ...]) -> None:
        """Show the streamed symbols; those of the shown pair cannot go."""
        self._rows.match(symbols)
        for name, chip in self._rows.entries.items():
            set_quietly(chip, disabled=name in (settings.y, settings.x))
        is_done = set(PARTED.split(self.symbol.value.strip().upper())) <= set(symbols)
        set_quietly(self.symbol, options=listed, value="" if is_done else self.symbol.value)

    def _chip(self, name: str) -> w.Widget:
        tooltip = f"Stop streaming {name}; its history stays"
        return button("chip", f"{name} ×", tooltip, lambda: self._desk.drop(name))

    def _add(self) -> None:
        for symbol in PARTED.split(self.symbol.value.strip().upper()):
            if symbol:
                self._desk.want(symbol)


def _options(source: str) -> tuple[tuple[str, str], ...]:
    """The choices, with the present source among them; a replay only where there is a recording."""
    is_replay = source.startswith("replay:")
    has_recordings = is_replay or not served() or bool(listed())
    offered = SOURCES if has_recordings else SOURCES[:-1]
    is_other = source not in {value for _, value in SOURCES} and not is_replay
    return (*offered, (source, source)) if is_other else offered
