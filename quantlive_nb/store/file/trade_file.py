"""Reads trades from Parquet and CSV files, as columns in the order of receipt."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from quantlive_nb.errors import ReplayError
from quantlive_nb.judge import Judge
from quantlive_nb.store.file.filename import as_it_is, is_gzip, is_parquet
from quantlive_nb.types import Trades
from quantlive_nb.venue import DEFAULT

__all__ = ["read_trades"]

ROWS = 20_000

EXPORTED = """
    venue, symbol, trade_id::VARCHAR, last_id::VARCHAR, price::VARCHAR, qty::VARCHAR, side::VARCHAR,
    TRY(epoch_us(TRY_CAST(ts_exch AS TIMESTAMPTZ))),
    TRY(epoch_us(TRY_CAST(ts_event AS TIMESTAMPTZ))),
    TRY(epoch_us(TRY_CAST(ts_recv AS TIMESTAMPTZ)))
"""
"""Our own columns; a CSV is read as text, so that no decimal becomes a float."""
RECORDED = """
    {venue}, symbol, trade_id::VARCHAR, trade_id::VARCHAR, price::VARCHAR, qty::VARCHAR,
    CASE TRY_CAST(buyer_maker AS BOOLEAN) WHEN true THEN 'sell' WHEN false THEN 'buy' END,
    TRY_CAST(trade_ms AS BIGINT), TRY_CAST(event_ms AS BIGINT), TRY_CAST(recv_ns AS BIGINT)
"""
"""The columns of recordings, as the tests use them."""
COLUMNS = (
    "symbol",
    "trade_id",
    "last_id",
    "price",
    "qty",
    "side",
    "ts_exch",
    "ts_event",
    "ts_recv",
)
NAMES = f"venue, {', '.join(COLUMNS)}, era"


def read_trades(path: Path, judge: "Judge | None" = None) -> Iterator[Trades]:
    """The valid trades of a file, some thousand at a time, in the order of receipt.

    Parameters
    ----------
    path : Path
        Parquet or CSV as :mod:`quantlive_nb.store.file.export` writes it, or Parquet with the
        columns ``symbol, trade_id, price, qty, trade_ms, event_ms, buyer_maker, recv_ns`` and, for
        another venue than the default, ``venue``.
    judge : Judge, optional
        Counts rejected rows; its ``verdict`` says why.

    Raises
    ------
    ReplayError
        When the file is missing, has another format, is damaged, or has no valid row.

    Examples
    --------
    >>> next(read_trades(Path("none.parquet")))
    Traceback (most recent call last):
    quantlive_nb.errors.ReplayError: cannot replay none.parquet: the file does not exist
    """
    judge = judge or Judge()
    if not path.is_file():
        raise ReplayError(str(path), "the file does not exist")
    packed = ", compression = 'gzip'" if is_gzip(path) else ""
    source = (
        "read_parquet($file, hive_partitioning = false)"
        if is_parquet(path)
        else f"read_csv($file, all_varchar = true, hive_partitioning = false{packed})"
    )
    file = as_it_is(path)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        try:
            table = connection.sql(f"SELECT * FROM {source}", params={"file": file})
            found = set(table.columns)
            columns = _columns(path, found) + (", era::VARCHAR" if "era" in found else ", '0'")
            answer = connection.execute(
                f"WITH t({NAMES}) AS (SELECT {columns} FROM {source}) "
                "SELECT * FROM t ORDER BY ts_recv, venue, symbol, trade_id",
                {"file": file},
            )
            while rows := answer.fetchmany(ROWS):
                yield from _by_venue(rows, judge)
        except duckdb.Error as exc:
            why = f"it is damaged or no table of trades ({str(exc).splitlines()[0]})"
            raise ReplayError(str(path), why) from exc
    if judge.verdict and not judge.n_believed:
        raise ReplayError(str(path), judge.verdict)


def _columns(path: Path, found: set[str]) -> str:
    if {"venue", "ts_exch", "ts_recv", "side", "last_id"} <= found:
        return EXPORTED
    if {"symbol", "trade_ms", "event_ms", "buyer_maker", "recv_ns"} <= found:
        return RECORDED.format(venue="venue" if "venue" in found else f"'{DEFAULT}'")
    raise ReplayError(str(path), "it has no columns of trades: use a file of quantlive export")


def _by_venue(rows: list[tuple[object, ...]], judge: Judge) -> Iterator[Trades]:
    """One block per venue and era: a batch has one venue, and ids ascend within an era."""
    kinds = dict.fromkeys((row[0], row[-1]) for row in rows)
    for venue, era in kinds:
        mine = rows
        if len(kinds) > 1:
            mine = [row for row in rows if (row[0], row[-1]) == (venue, era)]
        columns = dict(zip(COLUMNS, list(zip(*mine, strict=True))[1:-1], strict=True))
        yield judge.sift(str(venue or "unknown"), columns, str(era))
