"""Gaps that have lasted for a while: what is missing for a moment was only reordered.

This file knows no request and no clock.
"""

from collections.abc import Sequence

from quantlive_nb.store.tape.coverage import Gap

__all__ = ["Lasting"]


class Lasting:
    """Remembers since when each end of a gap has been seen.

    Parameters
    ----------
    after_s : float
        So old must a gap be.

    Examples
    --------
    >>> lasting, found = Lasting(0.2), [("A", Gap(5, 9, 0, 0))]
    >>> lasting.of(found, 1.0), lasting.of(found, 1.5) == found
    ([], True)
    """

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self._seen: dict[tuple[str, int], float] = {}

    def of(self, found: Sequence[tuple[str, Gap]], now_s: float) -> list[tuple[str, Gap]]:
        """Those of the gaps that are old enough; a gap is as old as its older end."""
        ends = {(symbol, end) for symbol, gap in found for end in gap[:2]}
        self._seen = {end: self._seen.get(end, now_s) for end in ends}
        return [
            (symbol, gap)
            for symbol, gap in found
            if min(self._seen[symbol, end] for end in gap[:2]) <= now_s - self._after_s
        ]
