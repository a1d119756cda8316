"""Aggregated trades on an explicit grid of bars: every interval is present."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quantlive_nb.interval import Micros
from quantlive_nb.store.aggregate.bar_rows import COUNTS, FLOATS, ROW, Rows
from quantlive_nb.store.tape.coverage import Gap
from quantlive_nb.types import Bars, Bools, Ints

__all__ = ["Known", "filled"]

SUMS = (*FLOATS[4:], "n_trades")


class Known(NamedTuple):
    """Coverage of a symbol, taken before its trades are read.

    Attributes
    ----------
    heard_us : int, µs UTC
        Confirmed up to this time.
    holes : list of Gap
        Missing and skipped ids.
    began_us : int or None, µs UTC
        The first trade.
    """

    heard_us: Micros
    holes: list[Gap]
    began_us: "Micros | None"


def filled(bars: Bars, grid: Ints, rows: Rows, before: float, known: Known) -> Bars:
    """Rows on the grid; an interval without trades repeats the previous close."""
    at = np.searchsorted(rows["ts"], grid, side="right") - 1
    traded = np.zeros(len(grid), np.bool_)
    traded[at >= 0] = rows["ts"][at[at >= 0]] == grid[at >= 0]
    closes = np.concatenate([[before], rows["close"]])[at + 1]
    columns: dict[str, Any] = {"ts": grid}
    for names, otherwise in ((FLOATS[:4], closes), (SUMS, 0), (COUNTS[1:], -1)):
        for name in names:
            columns[name] = np.where(traded, taken(rows, name, at), otherwise)
    columns["is_closed"] = grid + bars.every_us <= known.heard_us
    columns["n_missing"], columns["is_complete"] = completeness(known, grid, bars.every_us)
    return replace(bars, **columns)


def taken(rows: Rows, name: str, at: Ints) -> "NDArray[np.generic]":
    """One column at some positions; arbitrary values where there is no row."""
    return rows[name][at] if len(rows) else np.zeros(len(at), ROW[name])


def completeness(known: Known, grid: Ints, every_us: Micros) -> tuple[Ints, Bools]:
    """Number of ids missing in gaps that touch each bar, and whether the bar is complete."""
    missing, is_torn = np.zeros(len(grid), np.int64), np.zeros(len(grid), np.bool_)
    for gap in known.holes:
        a, b = np.searchsorted(grid, [gap.from_ts - every_us + 1, gap.to_ts + 1])
        missing[a:b] += gap.n_missing
        is_torn[a:b] = True  # the number missing between two eras is unknown
    began = known.began_us
    is_first = grid <= (began // every_us * every_us if began is not None else -1)
    return missing, ~is_torn & ~is_first
