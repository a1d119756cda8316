"""The one table that a run prints: each figure beside its alternative and its target.

This file measures nothing.
"""

import os
import platform
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import NamedTuple

__all__ = ["Figure", "against", "at_least", "at_most", "heading", "table"]

LIBRARIES = ("duckdb", "websockets", "pandas", "bqplot", "voila")
COLUMNS = ("", "", "ours", "alternative", "ratio", "target", "")


class Figure(NamedTuple):
    """One line of the table; empty where there is nothing to say."""

    what: str
    ours: str
    other: str = ""
    ratio: str = ""
    target: str = ""
    verdict: str = ""


def against(ratio: float) -> str:
    """How many times better than the alternative."""
    return f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.1f}×"


def at_most(value: float, target: float, unit: str = "") -> dict[str, str]:
    """A target from above, and whether it was met."""
    return {"target": f"≤ {target:g}{unit}", "verdict": "met" if value <= target else "MISSED"}


def at_least(value: float, target: float, unit: str = "") -> dict[str, str]:
    """A target from below, and whether it was met."""
    return {"target": f"≥ {target:g}{unit}", "verdict": "met" if value >= target else "MISSED"}


def heading() -> str:
    """Where and when, and how busy the machine is with other things."""
    load = f", load {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else ""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{time.strftime('%Y-%m-%d %H:%M')} · {os.cpu_count()} cores{load}"
        f" · {platform.system()} · Python {platform.python_version()}\n{libraries}"
    )


def table(parts: Mapping[str, Sequence[Figure]]) -> str:
    """All figures in columns; the name of a part stands at its first line."""
    lines = [COLUMNS]
    for part, figures in parts.items():
        lines += [(part if at == 0 else "", *figure) for at, figure in enumerate(figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    is_text = (True, True, False, False, False, True, True)
    return "\n".join(
        "  ".join(
            cell.ljust(width) if left else cell.rjust(width)
            for cell, width, left in zip(line, widths, is_text, strict=True)
        ).rstrip()
        for line in lines
    )
