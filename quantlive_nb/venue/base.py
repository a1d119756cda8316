"""The seam of an exchange: text in, trades and notices out, and the texts that ask for them.

This room knows no socket, no loop and no clock: everything here can be tested by pasting a line.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, Protocol

import msgspec

from quantlive_nb.interval import Micros
from quantlive_nb.types import Notice, Trade

__all__ = ["Capabilities", "Exchange", "History", "Kline", "Limits", "Request"]

UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What reading a text can fail with; the last of a hundred thousand brackets."""
VOLUME = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,8})?")
"""A volume may be 0; prices and quantities may not (see judge)."""

Id = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
"""A trade id that an int64 holds."""
Stamp = Annotated[int, msgspec.Meta(gt=0, le=2**62)]
"""A time, ms or µs, that an int64 holds."""


class Request(NamedTuple):
    """A REST request: its path with the query, and what it costs of the budget.

    Examples
    --------
    >>> Request("/api/v3/ping", 1).weight
    1
    """

    path: str
    weight: int


class Kline(NamedTuple):
    """A closed bar as the exchange tells it, in exact decimal text.

    Examples
    --------
    >>> Kline(0, "1", "2", "1", "2", "5", 3).n_trades
    3
    """

    ts: Micros
    open: str
    high: str
    low: str
    close: str
    volume: str
    n_trades: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What a venue allows, as the feed and the REST client use it.

    Parameters
    ----------
    streams : int
        Symbols of one connection.
    control_per_s : int
        Control messages a second on one connection, pings included.
    connects, connects_s : int
        Attempts to connect within so many seconds.
    rotate_s : float, seconds
        A connection of this age is replaced, before the venue ends it; ``inf``: never.
    weight : int
        REST weight that may be spent in a minute.
    weight_header : str
        The header of an answer that tells the weight used in this minute; empty for none.
    listing_weight : int
        What the list of symbols costs.

    Examples
    --------
    >>> Limits(streams=50).control_per_s
    1
    """

    streams: int = 100
    control_per_s: int = 1
    connects: int = 30
    connects_s: int = 60
    rotate_s: float = float("inf")
    weight: int = 60
    weight_header: str = ""
    listing_weight: int = 1


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a venue tells of its trades: what may be concluded from ids, and what can be fetched.

    Parameters
    ----------
    ids : ``"contiguous"``, ``"ordered"`` or ``"opaque"``
        Of a symbol's trades: each id is one higher than the one before, or only higher, or a text.
        Only between contiguous ids is a gap arithmetic.
    rows : ``"raw"`` or ``"aggregate"``
        Whether the stream tells each trade, or several as one.
    history : ``"id"``, ``"time"`` or ``"none"``
        How past trades can be asked for over REST.

    Examples
    --------
    >>> Capabilities().has_contiguous_ids, Capabilities(ids="opaque").has_contiguous_ids
    (True, False)
    """

    ids: Literal["contiguous", "ordered", "opaque"] = "contiguous"
    rows: Literal["raw", "aggregate"] = "raw"
    history: Literal["id", "time", "none"] = "none"

    @property
    def has_contiguous_ids(self) -> bool:
        """Whether a missing id is a missing trade."""
        return self.ids == "contiguous"

    @property
    def is_repairable(self) -> bool:
        """Whether what is missing is known, and can be asked for."""
        return self.has_contiguous_ids and self.history != "none"


class History(Protocol):
    """A venue's past, as REST requests and the rows of their answers.

    Every ``read_`` raises :class:`WireError` for an answer that is not what is documented; but for
    one bad row among good ones only where no ``flaws`` are given, else the reason is kept there,
    by the row's first id, or by -1 where that cannot be read.
    """

    def trades(self, symbol: str, from_id: int, limit: int) -> Request:
        """Trades from an id on, oldest first."""
        ...

    def aggregates(self, symbol: str, from_number: int, limit: int) -> Request:
        """Aggregates from one of their own numbers on, oldest first."""
        ...

    def aggregates_since(self, symbol: str, ts: Micros, limit: int) -> Request:
        """Aggregates from a moment on, oldest first."""
        ...

    def newest(self, symbol: str, limit: int = 1) -> Request:
        """The newest aggregates, oldest first."""
        ...

    def klines(self, symbol: str, every_us: Micros, start_us: Micros, limit: int) -> Request:
        """Bars from a moment on, oldest first, the forming one last."""
        ...

    def read_trades(
        self, body: bytes, symbol: str, ts_recv: Micros, flaws: "dict[int, str] | None" = None
    ) -> list[Trade]:
        """The answer to :meth:`trades`."""
        ...

    def read_aggregates(
        self, body: bytes, symbol: str, ts_recv: Micros, flaws: "dict[int, str] | None" = None
    ) -> list[tuple[int, Trade]]:
        """The answer to any of the other three: each aggregate with its own number."""
        ...

    def read_klines(self, body: bytes) -> list[Kline]:
        """The answer to :meth:`klines`."""
        ...


class Exchange(Protocol):
    """What a venue must be able to say; one file in this room is one venue."""

    name: str
    """Also the venue's name in the store."""
    rest_url: str

    @property
    def history(self) -> "History | None":
        """Its past; None for a venue that tells none."""
        ...

    @property
    def limits(self) -> Limits:
        """What it allows a client."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it tells of its trades."""
        ...

    @property
    def alternative(self) -> str:
        """The source to name to a user whom this venue refuses because of where they are."""
        ...

    def elsewhere(self) -> "Exchange | None":
        """The same venue at hosts that are open where its own refuse; None if there are none."""
        ...

    def url(self, symbols: Sequence[str]) -> str:
        """Where to connect for the trades of these symbols."""
        ...

    def hello(self, symbols: Sequence[str]) -> list[str]:
        """Messages to send once connected, before the first trade can come."""
        ...

    def subscribe(self, symbols: Sequence[str], request_id: int) -> str:
        """The message that adds symbols to an open connection."""
        ...

    def unsubscribe(self, symbols: Sequence[str], request_id: int) -> str:
        """The message that removes symbols from an open connection."""
        ...

    def parse(self, raw: "str | bytes", ts_recv: Micros) -> list[Trade | Notice]:
        """One message as trades and notices.

        Raises
        ------
        WireError
            If the message is not what the exchange documents.
        """
        ...

    def listing_path(self) -> str:
        """The REST path that lists the symbols; empty for a venue that lists none."""
        ...

    def listing(self, body: bytes) -> dict[str, bool]:
        """Every symbol, and whether it trades now, from the answer to :meth:`listing_path`."""
        ...
