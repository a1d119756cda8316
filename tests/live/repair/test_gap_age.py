"""What is missing for a moment only is not asked for."""

from quantlive_nb.live.repair.gap_age import GapAge
from quantlive_nb.store.tape.coverage import Gap


def test_a_gap_is_as_old_as_its_older_end():
    """One that shrinks need not wait anew; one that closed and came back must."""
    gap_age = GapAge(1.0)
    wide, narrow = [("A", Gap(5, 9, 0, 0))], [("A", Gap(7, 9, 0, 0))]

    assert gap_age.of(wide, 10.0) == []
    assert gap_age.of(narrow, 11.0) == narrow
    assert gap_age.of([], 12.0) == gap_age.of(wide, 13.0) == []


def test_symbols_are_told_apart():
    """The same ids of another symbol have an age of their own."""
    gap_age, gap = GapAge(1.0), Gap(5, 9, 0, 0)
    gap_age.of([("A", gap)], 10.0)

    assert gap_age.of([("A", gap), ("B", gap)], 11.0) == [("A", gap)]
