"""What to record, from where and into which database: from arguments, environment or defaults."""

import difflib
import itertools
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from platformdirs import user_data_path

from quantlive_nb.demo import DEMO, is_replay, recording_of
from quantlive_nb.errors import ReplayError, UsageError
from quantlive_nb.feed import Feed, Replay, Simulated, WebSocketFeed
from quantlive_nb.feed.recorded_frames import read_frames, venue_of
from quantlive_nb.feed.simulated import FASTEST
from quantlive_nb.interval import SECOND, Micros, micros
from quantlive_nb.judge import Judge
from quantlive_nb.name import require_text, symbol_of
from quantlive_nb.numeral import brief, require_number, require_whole
from quantlive_nb.path import expanded
from quantlive_nb.store import MEMORY
from quantlive_nb.store.file.trade_file import read_trades
from quantlive_nb.venue import DEFAULT, EXCHANGES, Exchange, exchange

__all__ = ["Options", "default_db"]

DEFAULT_SYMBOLS = ("BTCUSDT", "ETHUSDT")
SOURCES = (*EXCHANGES, "simulated", DEMO)
MOST = 10**9
"""Of a seed, and of MB."""


def default_db() -> str:
    """Where trades are kept when nothing else is said: the platform's data folder.

    Examples
    --------
    >>> default_db().endswith("quantlive.duckdb")
    True
    """
    return str(user_data_path("quantlive", appauthor=False) / "quantlive.duckdb")


def as_speed(text: str) -> float:
    """The speed that ``QUANTLIVE_SPEED`` names.

    Raises
    ------
    UsageError
        If it is no number.
    """
    try:
        return float(text)
    except ValueError as exc:
        raise UsageError(f"QUANTLIVE_SPEED is {text!r}: give a number above 0") from exc


def is_frames(path: Path) -> bool:
    """Whether a recording holds frames, by its name.

    Examples
    --------
    >>> is_frames(Path("a.frames.jsonl.gz")), is_frames(Path("a.parquet"))
    (True, False)
    """
    return path.name.lower().endswith((".jsonl", ".jsonl.gz"))


def as_seconds(text: "str | Micros") -> float:
    """A length of time in seconds; 0 is one too.

    Raises
    ------
    UsageError
        If it is none.

    Examples
    --------
    >>> as_seconds("2h"), as_seconds("0")
    (7200.0, 0.0)
    """
    return micros(text, may_be_zero=True) / SECOND


