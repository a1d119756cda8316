"""A recording played again: the same batches as live, at any pace.

This file knows no file format: it is handed columns in the order of receipt.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from quantlive_nb.clock import Clock, System
from quantlive_nb.errors import UsageError
from quantlive_nb.feed.base import Batch
from quantlive_nb.feed.confirmation import Records
from quantlive_nb.health import FeedState
from quantlive_nb.interval import Micros
from quantlive_nb.judge import Judge
from quantlive_nb.types import Ints, Trades

__all__ = ["Replay"]

STEP_S = 0.1
FULL_SPEED_ROWS = 5_000


@dataclass
class Replay:
    """Recorded trades, given out when their receive time comes again.

    Parameters
    ----------
    blocks : iterator of Trades
        In the order of receipt; read only as fast as they are played.
    pace : float
        Recorded seconds per second; ``inf`` gives everything out without waiting.
    venue : str
        What the trades carry; by default, once it plays, what the first of them carries.
    judge : Judge
        Has counted what was refused of the recording.

    Raises
    ------
    UsageError
        If the pace is not above 0.

    Examples
    --------
    >>> Replay(iter([]), pace=0)
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: a replay's speed is 0: give a number above 0, or inf
    """

    blocks: Iterator[Trades]
    pace: float = 1.0
    venue: str = ""
    clock: Clock = field(default_factory=System)
    judge: Judge = field(default_factory=Judge, repr=False)
    _n_refused: int = field(default=0, repr=False)
    _closed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _records: Records = field(default_factory=Records, repr=False)

    def __post_init__(self) -> None:
        if not self.pace > 0:
            raise UsageError(f"a replay's speed is {self.pace:g}: give a number above 0, or inf")

    @property
    def speed(self) -> float:
        """0: time moves by the recorded trades alone, so every pace closes the same bars."""
        return 0.0

    @property
    def has_pauses(self) -> bool:
        """Whether it waits between batches."""
        return self.pace != float("inf")

    async def events(self) -> AsyncIterator[Batch]:
        """Batches as they were received, then ENDED.

        Raises
        ------
        ReplayError
            From ``blocks``, when the recording turns out to be damaged.
        """
        started_us, first_us = self.clock.mono_us(), None
        for block in self.blocks:
            if self._closed.is_set():
                return
            self.venue = self.venue or block.venue
            if not len(block):
                await asyncio.sleep(0)
                continue
            due = np.maximum.accumulate(block.ts_recv)
            first_us = due[0] if first_us is None else first_us
            done = 0
            while done < len(block):
                if self._closed.is_set():
                    return
                upto = self._due(due, int(first_us), started_us, done)
                if upto > done:
                    trades, verdict = block.select(slice(done, upto)), self.judge.verdict
                    confirmed = self._records.confirm(trades)
                    n_refused = self._refused()
                    yield Batch(FeedState.LIVE, trades, verdict, n_refused, confirmed=confirmed)
                    done = upto
                if done < len(block) or not self.has_pauses:
                    await self._step()
        verdict = self.judge.verdict
        reason = "recording over" + (f" ({verdict})" if verdict else "")
        yield Batch(FeedState.ENDED, None, reason, self._refused())

    def want(self, symbols: Sequence[str]) -> None:
        """A recording holds what it holds: every symbol in it is played."""

    async def aclose(self) -> None:
        """End at the next step."""
        self._closed.set()

    def _refused(self) -> int:
        """How many rows were refused since this was last asked."""
        before, self._n_refused = self._n_refused, self.judge.refused.total()
        return self._n_refused - before

    def _due(self, due: Ints, first_us: Micros, started_us: Micros, done: int) -> int:
        """How many rows of the block should have been given out by now."""
        if not self.has_pauses:
            return min(done + FULL_SPEED_ROWS, len(due))
        played_us = (self.clock.mono_us() - started_us) * self.pace
        return int(np.searchsorted(due, first_us + played_us, side="right"))

    async def _step(self) -> None:
        """Leave the loop to others; with a pace, for a tenth of a second."""
        if not self.has_pauses:
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STEP_S):
                await self._closed.wait()
