"""Duplicates and reorders trade frames."""

import random
from collections import Counter
from collections.abc import Container, Sequence

from quantlive_nb.testing.market.event_frame import EventFrame

__all__ = ["Reorder"]


class Reorder:
    """Faults of a stream that do not lose frames.

    Parameters
    ----------
    struck : Counter of str, optional
        Counts the frames affected by each fault.
    seed : int
        Seed of the shuffling.

    Attributes
    ----------
    n_duplicate : int
        How many of the next trade frames are sent twice.

    Notes
    -----
    Only frames with a subscriber are affected; all others pass.

    Examples
    --------
    >>> reorder, frame = Reorder(), EventFrame.odd("{}", "a@trade")
    >>> reorder.n_duplicate = 1
    >>> len(reorder.alter([frame, frame], {"a@trade"}))
    3
    """

    def __init__(self, struck: Counter[str] | None = None, seed: int = 1) -> None:
        self._struck: Counter[str] = Counter() if struck is None else struck
        self._random = random.Random(seed)  # noqa: S311 - must repeat, need not be secret
        self._n_shuffle = 0
        self._held: list[EventFrame] = []
        self.n_duplicate = 0

    def shuffle(self, n: int) -> Sequence[EventFrame]:
        """Hold the next ``n`` trade frames and shuffle them; return the frames to send now."""
        self._n_shuffle = n
        return self.alter((), ())

    def alter(
        self, frames: Sequence[EventFrame], heard: Container[str | None]
    ) -> Sequence[EventFrame]:
        """The frames to send instead of these.

        Parameters
        ----------
        frames : sequence of EventFrame
        heard : container of str
            Streams with a subscriber.
        """
        if not (self._n_shuffle or self._held or self.n_duplicate):
            return frames
        altered: list[EventFrame] = []
        for frame in frames:
            if not frame.is_trade or frame.stream not in heard:
                altered.append(frame)
            elif len(self._held) < self._n_shuffle:
                self._held.append(frame)
                altered += self._released()
            else:
                altered += self._copies(frame)
        return altered + self._released()

    def _released(self) -> list[EventFrame]:
        """The held frames, once there are enough."""
        if not self._held or len(self._held) < self._n_shuffle:
            return []
        held, self._held, self._n_shuffle = self._held, [], 0
        shuffled = self._random.sample(held, len(held))
        if shuffled == held:
            shuffled = held[1:] + held[:1]
        self._struck["reorder"] += len(held)
        return [copy for frame in shuffled for copy in self._copies(frame)]

    def _copies(self, frame: EventFrame) -> list[EventFrame]:
        """A frame, once or twice."""
        if self.n_duplicate <= 0:
            return [frame]
        self.n_duplicate -= 1
        self._struck["duplicate"] += 1
        return [frame, frame]
