"""Everything that can go wrong, in one tree: each error keeps its fields and says what to do.

QuantliveError
├── UsageError (ValueError)     an argument cannot mean anything
│   ├── UnknownSymbol           symbol, near
│   └── ShapeError              name, got, want
├── NotEnoughData               what, have, need
├── RowsDropped (UserWarning)   a warning: indexes differ, and only the rows in common were used
├── FeedError
│   ├── FeedRefused             exchange, url, why      fatal: do not retry
│   ├── FeedStalled             exchange, silent_s
│   ├── ReplayError             path, why               fatal: the recording cannot be read
│   └── WireError               exchange, raw, why
├── StoreError                  path, why
│   ├── StoreBusy               path, pid
│   ├── StoreFull               path, detail            no room on disk or in memory
│   └── StoreLost               path, pid               its owner does not answer any more
├── PanelError                  panel, version, cause   kept on the panel, never raised at the loop
└── Closed                      what

This room imports nothing and knows nothing of the rest of the house.
"""

__all__ = [
    "Closed",
    "FeedError",
    "FeedRefused",
    "FeedStalled",
    "NotEnoughData",
    "PanelError",
    "QuantliveError",
    "ReplayError",
    "RowsDropped",
    "ShapeError",
    "StoreBusy",
    "StoreError",
    "StoreFull",
    "StoreLost",
    "UnknownSymbol",
    "UsageError",
    "WireError",
]


class QuantliveError(Exception):
    """The root: ``except ql.QuantliveError`` catches all that this package raises on purpose.

    Examples
    --------
    >>> issubclass(NotEnoughData, QuantliveError)
    True
    """


class UsageError(QuantliveError, ValueError):
    """An argument cannot mean anything; the sentence says what would.

    Examples
    --------
    >>> isinstance(UsageError("window is 1: give at least 2 bars"), ValueError)
    True
    """


class UnknownSymbol(UsageError):
    """The exchange does not trade this symbol; the nearest names it does trade are offered.

    Examples
    --------
    >>> str(UnknownSymbol("BTCUSTD", ["BTCUSDT", "BTCUSDC"]))
    "unknown symbol 'BTCUSTD': did you mean BTCUSDT or BTCUSDC?"
    >>> str(UnknownSymbol("QQQQ"))
    "unknown symbol 'QQQQ': the exchange does not list it"
    """

    def __init__(self, symbol: str, near: "list[str] | tuple[str, ...]" = ()) -> None:
        self.symbol, self.near = symbol, tuple(near)
        hint = f"did you mean {' or '.join(near)}?" if near else "the exchange does not list it"
        super().__init__(f"unknown symbol {symbol!r}: {hint}")


class ShapeError(UsageError):
    """An array has the wrong shape.

    Examples
    --------
    >>> str(ShapeError("x", (3,), (4,)))
    'x has shape (3,), expected (4,)'
    """

    def __init__(self, name: str, got: "tuple[int, ...]", want: "tuple[int, ...] | str") -> None:
        self.name, self.got, self.want = name, got, want
        super().__init__(f"{name} has shape {got}, expected {want}")


class NotEnoughData(QuantliveError):
    """A statistic is warming up: it needs more observations than there are.

    Examples
    --------
    >>> error = NotEnoughData("zscore", have=37, need=240)
    >>> str(error), error.warming
    ('zscore needs 240 observations, has 37', 'warming up 37/240')
    """

    def __init__(self, what: str, have: int, need: int) -> None:
        self.what, self.have, self.need = what, have, need
        super().__init__(f"{what} needs {need} observations, has {have}")

    @property
    def warming(self) -> str:
        """The state in a few words, for a panel."""
        return f"warming up {self.have}/{self.need}"


class RowsDropped(QuantliveError, UserWarning):
    """A warning: series have different rows, and what is told is of those in common.

    Examples
    --------
    >>> issubclass(RowsDropped, UserWarning)
    True
    """


class FeedError(QuantliveError):
    """Trades do not arrive as they should.

    Examples
    --------
    >>> issubclass(FeedRefused, FeedError)
    True
    """


