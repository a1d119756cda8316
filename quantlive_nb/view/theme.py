"""The theme: colour names, the style sheet that defines them, and axis styles.

Light and dark differ only in the style sheet, so a change of theme does not involve Python.
"""

from importlib.resources import files

__all__ = [
    "ALERT",
    "BAND",
    "CANDLES",
    "GRID",
    "LINE",
    "STYLE",
    "TAPE",
    "TICK_TEXT",
    "WARN",
]

CANDLES = ["var(--ql-volume)", "var(--ql-flat)", "var(--ql-up)", "var(--ql-down)"]
"""Stroke and fill of volumes, and of candles that are empty, up and down."""
LINE = "var(--ql-line)"
BAND = "var(--ql-band)"
GRID = "var(--ql-grid)"
TAPE = "var(--ql-tape)"
WARN = "var(--ql-warn)"
ALERT = "var(--ql-alert)"

TICK_TEXT = {"font-size": "11px"}
"""Style of the numbers on an axis; the rest is in the style sheet."""

STYLE = files("quantlive_nb.view").joinpath("style.css").read_text(encoding="utf-8")
"""The style sheet of the page; every rule is below ``.ql-root``."""
