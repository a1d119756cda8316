"""Out of the database into CSV and Parquet, in exact decimals, whole or not at all.

In CSV, text that a spreadsheet would run gets an apostrophe; Parquet holds it as it is.

This file knows no screen and no statistics; a table of numbers made elsewhere can be handed in.
"""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from quantlive_nb.errors import StoreError, UsageError
from quantlive_nb.interval import Micros
from quantlive_nb.store.bars import GRACE_US
from quantlive_nb.store.coverage import Coverage
from quantlive_nb.store.cursor import literal
from quantlive_nb.store.duck import Store
from quantlive_nb.store.formula import defused_sql
from quantlive_nb.store.rows import AGGREGATES, AGGREGATES_OF_ERAS
from quantlive_nb.store.schema import COLUMNS

__all__ = ["FORMATS", "export_alerts", "export_bars", "export_table", "export_trades"]

FORMATS = {
    "csv": "(FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%fZ')",
    "parquet": "(FORMAT parquet, COMPRESSION zstd)",
}

TRADES = f"""
SELECT * REPLACE (
    ts_exch AT TIME ZONE 'UTC' AS ts_exch,
    ts_event AT TIME ZONE 'UTC' AS ts_event,
    ts_recv AT TIME ZONE 'UTC' AS ts_recv
)
FROM (SELECT {COLUMNS} FROM trades)
WHERE venue = coalesce($venue, venue) AND (symbol IN $symbols OR len($symbols) = 0)
ORDER BY venue, symbol, era, trade_id
"""
BARS = """
WITH span(symbol, first_ts, last_ts, heard_ts) AS ({spans}),
gap(symbol, from_ts, to_ts) AS ({gaps}), traded AS (
    SELECT symbol, epoch_us(ts_exch) // $every * $every AS ts, {aggregates}
    FROM trades WHERE venue = $venue AND symbol IN (SELECT symbol FROM span) GROUP BY 1, 2
), grid AS (
    SELECT symbol, unnest(range(first_ts, last_ts + 1, $every)) AS ts FROM span
), filled AS (
    SELECT *, last_value(traded.close IGNORE NULLS) OVER (PARTITION BY symbol ORDER BY ts) AS before
    FROM grid LEFT JOIN traded USING (symbol, ts)
)
SELECT $venue AS venue, symbol, make_timestamp(ts) AT TIME ZONE 'UTC' AS ts,
    coalesce(open, before) AS open, coalesce(high, before) AS high,
    coalesce(low, before) AS low, coalesce(close, before) AS close,
    coalesce(volume, 0) AS volume, coalesce(quote_volume, 0) AS quote_volume,
    coalesce(n_trades, 0) AS n_trades, coalesce(taker_buy_volume, 0) AS taker_buy_volume,
    filled.first_id, filled.last_id,
    ts + $every <= heard_ts AS is_closed,
    ts > first_ts AND NOT EXISTS (
        FROM gap WHERE gap.symbol = filled.symbol AND from_ts < ts + $every AND to_ts >= ts
    ) AS is_complete
FROM filled JOIN span USING (symbol) ORDER BY symbol, ts
"""
ALERTS = "SELECT * REPLACE (ts AT TIME ZONE 'UTC' AS ts) FROM alert_events ORDER BY ts, rule"
NO_SPAN, NO_GAP = "SELECT '', 0, 0, 0 WHERE false", "SELECT '', 0, 0 WHERE false"


def export_trades(
    store: Store, out: "str | Path", fmt: str, venue: "str | None", symbols: Sequence[str]
) -> int:
    """Write raw trades in the order of their ids.

    Parameters
    ----------
    out : str or Path
        The file; it appears when it is whole.
    fmt : ``"csv"`` or ``"parquet"``
    venue : str or None
        Only this one; None for all.
    symbols : sequence of str
        Only these; empty for all.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    UsageError, StoreError
        For an unknown format; when the file cannot be written.

    Notes
    -----
    Sorting a million trades takes about 0.3 GB; past its memory limit DuckDB sorts on disk.
    """
    query = _cells(TRADES, fmt, ("venue", "symbol"))
    return _copy(store, query, {"venue": venue, "symbols": list(symbols)}, out, fmt)


