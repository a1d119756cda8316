"""Exports to CSV and Parquet, in exact decimals; a file is complete or absent.

In CSV, text that a spreadsheet would execute gets an apostrophe; Parquet keeps it unchanged.
"""

import contextlib
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from quantlive_nb.errors import StoreError, UsageError
from quantlive_nb.interval import Micros, every_name
from quantlive_nb.store.aggregate.bar_rows import AGGREGATES, AGGREGATES_OF_ERAS, summed
from quantlive_nb.store.base import Reader
from quantlive_nb.store.database import Store
from quantlive_nb.store.file.filename import FORMATS, copy_options, format_of, target
from quantlive_nb.store.file.spreadsheet import defused_sql
from quantlive_nb.store.question.literal import literal
from quantlive_nb.store.tape.coverage import Coverage
from quantlive_nb.store.tape.schema import COLUMNS

__all__ = ["FORMATS", "export_alerts", "export_bars", "export_table", "export_trades"]

MOST = 10_000_000
"""Bars in one file, at most: each takes some 70 bytes of memory to write."""
TOO_MANY = "more bars than fit"

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
WITH span(symbol, began_ts, last_ts, heard_ts) AS ({spans}),
gap(symbol, from_ts, to_ts) AS ({gaps}), traded AS (
    SELECT symbol, epoch_us(ts_exch) // $every * $every AS ts, {aggregates}
    FROM trades WHERE venue = $venue AND symbol IN (SELECT symbol FROM span) GROUP BY 1, 2
), stretch AS (
    SELECT symbol, min(ts) AS first_ts, any_value(last_ts) AS last_ts,
        sum((any_value(last_ts) - min(ts)) // $every + 1) OVER () AS n_bars
    FROM traded JOIN span USING (symbol) GROUP BY symbol
), grid AS (
    SELECT symbol, unnest(
        CASE WHEN n_bars > {most} THEN error('{too_many}: ' || n_bars)
        ELSE range(first_ts, last_ts + 1, $every) END
    ) AS ts FROM stretch
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
    ts > began_ts AND NOT EXISTS (
        FROM gap WHERE gap.symbol = filled.symbol AND from_ts < ts + $every AND to_ts >= ts
    ) AS is_complete
FROM filled JOIN span USING (symbol) ORDER BY symbol, ts
"""
ALERTS = "SELECT * REPLACE (ts AT TIME ZONE 'UTC' AS ts) FROM alert_events ORDER BY ts, rule"
NO_SPAN, NO_GAP = "SELECT '', 0, 0, 0 WHERE false", "SELECT '', 0, 0 WHERE false"


def export_trades(
    store: Reader, out: "str | Path", fmt: "str | None", venue: "str | None", symbols: Sequence[str]
) -> int:
    """Write raw trades in the order of their ids.

    Parameters
    ----------
    out : str or Path
        The file; it appears once it is complete.
    fmt : ``"csv"``, ``"parquet"`` or None
        None: by the file name (``.csv``, ``.csv.gz``, ``.parquet``), else CSV.
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
    query = _cells(TRADES, format_of(out, fmt), ("venue", "symbol"))
    return _written(store, query, {"venue": venue, "symbols": list(symbols)}, out, fmt)


def export_bars(
    store: Reader,
    out: "str | Path",
    fmt: "str | None",
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
        Market time: end of the last bars. Bars after the newest trade are closed as far as the feed
        is confirmed.

    Returns
    -------
    int
        Rows written; 0 for a symbol without trades.

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
        heard = max(newest, store.confirmed.get((venue, symbol), 0))
        spans.append((symbol, began // every_us * every_us, last, heard))
        gaps += [(symbol, gap.from_ts, gap.to_ts) for gap in coverage.holes(symbol)]
    has_eras = any(coverage.turns(symbol) for symbol in symbols)
    given = {"spans": values(spans, NO_SPAN), "gaps": values(gaps, NO_GAP)}
    given |= {"most": str(MOST), "too_many": TOO_MANY}
    given["aggregates"] = AGGREGATES_OF_ERAS if has_eras else AGGREGATES
    query = _cells(BARS.format(**given), format_of(out, fmt), ("venue", "symbol"))
    asked = {"venue": venue, "every": every_us}
    try:
        return summed(lambda query: _copy(store, query, asked, out, fmt), query)
    except duckdb.Error as exc:
        raise _refusal(out, exc, every_us) from exc


def export_table(
    out: "str | Path", fmt: "str | None", columns: "Mapping[str, NDArray[np.generic]]"
) -> int:
    """Write given columns of equal length; ``ts`` is µs UTC.

    Raises
    ------
    UsageError, StoreError
    """
    query = "SELECT * REPLACE (make_timestamp(ts) AT TIME ZONE 'UTC' AS ts) FROM given"
    with contextlib.closing(Store()) as memory:
        memory.cursor().register("given", dict(columns))
        texts = [name for name, column in columns.items() if column.dtype.kind in "OSTU"]
        return _written(memory, _cells(query, format_of(out, fmt), texts), {}, out, fmt)


def export_alerts(store: Reader, out: "str | Path", fmt: "str | None") -> int:
    """Write every stored firing, oldest first.

    Raises
    ------
    UsageError, StoreError
    """
    query = _cells(ALERTS, format_of(out, fmt), ("rule", "metric", "text"))
    return _written(store, query, {}, out, fmt)


def _cells(query: str, fmt: str, texts: Sequence[str]) -> str:
    """The query, with text columns made safe for the format."""
    return defused_sql(query, texts) if fmt == "csv" else query


def _written(
    store: Reader,
    query: str,
    params: "Mapping[str, object]",
    out: "str | Path",
    fmt: "str | None",
) -> int:
    """Number of rows written, or one clear error."""
    try:
        return _copy(store, query, params, out, fmt)
    except duckdb.Error as exc:
        raise _refusal(out, exc) from exc


def _copy(
    store: Reader,
    query: str,
    params: "Mapping[str, object]",
    out: "str | Path",
    fmt: "str | None",
) -> int:
    """Write to a temporary file and rename it, so that no partial file is ever visible."""
    options, file = copy_options(out, fmt), target(out)
    part = file.with_name(f"{file.name}.{uuid.uuid4().hex[:8]}.part")  # a name of our own
    try:
        n_rows = store.copy(query, params, str(part), options)
        part.replace(file)
    except BaseException as exc:
        with contextlib.suppress(OSError):
            part.unlink()
        if isinstance(exc, OSError):
            raise _refusal(out, exc) from exc
        raise
    return n_rows


def _refusal(
    out: "str | Path", exc: "duckdb.Error | OSError", every_us: Micros = 0
) -> "StoreError | UsageError":
    """Why a file cannot be written, and what to do."""
    first = str(exc).splitlines()[0]
    if TOO_MANY not in first:
        return StoreError(str(out), f"it cannot be written ({first})")
    n_bars = int(first.rpartition(" ")[2])
    least = every_name(-(-n_bars // MOST) * every_us)
    return UsageError(
        f"that would be {n_bars:,} bars, and {MOST:,} fit into one file: "
        f"take bars of {least} or longer, or fewer symbols"
    )


def values(rows: "Sequence[tuple[object, ...]]", none: str) -> str:
    """Rows as SQL values, or a query without rows."""
    return (
        "VALUES " + ", ".join(f"({', '.join(map(literal, row))})" for row in rows) if rows else none
    )
