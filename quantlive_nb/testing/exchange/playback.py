"""Plays a recording: when it begins, how fast it runs, and what happens at its end.

This file knows no socket; it hands frames to the clients at their times.
"""

from collections.abc import Iterable
from os import PathLike, fspath
from typing import Literal

from quantlive_nb.errors import UsageError
from quantlive_nb.testing.exchange.clients import Clients
from quantlive_nb.testing.exchange.frames_file import Recording, read_recording
from quantlive_nb.testing.market.market import Market
from quantlive_nb.testing.market.market_trade import known_by
from quantlive_nb.testing.market.pace import Throttle, due
from quantlive_nb.testing.market.trade_history import History

__all__ = ["Playback"]


class Playback:
    """One run through a recording; the parameters are those of ``LoopbackExchange``.

    Examples
    --------
    >>> Playback("a.frames.jsonl.gz", speed=0)
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: speed is 0: it must be above 0 (inf: as fast as it goes)
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        speed: float = 1.0,
        start: Literal["subscribe", "now"] = "subscribe",
        start_when: Iterable[str] = (),
        at_end: Literal["stay", "close"] = "stay",
        start_at_s: float = 0.0,
    ) -> None:
        if not speed > 0:
            raise UsageError(f"speed is {speed}: it must be above 0 (inf: as fast as it goes)")
        if start not in ("subscribe", "now"):
            raise UsageError(f"start is {start!r}: choose 'subscribe' or 'now'")
        if at_end not in ("stay", "close"):
            raise UsageError(f"at_end is {at_end!r}: choose 'stay' or 'close'")
        if not start_at_s >= 0:
            raise UsageError(
                f"start_at_s is {start_at_s}: give the seconds to skip, or inf for all"
            )
        self._path = fspath(path)
        self._speed = speed
        self._start = start
        self._start_when = frozenset([start_when] if isinstance(start_when, str) else start_when)
        self._at_end = at_end
        self._start_at_s = start_at_s
        self._recording: Recording | None = None
        self._known_by: list[int] = []
        self._n_known = 0

    def load(self, history: History) -> Recording:
        """Read the recording; trades before its start go into the history.

        Raises
        ------
        ReplayError
            If the file cannot be read.
        UsageError
            If ``start_when`` names a stream that is not in it.
        """
        recording = read_recording(self._path)
        if missing := self._start_when - set(recording.streams):
            raise UsageError(
                f"start_when names {min(missing)}, which is not recorded: "
                f"choose from {', '.join(recording.streams)}"
            )
        self._recording = recording
        self._known_by = known_by(recording.trades)
        self._tell(history, recording.n_before(self._start_at_s))
        return recording

    async def play(self, clients: Clients, market: Market, throttle: Throttle) -> None:
        """Wait for the start, send every frame at its time, wait until all are received."""
        recording = self._recording or self.load(market.history)
        await clients.subscribed(self._is_enough)
        n_played = recording.n_before(self._start_at_s)
        offsets_s = recording.offsets_s(self._speed, self._start_at_s)
        async for n in due(offsets_s, throttle=throttle):
            self._tell(market.history, n_played + n)
            clients.play(recording.frames[n_played : n_played + n])
            n_played += n
            await clients.flush()
        await clients.settle()
        if self._at_end == "close":
            await clients.farewell()

    def _tell(self, history: History, n_played: int) -> None:
        """Add the trades that are known after this many frames to the history."""
        n_known = self._known_by[n_played]
        trades = self._recording.trades if self._recording is not None else ()
        history.add(trades[self._n_known : n_known])
        self._n_known = n_known

    def _is_enough(self, subscribed: frozenset[str]) -> bool:
        """Whether the recording may begin."""
        if self._start_when:
            return self._start_when <= subscribed
        recorded = self._recording.streams if self._recording is not None else ()
        return self._start == "now" or not subscribed.isdisjoint(recorded)
