"""Gaps that have existed for a while; younger ones may be mere reordering."""

from collections.abc import Sequence

from quantlive_nb.store.tape.coverage import Gap

__all__ = ["GapAge"]


class GapAge:
    """Tracks since when each end of a gap has existed.

    Parameters
    ----------
    after_s : float
        Minimum age of a gap.

    Examples
    --------
    >>> gap_age, found = GapAge(0.2), [("A", Gap(5, 9, 0, 0))]
    >>> gap_age.of(found, 1.0), gap_age.of(found, 1.5) == found
    ([], True)
    """

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self._seen: dict[tuple[str, int], float] = {}

    def of(self, found: Sequence[tuple[str, Gap]], now_s: float) -> list[tuple[str, Gap]]:
        """The gaps that are old enough; a gap is as old as its older end."""
        ends = {(symbol, end) for symbol, gap in found for end in gap[:2]}
        self._seen = {end: self._seen.get(end, now_s) for end in ends}
        return [
            (symbol, gap)
            for symbol, gap in found
            if min(self._seen[symbol, end] for end in gap[:2]) <= now_s - self._after_s
        ]
