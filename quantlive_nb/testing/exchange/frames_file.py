"""Reads recorded frames from a ``*.frames.jsonl.gz`` file, byte for byte."""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike, fspath

from quantlive_nb.errors import ReplayError, UsageError
from quantlive_nb.testing.market.event_frame import EventFrame
from quantlive_nb.testing.market.market_trade import Trade, trade_of

__all__ = ["Recording", "read_recording"]


@dataclass(frozen=True, slots=True)
class Recording:
    """Frames in order of receipt.

    Attributes
    ----------
    frames : tuple of EventFrame, shape (n,)
    recv_ns : tuple of int, shape (n,), ns
        The recorder's clock when each was received.
    trades : tuple of Trade or None, shape (n,)
        The trade in each frame; None if it has none.

    Examples
    --------
    >>> Recording((EventFrame.odd("{}", "btcusdt@bookTicker"),), (0,), (None,)).symbols
    ('BTCUSDT',)
    """

    frames: tuple[EventFrame, ...]
    recv_ns: tuple[int, ...]
    trades: tuple[Trade | None, ...]

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of its streams, in order of appearance."""
        return tuple(dict.fromkeys(frame.stream for frame in self.frames if frame.stream))

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols of its streams, in order of appearance."""
        names = (stream.partition("@")[0].upper() for stream in self.streams)
        return tuple(dict.fromkeys(name for name in names if not name.startswith("!")))

    @property
    def last_ids(self) -> dict[str, int]:
        """Per symbol that trades, its last trade id."""
        return {trade.symbol: trade.trade_id for trade in self.trades if trade is not None}

    def n_before(self, at_s: float) -> int:
        """Number of frames before this second of the recording."""
        return sum(offset_s < at_s for offset_s in self.offsets_s())

    def offsets_s(self, speed: float = 1.0, start_at_s: float = 0.0) -> Iterator[float]:
        """Seconds from a second of the recording to each frame from there on.

        Parameters
        ----------
        speed : float
            Times the recorder's pace.
        start_at_s : float, seconds
            Counted from the first frame.
        """
        first_ns = self.recv_ns[0]
        recorded_s = ((at_ns - first_ns) / 1e9 for at_ns in self.recv_ns)
        return ((at_s - start_at_s) / speed for at_s in recorded_s if at_s >= start_at_s)


def read_recording(path: str | PathLike[str]) -> Recording:
    """Read a whole recording into memory.

    Parameters
    ----------
    path : str or path
        Gzipped lines of ``{"recv_ns": ..., "frame": "..."}``, each frame the text of a combined
        stream.

    Returns
    -------
    Recording

    Raises
    ------
    ReplayError
        If the file is missing, damaged or empty, or a line is malformed.

    Examples
    --------
    >>> read_recording("nowhere.frames.jsonl.gz")
    Traceback (most recent call last):
    quantlive_nb.errors.ReplayError: cannot replay nowhere.frames.jsonl.gz: it does not exist
    """
    name = fspath(path)
    try:
        with gzip.open(name, "rb") as lines:
            return _parse(name, lines)
    except FileNotFoundError as exc:
        raise ReplayError(name, "it does not exist") from exc
    except (gzip.BadGzipFile, EOFError, zlib.error) as exc:
        raise ReplayError(name, "it is not a whole gzip file, copy it again") from exc
    except OSError as exc:
        raise ReplayError(name, exc.strerror or str(exc)) from exc


def _parse(name: str, lines: Iterator[bytes] | gzip.GzipFile) -> Recording:
    """Parse the lines of a recording."""
    frames: list[EventFrame] = []
    recv_ns: list[int] = []
    for n_line, line in enumerate(lines, 1):
        try:
            record = json.loads(line.decode())
            frame, at_ns = EventFrame.of(record["frame"]), int(record["recv_ns"])
        except UsageError as exc:
            raise ReplayError(name, f"line {n_line} is {exc}") from exc
        except (ValueError, KeyError, TypeError) as exc:
            raise ReplayError(name, f"line {n_line} is not a recorded frame") from exc
        frames.append(frame)
        recv_ns.append(at_ns)
    if not frames:
        raise ReplayError(name, "it holds no frames")
    return Recording(tuple(frames), tuple(recv_ns), tuple(map(trade_of, frames)))
