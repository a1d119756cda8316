"""Exports of a store, for the page and the command line."""

import re
import tempfile
from dataclasses import fields
from pathlib import Path

import numpy as np

from quantlive_nb.analytics import PairSeries, pair_series
from quantlive_nb.errors import UsageError
from quantlive_nb.interval import Micros
from quantlive_nb.live.snapshot.market_data import aligned, paired
from quantlive_nb.numeral import brief
from quantlive_nb.settings import Settings, Windows
from quantlive_nb.store import BarReader, Reader
from quantlive_nb.store.file.export import export_alerts, export_bars, export_table, export_trades
from quantlive_nb.types import PairSpec

__all__ = ["WHAT", "export", "export_bytes"]

WHAT = ("trades", "bars", "analytics", "alerts")


def export(
    store: Reader,
    what: str,
    fmt: "str | None",
    out: "str | Path",
    *,
    venue: str,
    symbols: tuple[str, ...],
    every_us: Micros,
    now_us: Micros,
    windows: Windows = Windows(),
) -> int:
    """Write a file; return its number of rows.

    Parameters
    ----------
    what : str
        One of :data:`WHAT`; analytics are those of the pair ``symbols[0]`` on ``symbols[1]``.
    fmt : ``"csv"``, ``"parquet"`` or None
        None: by the file name, else CSV.
    out : str or Path
    symbols : tuple of str
        Empty for every symbol of the venue (trades and bars).
    every_us : int, µs
    now_us : int, µs UTC
        Market time.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    UsageError, StoreError
        With one clear message; no file is written.
    """
    known, symbols = store.symbols(venue), tuple(dict.fromkeys(symbols))
    for symbol in symbols:
        if symbol not in known and what != "alerts":
            held = ", ".join(known) or "nothing"
            raise UsageError(f"there are no trades of {symbol} here: the database holds {held}")
    if what == "trades":
        return export_trades(store, out, fmt, venue, symbols)
    if what == "bars":
        return export_bars(
            store,
            out,
            fmt,
            venue=venue,
            symbols=symbols or known,
            every_us=every_us,
            now_us=now_us,
        )
    if what == "analytics":
        if len(symbols) != 2:
            raise UsageError("analytics are of a pair: give two symbols, --symbol ETHUSDT,BTCUSDT")
        spec = PairSpec(symbols[0], symbols[1], every_us)
        return _export_analytics(
            store, fmt, out, venue=venue, spec=spec, now_us=now_us, windows=windows
        )
    if what == "alerts":
        return export_alerts(store, out, fmt)
    raise UsageError(f"cannot export {brief(what)}: use {', '.join(WHAT)}")


def export_bytes(
    store: Reader, what: str, fmt: str, settings: Settings, *, venue: str, now_us: Micros
) -> tuple[str, bytes]:
    """Like :func:`export`, for the shown pair; returns a file name and content for a browser."""
    pair = re.sub(
        r"[^\w.-]+", "-", f"{settings.y}_{settings.x}"
    )  # symbols of a recording may have any characters
    name = f"{what}_{pair}.{fmt}"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / name
        export(
            store,
            what,
            fmt,
            out,
            venue=venue,
            symbols=(settings.y, settings.x),
            every_us=settings.every_us,
            now_us=now_us,
            windows=settings.windows,
        )
        return name, out.read_bytes()


def _export_analytics(
    store: Reader,
    fmt: "str | None",
    out: "str | Path",
    *,
    venue: str,
    spec: PairSpec,
    now_us: Micros,
    windows: Windows,
) -> int:
    """The series drawn on the page, from the first common bar to the last closed one."""
    reader = BarReader(store)
    y, x = (reader.bars(venue, s, spec.every_us, now_us=now_us) for s in (spec.y, spec.x))
    pair = paired(spec, y, x)
    series = pair_series(pair, windows)
    legs = aligned(y, x)
    columns = {"ts": pair.ts, "y": pair.y, "x": pair.x}
    columns |= {f.name: getattr(series, f.name) for f in fields(PairSeries)[1:]}
    columns["is_complete"] = np.asarray(legs[0].is_complete & legs[1].is_complete)
    return export_table(out, fmt, columns)