@dataclass(frozen=True, slots=True)
class Options:
    """How to record.

    Parameters
    ----------
    symbols : tuple of str
        In upper case.
    source : str
        ``binance``, ``binance-us``, ``simulated``, ``demo`` or ``replay:PATH``.
    db : str
        A path, ``":memory:"``, or empty: the default file for an exchange, memory for a replay
        and for the simulated market.
    ws_url, rest_url : str
        Other endpoints than the exchange's own; empty for its own.
    speed : float
        Pace of a replay or of the simulated market.
    seed : int
        Of the simulated market.
    silence_s : float
        A connection without a trade for this long is DOWN.
    preload_s : float
        So far back the tape of an exchange is filled at the start; 0: not at all.
    must_own : bool
        Fail, rather than record in memory, when another process owns the database.
    memory_mb : int
        What DuckDB may keep of a database file in memory; 0: its own default.

    Raises
    ------
    UsageError
        For an unknown source or an impossible speed.

    Examples
    --------
    >>> Options(source="simulated").path, Options(source="replay:a.parquet").is_exchange
    (':memory:', False)
    >>> Options(source="binanse")
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: unknown source 'binanse': did you mean binance?
    """

    symbols: tuple[str, ...] = DEFAULT_SYMBOLS
    source: str = DEFAULT
    db: str = ""
    ws_url: str = ""
    rest_url: str = ""
    speed: float = 1.0
    seed: int = 7
    silence_s: float = 30.0
    preload_s: float = 3_600.0
    must_own: bool = False
    memory_mb: int = 0

    def __post_init__(self) -> None:
        self._check_kinds()
        if not is_replay(self.source) and self.source not in SOURCES:
            near = difflib.get_close_matches(self.source, SOURCES, n=1)
            hint = f"did you mean {near[0]}?" if near else f"use {', '.join(SOURCES)}, replay:PATH"
            raise UsageError(f"unknown source {brief(self.source)}: {hint}")
        if not self.silence_s > 0:
            raise UsageError(f"the silence is {self.silence_s:g} s: give a number above 0")
        if not self.preload_s >= 0:
            raise UsageError(f"the preload is {self.preload_s:g} s: give 0 or a length such as 2h")
        if self.source == "simulated" and self.speed > FASTEST:
            most = f"the simulated market has at most {FASTEST}"
            raise UsageError(f"the speed is {self.speed:g}: {most}")

    def _check_kinds(self) -> None:
        """Refuse what is of another kind than it has to be; a path may be a Path."""
        db: object = self.db
        if isinstance(db, Path):
            object.__setattr__(self, "db", str(db))
        for name in ("source", "db", "ws_url", "rest_url"):
            require_text(f"{name} of a Live", getattr(self, name))
        for name, schemes in (("ws_url", ("ws", "wss")), ("rest_url", ("http", "https"))):
            url = getattr(self, name)
            if url and url.partition("://")[0].lower() not in schemes:
                text = f"give an address such as {schemes[1]}://host"
                raise UsageError(f"the {name} is {brief(url)}: {text}")
        if not isinstance(self.must_own, bool):
            raise UsageError(f"must_own is {brief(self.must_own)}: give True or False")
        numbers = {
            "speed": require_number("the speed", self.speed, "a number above 0", above=0),
            "silence_s": require_number("the silence", self.silence_s, "seconds above 0"),
            "seed": require_whole("the seed", self.seed, "a whole number from 0 on", 0, MOST),
            "memory_mb": require_whole("memory_mb", self.memory_mb, "MB, or 0", 0, MOST),
        }
        words = "0 or a length such as 2h"
        numbers["preload_s"] = require_number("the preload", self.preload_s, words)
        for name, value in numbers.items():
            object.__setattr__(self, name, value)

    @classmethod
    def read(cls, symbols: "tuple[str, ...]", **given: Any) -> Self:
        """Options from arguments, else from ``QUANTLIVE_*`` variables, else the defaults.

        Raises
        ------
        UsageError
            For what no exchange could list, and as the constructor does.
        """
        named = {name: value for name, value in given.items() if value is not None}
        for name in ("source", "db", "ws_url", "rest_url", "speed"):
            text = os.environ.get(f"QUANTLIVE_{name.upper()}")
            if text and name not in named:
                named[name] = as_speed(text) if name == "speed" else text
        preload = named.pop("preload", os.environ.get("QUANTLIVE_PRELOAD") or None)
        if preload is not None:
            named["preload_s"] = as_seconds(preload)
        listed = symbols or tuple(os.environ.get("QUANTLIVE_SYMBOLS", "").split(","))
        clean = tuple(dict.fromkeys(symbol_of(s) for s in listed if brief(s).strip("' ")))
        return replace(cls(), symbols=clean or DEFAULT_SYMBOLS, **named)

    def at(self, source: str, speed: "float | None" = None) -> Self:
        """The same for another source; a database that was named for this one is left alone."""
        same = str(source) == self.source
        return replace(
            self,
            source=source,
            db=self.db if same else "",
            speed=self.speed if speed is None else speed,
        )

    @property
    def is_exchange(self) -> bool:
        """Whether the trades come from a market that is open now."""
        return self.source in EXCHANGES

    @property
    def opening(self) -> str:
        """What is being done before the first trade, in words."""
        if self.is_exchange:
            return f"connecting to {self.source}"
        return "starting the market" if self.source == "simulated" else "opening the recording"

    @property
    def path(self) -> str:
        """The database meant."""
        named = str(expanded(self.db)) if self.db else ""
        return named or (default_db() if self.is_exchange else MEMORY)

    def check(self) -> None:
        """Refuse a recording that is not there, before anything that runs is ended.

        Raises
        ------
        ReplayError
        """
        path = recording_of(self.source)
        if is_replay(self.source) and not expanded(path).is_file():
            raise ReplayError(path, "the file does not exist")

    def exchange(self) -> Exchange:
        """The venue whose language is spoken: the source, or that of the recorded frames.

        Raises
        ------
        ReplayError
            When the frames name a venue that is not known here.
        """
        name = self.source if self.is_exchange else DEFAULT
        path = expanded(recording_of(self.source))
        if is_frames(path):
            name = venue_of(path) or DEFAULT
            if name not in EXCHANGES:
                raise ReplayError(str(path), f"it was recorded at {brief(name)}, which is unknown")
        return exchange(name, self.ws_url, self.rest_url)

    def feed(self) -> tuple[Feed, tuple[str, ...]]:
        """A new feed and the symbols that it will bring.

        Raises
        ------
        ReplayError
            When the recording cannot be read, or holds no trade.
        """
        if self.is_exchange:
            return WebSocketFeed(self.exchange(), self.symbols, self.silence_s), self.symbols
        if self.source == "simulated":
            return Simulated(self.symbols, self.seed, pace=self.speed), self.symbols
        path = expanded(recording_of(self.source))
        judge = Judge()
        blocks = (
            read_frames(path, self.exchange(), judge)
            if is_frames(path)
            else read_trades(path, judge)
        )
        first = next((block for block in blocks if len(block)), None)
        if first is None:
            raise ReplayError(str(path), judge.verdict or "it holds no trade")
        found = tuple(dict.fromkeys(first.symbol.tolist()))
        ordered = (*(s for s in self.symbols if s in found), *found)
        feed = Replay(itertools.chain([first], blocks), self.speed, first.venue, judge=judge)
        return feed, tuple(dict.fromkeys(ordered))
