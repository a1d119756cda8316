"""Trades out of Parquet and CSV files, as columns in the order of receipt.

This file knows no feed: it reads what an export or a recorder wrote.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from quantlive_nb.errors import ReplayError
from quantlive_nb.types import Trades

__all__ = ["read_trades"]

ROWS = 20_000

EXPORTED = """
    venue, symbol, trade_id::BIGINT, last_id::BIGINT, price::VARCHAR, qty::VARCHAR, side = 'buy',
    epoch_us(ts_exch::TIMESTAMPTZ), epoch_us(ts_event::TIMESTAMPTZ), epoch_us(ts_recv::TIMESTAMPTZ)
"""
"""Our own columns; a CSV is read as text throughout, so that no decimal passes through a float."""
RECORDED = """
    'binance', symbol, trade_id, trade_id, price::VARCHAR, qty::VARCHAR, NOT buyer_maker,
    trade_ms * 1000, event_ms * 1000, recv_ns // 1000
"""
"""The recorder's columns, as in the recordings that the tests read."""
NAMES = "venue, symbol, trade_id, last_id, price, qty, is_buy, ts_exch, ts_event, ts_recv"


def read_trades(path: Path) -> Iterator[Trades]:
    """The trades of a file, some thousand at a time, in the order of receipt.

    Parameters
    ----------
    path : Path
        Parquet or CSV as :mod:`quantlive_nb.store.export` writes it, or Parquet with the columns
        ``symbol, trade_id, price, qty, trade_ms, event_ms, buyer_maker, recv_ns``.

    Raises
    ------
    ReplayError
        When the file is missing, is no such file, or is damaged.

    Examples
    --------
    >>> next(read_trades(Path("none.parquet")))
    Traceback (most recent call last):
    quantlive_nb.errors.ReplayError: cannot replay none.parquet: the file does not exist
    """
    if not path.is_file():
        raise ReplayError(str(path), "the file does not exist")
    is_parquet = path.suffix == ".parquet"
    source = "read_parquet($file)" if is_parquet else "read_csv($file, all_varchar = true)"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        try:
            table = connection.sql(f"SELECT * FROM {source}", params={"file": str(path)})
            columns = _columns(path, set(table.columns))
            answer = connection.execute(
                f"WITH t({NAMES}) AS (SELECT {columns} FROM {source}) "
                "SELECT * FROM t ORDER BY ts_recv, venue, symbol, trade_id",
                {"file": str(path)},
            )
            while rows := answer.fetchmany(ROWS):
                yield from _by_venue(rows)
        except (duckdb.Error, TypeError) as exc:  # a value may be missing where there must be one
            why = f"it is damaged or no table of trades ({str(exc).splitlines()[0]})"
            raise ReplayError(str(path), why) from exc


def _columns(path: Path, found: set[str]) -> str:
    if {"venue", "ts_exch", "ts_recv", "side", "last_id"} <= found:
        return EXPORTED
    if {"symbol", "trade_ms", "event_ms", "buyer_maker", "recv_ns"} <= found:
        return RECORDED
    raise ReplayError(str(path), "it has no columns of trades: use a file of quantlive export")


def _by_venue(rows: list[tuple[object, ...]]) -> Iterator[Trades]:
    """One block per venue: a batch comes from one venue."""
    for venue in dict.fromkeys(row[0] for row in rows):
        yield Trades.of([row for row in rows if row[0] == venue])  # type: ignore[misc]
