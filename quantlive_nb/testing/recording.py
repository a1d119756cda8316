"""Recorded frames, read from a ``*.frames.jsonl.gz`` file.

This file knows no connection and no clock; it changes no byte of a frame.
"""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike, fspath

from quantlive_nb.errors import ReplayError, UsageError
from quantlive_nb.testing.frame import Frame

__all__ = ["Recording", "read_recording"]


@dataclass(frozen=True, slots=True)
class Recording:
    """Frames in order of receipt.

    Attributes
    ----------
    frames : tuple of Frame, shape (n,)
    recv_ns : tuple of int, shape (n,), ns
        The recorder's clock when each was received.
    last_ids : dict of str to int
        Per symbol with a trade stream, its last trade id.

    Examples
    --------
    >>> Recording((Frame.odd("{}", "btcusdt@bookTicker"),), (0,), {}).symbols
    ('BTCUSDT',)
    """

    frames: tuple[Frame, ...]
    recv_ns: tuple[int, ...]
    last_ids: dict[str, int]

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of its streams, in order of appearance."""
        return tuple(dict.fromkeys(frame.stream for frame in self.frames if frame.stream))

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols of its streams, in order of appearance."""
        names = (stream.partition("@")[0].upper() for stream in self.streams)
        return tuple(dict.fromkeys(name for name in names if not name.startswith("!")))

    def offsets_s(self, speed: float) -> Iterator[float]:
        """Seconds from the first frame to each when played ``speed`` times as fast."""
        first_ns = self.recv_ns[0]
        return ((at_ns - first_ns) / 1e9 / speed for at_ns in self.recv_ns)


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
        If the file is missing, damaged or empty, or if a line is something else.

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
    """The recording in these lines."""
    frames: list[Frame] = []
    recv_ns: list[int] = []
    last: dict[str | None, str] = {}
    for n_line, line in enumerate(lines, 1):
        try:
            record = json.loads(line.decode())
            text, at_ns = record["frame"], int(record["recv_ns"])
            frame = Frame.of(text)
        except UsageError as exc:
            raise ReplayError(name, f"line {n_line} is {exc}") from exc
        except (ValueError, KeyError, TypeError) as exc:
            raise ReplayError(name, f"line {n_line} is not a recorded frame") from exc
        frames.append(frame)
        recv_ns.append(at_ns)
        last[frame.stream] = text
    if not frames:
        raise ReplayError(name, "it holds no frames")
    return Recording(tuple(frames), tuple(recv_ns), dict(_last_ids(last)))


def _last_ids(last: dict[str | None, str]) -> Iterator[tuple[str, int]]:
    """Symbol and id of the last trade of each trade stream."""
    for stream, text in last.items():
        if stream is not None and stream.endswith("@trade"):
            data = json.loads(text)["data"]
            if isinstance(data, dict) and isinstance(data.get("t"), int):
                yield stream.removesuffix("@trade").upper(), data["t"]
