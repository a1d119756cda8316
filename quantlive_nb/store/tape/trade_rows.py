"""Writes a batch of trades as rows of the table."""

from typing import NamedTuple, Self

import duckdb

from quantlive_nb.interval import Micros
from quantlive_nb.store.tape.fixed_point import fixed
from quantlive_nb.store.tape.schema import INSERT
from quantlive_nb.types import Ints, Texts, Trades

__all__ = ["Numbers", "bounds", "insert"]


UNITS = "{}::DECIMAL(18, 0) * 0.00000001::DECIMAL(8, 8)"
NAMES = ("symbol", "trade_id", "last_id", "is_buy", "ts_exch", "ts_event", "ts_recv")


class Numbers(NamedTuple):
    """The prices and quantities of a batch, as integers where that is exact."""

    price: "Ints | Texts"
    qty: "Ints | Texts"

    @classmethod
    def of(cls, trades: Trades) -> Self:
        """Of a batch's texts."""
        return cls(fixed(trades.price), fixed(trades.qty))


def insert(
    cursor: duckdb.DuckDBPyConnection, trades: Trades, era: Ints, numbers: "Numbers | None" = None
) -> None:
    """Write rows in the current transaction, each with its era."""
    numbers = numbers or Numbers.of(trades)
    columns = {name: getattr(trades, name) for name in NAMES} | numbers._asdict()
    how = {n: n if c.dtype == object else UNITS.format(n) for n, c in numbers._asdict().items()}
    how["era"] = "era" if era.any() else "0"
    if era.any():
        columns["era"] = era
    how["venue_trade_id"] = "NULL"
    if trades.venue_trade_id is not None:
        how["venue_trade_id"] = "venue_trade_id"
        columns["venue_trade_id"] = trades.venue_trade_id
    cursor.register("batch", columns)
    try:
        cursor.execute(INSERT.format(**how), {"venue": trades.venue})
    finally:
        cursor.unregister("batch")


def bounds(trades: Trades) -> dict[str, tuple[Micros, Micros]]:
    """The oldest and the newest time of each symbol of a batch."""
    found = {}
    for symbol in dict.fromkeys(trades.symbol.tolist()):
        ts = trades.ts_exch[trades.symbol == symbol]
        found[symbol] = int(ts.min()), int(ts.max())
    return found
