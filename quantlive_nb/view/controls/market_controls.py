"""The market controls: the source of trades, and the streamed symbols."""

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
from quantlive_nb.view.widgets.form import button, field, group, on_change, set_quietly
from quantlive_nb.view.widgets.keyed_list import KeyedList

__all__ = ["SourceFields", "SymbolFields"]

REPLAY = "replay"
PARTED = re.compile(r"[\s,;]+")
"""Separators between two symbols; no exchange uses them within one."""
SOURCES = (
    (DEFAULT.capitalize(), DEFAULT),
    ("Simulated", "simulated"),
    ("Demo", DEMO),
    ("Replay a file", REPLAY),
)


class SourceFields:
    """The source; for a replay also its file and speed."""

    def __init__(self, controller: Controller, source: str) -> None:
        self._controller = controller
        text = "Where the trades come from"
        self.source = field(w.Dropdown, "source", "Source", text, options=_options(source))
        text = "A recording: *.frames.jsonl.gz, or trades as *.parquet"
        hint = {"placeholder": "name" if served() else "path", "options": listed()}
        self.path = field(
            w.Combobox, "replay-path", "Recording", text, continuous_update=False, **hint
        )
        text = "Speed of the replay: 1 is real time"
        self.speed = Typed("replay-speed", "Speed", text, bounded("a speed", 0.0, 1e6), 1.0)
        play = button("replay-play", "Play", "Replay this recording", self._play)
        self._replay = group("replay", self.path, self.speed.box, play)
        self.show(source, ViewState())
        on_change(self.source, self._choose)
        self.box = group("source", self.source, self._replay)

    def show(self, source: str, look: ViewState, speed: float = 1.0) -> None:
        """Show the source; file and speed only for a replay."""
        is_replay = look.is_choosing_replay or source.startswith("replay:")
        chosen = REPLAY if is_replay else source
        set_quietly(self.source, options=_options(source), value=chosen)
        self._replay.remove_class("ql-hidden") if is_replay else self._replay.add_class("ql-hidden")
        if source.startswith("replay:") and not look.is_choosing_replay:
            set_quietly(self.path, value=named(source))
            self.speed.show(speed)

    def _choose(self, source: str) -> None:
        self._controller.regard(is_choosing_replay=source == REPLAY)
        if source != REPLAY:
            self._controller.switch(source, 1.0)

    def _play(self) -> None:
        with suppress(UsageError):  # the field says why
            self._controller.switch(f"replay:{self.path.value.strip()}", self.speed.read())


class SymbolFields:
    """The streamed symbols, each with a remove button, and a field to add one."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
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
        on_change(self.symbol, lambda _: self._add())
        add = button("add", "Add", "Stream this symbol as well", self._add)
        self.box = group("symbols", self._rows.box.add_class("ql-chips"), self.symbol, add)

    def show(self, settings: Settings, symbols: tuple[str, ...], listed: tuple[str, ...]) -> None:
        """Show the streamed symbols; those of the shown pair cannot be removed."""
        self._rows.match(symbols)
        for name, chip in self._rows.entries.items():
            set_quietly(chip, disabled=name in (settings.y, settings.x))
        is_done = set(PARTED.split(self.symbol.value.strip().upper())) <= set(symbols)
        set_quietly(self.symbol, options=listed, value="" if is_done else self.symbol.value)

    def _chip(self, name: str) -> w.Widget:
        tooltip = f"Stop streaming {name}; its history stays"
        return button("chip", f"{name} ×", tooltip, lambda: self._controller.drop(name))

    def _add(self) -> None:
        for symbol in PARTED.split(self.symbol.value.strip().upper()):
            if symbol:
                self._controller.want(symbol)


def _options(source: str) -> tuple[tuple[str, str], ...]:
    """The choices, including the current source; a replay only where a recording is available."""
    is_replay = source.startswith("replay:")
    has_recordings = is_replay or not served() or bool(listed())
    offered = SOURCES if has_recordings else SOURCES[:-1]
    is_other = source not in {value for _, value in SOURCES} and not is_replay
    return (*offered, (source, source)) if is_other else offered
