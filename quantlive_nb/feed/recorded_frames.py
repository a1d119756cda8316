"""Recorded frames (``*.frames.jsonl.gz``) as columns, through the same parser as live ones.

This file knows no pace: it reads, :mod:`quantlive_nb.feed.replay` plays.
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from quantlive_nb.errors import ReplayError, WireError
from quantlive_nb.judge import Judge
from quantlive_nb.types import Trade, Trades
from quantlive_nb.venue import Exchange
from quantlive_nb.venue.base import UNREADABLE

__all__ = ["read_frames", "venue_of"]

LINES = 5_000


class Line(msgspec.Struct):
    """One recorded frame: the recorder's clock, the text as it came, and from which venue."""

    recv_ns: int
    frame: str
    venue: str = ""


LINE = msgspec.json.Decoder(Line)


def read_frames(path: Path, exchange: Exchange, judge: "Judge | None" = None) -> Iterator[Trades]:
    """The trades of a recording that can be believed, some thousand at a time, as received.

    Parameters
    ----------
    path : Path
        Gzipped lines of ``{"recv_ns": ..., "frame": "..."}``, the first perhaps with ``"venue"``.
    exchange : Exchange
        Parses the frames; frames that are no trades are passed over, as they are live.
    judge : Judge, optional
        Counts what it refuses, and the frames that cannot be understood.

    Raises
    ------
    ReplayError
        When the file is missing, is not such a recording, or breaks off; what came before the
        damage has been yielded by then.

    Examples
    --------
    >>> from quantlive_nb.venue import Binance
    >>> next(read_frames(Path("none.frames.jsonl.gz"), Binance()))
    Traceback (most recent call last):
    quantlive_nb.errors.ReplayError: cannot replay none.frames.jsonl.gz: the file does not exist
    """
    n_lines, rows, judge = 0, list[Trade](), judge or Judge()
    try:
        with gzip.open(path, "rb") as lines:
            for line in lines:
                rows += _trades(line, exchange, judge)
                n_lines += 1
                if n_lines % LINES == 0:
                    yield judge.follow(Trades.of(rows, exchange.name))
                    rows = []
    except FileNotFoundError as exc:
        raise ReplayError(str(path), "the file does not exist") from exc
    except (OSError, EOFError, zlib.error, *UNREADABLE) as exc:
        if rows:
            yield judge.follow(Trades.of(rows, exchange.name))
        why = f"it is damaged after line {n_lines:,} ({exc})"
        raise ReplayError(str(path), why if n_lines else f"not recorded frames ({exc})") from exc
    yield judge.follow(Trades.of(rows, exchange.name))


def venue_of(path: Path) -> str:
    """The venue that a recording of frames names in its first line; empty where it names none.

    Examples
    --------
    >>> venue_of(Path("none.frames.jsonl.gz"))
    ''
    """
    try:
        with gzip.open(path, "rb") as lines:
            return LINE.decode(next(lines, b"")).venue
    except (OSError, EOFError, zlib.error, *UNREADABLE):
        return ""  # what is wrong with it is said when it is read


def _trades(line: bytes, exchange: Exchange, judge: Judge) -> list[Trade]:
    recorded = LINE.decode(line)
    try:
        events = exchange.parse(recorded.frame, recorded.recv_ns // 1_000)
    except WireError as exc:
        judge.count(exc.why, exc.raw)
        return []
    return [event for event in events if isinstance(event, Trade)]
