"""Values shared by all rooms: trades in columns, bars and pairs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from operator import itemgetter
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from quantlive_nb.interval import Micros, every_name

__all__ = ["Bars", "Notice", "Pair", "PairSpec", "Trade", "Trades"]

Vector = NDArray[np.float64]
"""A series of float64 numbers, shape (n,)."""
Ints = NDArray[np.int64]
"""A series of int64 numbers, shape (n,): ids, counts, or times in µs since the epoch, UTC."""
Bools = NDArray[np.bool_]
"""A series of flags, shape (n,)."""
Texts = NDArray[np.object_]
"""A series of str, shape (n,); exact decimals travel as text."""
KINDS = (object, np.int64, np.int64, object, object, np.bool_, np.int64, np.int64, np.int64)
"""Of a trade's columns after the venue."""


class Trade(NamedTuple):
    """One trade (or one aggregate of trades) as the exchange told it, prices in exact decimal text.

    Examples
    --------
    >>> Trade("binance", "BTCUSDT", 7, 7, "61837.63", "0.02", True, 10, 11, 12).price
    '61837.63'
    """

    venue: str
    symbol: str
    trade_id: int
    last_id: int
    """Equal to trade_id for a raw trade; the end of the id range for an aggregate."""
    price: str
    qty: str
    is_buy: bool
    """True when the taker bought."""
    ts_exch: Micros
    """When it was matched."""
    ts_event: Micros
    """When the exchange sent it."""
    ts_recv: Micros
    """When it reached us, on our clock."""
    venue_trade_id: str = ""
    """The venue's own id where it is opaque; ``trade_id`` is then given when it is stored."""