def export_bars(
    store: Store,
    out: "str | Path",
    fmt: str,
    *,
    venue: str,
    symbols: Sequence[str],
    every_us: Micros,
    now_us: Micros,
) -> int:
    """Write every bar of some symbols, empty and forming ones included, in exact decimals.

    Parameters
    ----------
    now_us : int, µs UTC
        Market time: bars that end after it, or within the last second, may not be closed.

    Returns
    -------
    int
        Rows written; none for a symbol without trades.

    Raises
    ------
    UsageError, StoreError
    """
    coverage = store.coverage.get(venue, Coverage())
    spans, gaps = [], []
    for symbol in symbols:
        began = coverage.start(symbol)
        if began is None:
            continue
        newest = store.newest[venue, symbol]
        last = max(now_us, newest) // every_us * every_us
        heard = max(newest, now_us - GRACE_US)
        spans.append((symbol, began // every_us * every_us, last, heard))
        gaps += [(symbol, gap.from_ts, gap.to_ts) for gap in coverage.holes(symbol)]
    has_eras = any(coverage.turns(symbol) for symbol in symbols)
    given = {"spans": values(spans, NO_SPAN), "gaps": values(gaps, NO_GAP)}
    given["aggregates"] = AGGREGATES_OF_ERAS if has_eras else AGGREGATES
    query = _cells(BARS.format(**given), fmt, ("venue", "symbol"))
    return _copy(store, query, {"venue": venue, "every": every_us}, out, fmt)


def export_table(out: "str | Path", fmt: str, columns: "Mapping[str, NDArray[np.generic]]") -> int:
    """Write columns of equal length that were computed elsewhere; ``ts`` is µs UTC.

    Raises
    ------
    UsageError, StoreError
    """
    query = "SELECT * REPLACE (make_timestamp(ts) AT TIME ZONE 'UTC' AS ts) FROM given"
    with contextlib.closing(Store()) as desk:
        desk.cursor().register("given", dict(columns))
        texts = [name for name, column in columns.items() if column.dtype.kind in "OSTU"]
        return _copy(desk, _cells(query, fmt, texts), {}, out, fmt)


def export_alerts(store: Store, out: "str | Path", fmt: str) -> int:
    """Write every firing that the database remembers, oldest first.

    Raises
    ------
    UsageError, StoreError
    """
    return _copy(store, _cells(ALERTS, fmt, ("rule", "metric", "text")), {}, out, fmt)


def _cells(query: str, fmt: str, texts: Sequence[str]) -> str:
    """The query, with its columns of text as the format holds them."""
    return defused_sql(query, texts) if fmt == "csv" else query


def _copy(
    store: Store, query: str, params: "Mapping[str, object]", out: "str | Path", fmt: str
) -> int:
    """Write beside the target and rename, so that nothing half-written is ever seen."""
    if fmt not in FORMATS:
        raise UsageError(f"unknown format {fmt!r}: use csv or parquet")
    part = Path(f"{out}.part")
    try:
        n_rows = store.copy(query, params, str(part), FORMATS[fmt])
        part.replace(out)
    except (duckdb.Error, OSError) as exc:
        with contextlib.suppress(OSError):
            part.unlink()
        raise StoreError(str(out), f"it cannot be written ({str(exc).splitlines()[0]})") from exc
    return n_rows


def values(rows: "Sequence[tuple[object, ...]]", none: str) -> str:
    """Rows as SQL, or the question that has none."""
    return (
        "VALUES " + ", ".join(f"({', '.join(map(literal, row))})" for row in rows) if rows else none
    )