class FeedRefused(FeedError):
    """The exchange refuses us for good; trying again would not help.

    Of an address the sentence tells 160 characters: a thousand streams are in some.

    Examples
    --------
    >>> str(FeedRefused("binance", "wss://host", "HTTP 451"))
    'binance refused wss://host: HTTP 451'
    """

    def __init__(self, exchange: str, url: str, why: str) -> None:
        self.exchange, self.url, self.why = exchange, url, why
        shown = url if len(url) <= 160 else f"{url[:160]}…"
        super().__init__(f"{exchange} refused {shown}: {why}")


class FeedStalled(FeedError):
    """The connection is open and says nothing.

    Examples
    --------
    >>> str(FeedStalled("binance", 30.0))
    'binance has been silent for 30 s: connecting anew'
    """

    def __init__(self, exchange: str, silent_s: float) -> None:
        self.exchange, self.silent_s = exchange, silent_s
        super().__init__(f"{exchange} has been silent for {silent_s:.0f} s: connecting anew")


class ReplayError(FeedError):
    """A recording cannot be read.

    Examples
    --------
    >>> str(ReplayError("a.parquet", "the file does not exist"))
    'cannot replay a.parquet: the file does not exist'
    """

    def __init__(self, path: str, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"cannot replay {path}: {why}")


class WireError(FeedError):
    """A message that is not what its exchange documents; only its first 120 characters are kept.

    Examples
    --------
    >>> str(WireError("binance", "{]", "not JSON"))
    "binance sent a message that is not JSON: '{]'"
    """

    def __init__(self, exchange: str, raw: "str | bytes", why: str) -> None:
        text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
        self.exchange, self.raw, self.why = exchange, text[:120], why
        super().__init__(f"{exchange} sent a message that is {why}: {self.raw!r}")


class StoreError(QuantliveError):
    """The database cannot do what was asked.

    Examples
    --------
    >>> str(StoreError("/no/t.duckdb", "the folder is not writable: choose another with --db"))
    '/no/t.duckdb: the folder is not writable: choose another with --db'
    """

    def __init__(self, path: str, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{path}: {why}")


class StoreBusy(StoreError):
    """Another process owns the database file.

    Examples
    --------
    >>> StoreBusy("t.duckdb", 4711).why
    'process 4711 is recording into it'
    """

    def __init__(self, path: str, pid: "int | None") -> None:
        self.pid = pid
        owner = "another process" if pid is None else f"process {pid}"
        super().__init__(path, f"{owner} is recording into it")


class StoreFull(StoreError):
    """Disk or memory take no more; what was to be written is not, and what was written before is.

    Examples
    --------
    >>> StoreFull("t.duckdb", "Could not write file").why
    'it cannot be written (Could not write file): free some space, the recording waits'
    """

    def __init__(self, path: str, detail: str, do: str = "free some space") -> None:
        self.detail = detail
        line = detail.splitlines()[0] if detail else "the disk is full"
        why = f"it cannot be written ({line}): {do}, the recording waits"
        super().__init__(path, why)


class StoreLost(StoreError):
    """The process that owns the database does not answer any more.

    Examples
    --------
    >>> StoreLost("t.duckdb", 4711).why
    'process 4711, which recorded into it, does not answer any more'
    """

    def __init__(self, path: str, pid: int) -> None:
        self.pid = pid
        super().__init__(path, f"process {pid}, which recorded into it, does not answer any more")


class PanelError(QuantliveError):
    """The body of a panel failed; its last good line stays on the screen.

    Examples
    --------
    >>> str(PanelError("z", 2, ZeroDivisionError("division by zero")))
    'panel z (version 2): ZeroDivisionError: division by zero'
    """

    def __init__(self, panel: str, version: int, cause: BaseException) -> None:
        self.panel, self.version, self.cause = panel, version, cause
        super().__init__(f"panel {panel} (version {version}): {type(cause).__name__}: {cause}")


class Closed(QuantliveError):
    """Something that was closed is used again.

    Examples
    --------
    >>> str(Closed("Live"))
    'this Live was closed; make a new one'
    """

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"this {what} was closed; make a new one")