class Notice(NamedTuple):
    """Something an exchange said that is not a trade.

    Examples
    --------
    >>> Notice("ack", "1").kind
    'ack'
    """

    kind: Literal["ack", "error", "shutdown", "ignored"]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Trades:
    """A batch of trades of one venue, as columns of equal length.

    Attributes
    ----------
    price, qty : Texts, shape (n,); exact decimals, at most 8 places
    trade_id, last_id : Ints, shape (n,)
    is_buy : Bools, shape (n,)
        True when the taker bought.
    ts_exch, ts_event, ts_recv : Ints, shape (n,), µs UTC
    venue_trade_id : Texts, shape (n,), or None
        The ids of a venue whose ids are opaque.

    Examples
    --------
    >>> row = Trade("binance", "BTCUSDT", 7, 7, "61837.63", "0.02", True, 10, 11, 12)
    >>> batch = Trades.of([row, row])
    >>> len(batch), batch.select(np.array([True, False])).trade_id
    (2, array([7]))
    """

    venue: str
    symbol: Texts
    trade_id: Ints
    last_id: Ints
    price: Texts
    qty: Texts
    is_buy: Bools
    ts_exch: Ints
    ts_event: Ints
    ts_recv: Ints
    venue_trade_id: "Texts | None" = None

    @classmethod
    def of(cls, rows: "Iterable[Trade]", venue: str = "") -> Self:
        """Columns from rows; the venue is the first row's (or ``venue`` when there is none)."""
        rows = list(rows)
        columns: list[Any] = [
            np.fromiter(map(itemgetter(place), rows), kind, len(rows))
            for place, kind in enumerate(KINDS, start=1)
        ]
        is_opaque = bool(rows and rows[0][-1])
        columns.append(np.array([row[-1] for row in rows], object) if is_opaque else None)
        return cls(rows[0][0] if rows else venue, *columns)

    def __len__(self) -> int:
        """How many rows."""
        return len(self.trade_id)

    def select(self, which: "Bools | Ints | slice") -> Self:
        """The rows that a mask, an index or a slice names, in that order."""
        return replace(self, **{name: column[which] for name, column in self.columns()})

    def rows(self) -> Iterator[Trade]:
        """The same trades one by one."""
        columns = [column.tolist() for _, column in self.columns()]
        return (Trade(self.venue, *row) for row in zip(*columns, strict=True))

    def columns(self) -> "Iterator[tuple[str, Any]]":
        """The columns that there are, by name."""
        columns = ((f.name, getattr(self, f.name)) for f in fields(self)[1:])
        return (named for named in columns if named[1] is not None)


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars of one symbol on an explicit grid: every interval is there, traded in or not.

    Attributes
    ----------
    ts : Ints, shape (n,), µs UTC
        Opening times, ``every_us`` apart.
    open, high, low, close : Vector, shape (n,)
        An interval without trades repeats the close before it.
    volume, quote_volume, taker_buy_volume : Vector, shape (n,)
        0 where nothing traded.
    n_trades, first_id, last_id : Ints, shape (n,)
        Trades are counted by id; the ids are -1 where nothing traded.
    n_missing : Ints, shape (n,)
        Trade ids known to be missing in a gap that touches the bar.
    is_closed : Bools, shape (n,)
        False for the bar that is still forming, and for those before it that are unconfirmed:
        nothing has been heard since they ended, so trades of theirs may be missing unnoticed.
    is_complete : Bools, shape (n,)
        False where trades are missing, and for the bar in which the recording began.

    Examples
    --------
    >>> bars = Bars.empty("binance", "BTCUSDT", 1_000_000)
    >>> len(bars), bars
    (0, Bars(binance BTCUSDT 1s, n=0))
    """

    venue: str
    symbol: str
    every_us: Micros
    ts: Ints
    open: Vector
    high: Vector
    low: Vector
    close: Vector
    volume: Vector
    quote_volume: Vector
    taker_buy_volume: Vector
    n_trades: Ints
    first_id: Ints
    last_id: Ints
    n_missing: Ints
    is_closed: Bools
    is_complete: Bools

    @classmethod
    def empty(cls, venue: str, symbol: str, every_us: Micros) -> Self:
        """No bars at all."""
        none, ids, flags = np.empty(0), np.empty(0, np.int64), np.empty(0, np.bool_)
        sums = none, none, none
        return cls(
            venue,
            symbol,
            every_us,
            ids,
            none,
            none,
            none,
            none,
            *sums,
            ids,
            ids,
            ids,
            ids,
            flags,
            flags,
        )

    def __len__(self) -> int:
        """How many bars."""
        return len(self.ts)

    def __repr__(self) -> str:
        """Name, interval and count."""
        return f"Bars({self.venue} {self.symbol} {every_name(self.every_us)}, n={len(self)})"

    def select(self, which: "Bools | Ints | slice") -> Self:
        """The bars that a mask, an index or a slice names, in that order."""
        return replace(self, **{f.name: getattr(self, f.name)[which] for f in fields(self)[3:]})

    @property
    def closed(self) -> Self:
        """The bars that no new trade can change."""
        return self.select(self.is_closed)

    @property
    def times(self) -> "NDArray[np.datetime64]":
        """Opening times as datetime64[us], UTC."""
        return self.ts.view("datetime64[us]")

    def to_pandas(self) -> Any:
        """A DataFrame indexed by opening time (UTC)."""
        import pandas as pd

        index = pd.DatetimeIndex(self.times, tz="UTC", name="ts")
        columns = {f.name: getattr(self, f.name) for f in fields(self)[4:]}
        return pd.DataFrame(columns, index=index)


class PairSpec(NamedTuple):
    """The question a pair answers: which legs, which interval, how far back (None: all).

    Examples
    --------
    >>> str(PairSpec("ETHUSDT", "BTCUSDT", 1_000_000))
    'ETHUSDT on BTCUSDT, 1s'
    """

    y: str
    x: str
    every_us: Micros
    last_us: "Micros | None" = None

    def __str__(self) -> str:
        """The question in words."""
        return f"{self.y} on {self.x}, {every_name(self.every_us)}"


@dataclass(frozen=True, slots=True)
class Pair:
    """Closes of two symbols on one grid of closed bars; remembers its question.

    Attributes
    ----------
    ts : Ints, shape (n,), µs UTC
    y, x : Vector, shape (n,)
        Closing prices, read-only.
    n_filled : int
        Bars in which at least one leg did not trade, so its close before is repeated.
    n_missing : int
        Bars in which at least one leg is incomplete.

    Examples
    --------
    >>> spec = PairSpec("ETHUSDT", "BTCUSDT", 1_000_000)
    >>> Pair(spec, np.arange(2), np.array([1.0, np.e]), np.ones(2), 0, 0).log_y
    array([0., 1.])
    """

    spec: PairSpec
    ts: Ints
    y: Vector
    x: Vector
    n_filled: int
    n_missing: int

    def __len__(self) -> int:
        """How many bars."""
        return len(self.ts)

    def __repr__(self) -> str:
        """Counts: bars, filled bars, incomplete bars."""
        return f"Pair({self.spec}: n={len(self)}, filled={self.n_filled}, missing={self.n_missing})"

    @property
    def log_y(self) -> Vector:
        """Natural logarithm of y's closes."""
        return np.log(self.y)

    @property
    def log_x(self) -> Vector:
        """Natural logarithm of x's closes."""
        return np.log(self.x)
