"""What is fetched next, and what is too old for that."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.live.repair.gap_plan import PAGE, blocks, likely, plan
from quantlive_nb.store.tape.coverage import Coverage, Gap, Range
from tests.tape import SECOND, START, batch, trade

GAPS = st.tuples(st.integers(0, 30_000), st.integers(0, 30_000)).map(sorted)


def gap(from_id, to_id):
    """Missing ids, one a microsecond."""
    return Gap(from_id, to_id, from_id, to_id)


@given(ends=GAPS, focus=st.none() | st.integers(-5_000, 40_000))
def test_blocks_are_pages_of_the_gap(ends, focus):
    """Together they are the gap; each lies in one page, and the nearest come first."""
    found = list(blocks("A", gap(*ends), is_by_id=True, focus_us=focus))
    middle = ends[1] if focus is None else min(max(focus, ends[0]), ends[1])

    parts = sorted(block.gap[:2] for block in found)
    assert (parts[0][0], parts[-1][1]) == tuple(ends)
    assert all(a[1] + 1 == b[0] for a, b in itertools.pairwise(parts))
    for block in found:
        assert block.gap.from_id // PAGE == block.gap.to_id // PAGE == block.number
    far = [abs(block.number - middle // PAGE) for block in found]
    assert far == sorted(far)


@given(ends=GAPS)
def test_a_gap_is_cut_in_the_same_places_whatever_has_come(ends):
    """When its newest page has been fetched, the others are offered as before."""
    first, *others = list(blocks("A", gap(*ends), is_by_id=True))
    if first.gap.from_id > ends[0]:
        rest = list(blocks("A", gap(ends[0], first.gap.from_id - 1), is_by_id=True))
        assert rest[: len(others)] == [b._replace(gap=rest[i].gap) for i, b in enumerate(others)]
        assert [b.gap[:2] for b in rest[: len(others)]] == [b.gap[:2] for b in others]


def test_aggregates_come_from_the_beginning():
    """Where no id can be asked for, a gap is one block; two gaps are two."""
    (block,) = blocks("A", gap(1_500, 9_000), is_by_id=False, focus_us=8_000)
    (other,) = blocks("A", gap(20, 30), is_by_id=False, focus_us=8_000)
    (grown,) = blocks("A", gap(1_500, 9_500), is_by_id=False)

    assert block.gap == gap(1_500, 9_000)
    assert other.key != block.key == grown.key


NEWEST = trade(100, 100)


def planned(held, first):
    """What is skipped and wanted, by ids."""
    coverage = Coverage({"BTCUSDT": [Range(a, b, a, b) for a, b in held]} if held else {})
    first = None if first is None else trade(first, first)
    skipped, wanted = plan(coverage, "BTCUSDT", NEWEST, first)
    return [part[:2] for part in skipped], wanted and wanted[:2]


def test_an_empty_tape_wants_its_window():
    """From the first trade of the window to the newest."""
    assert planned([], 41) == ([], (41, 100))


def test_an_absence_within_the_window_is_filled():
    """What was stored before it stays, and what lies between is missing."""
    assert planned([(50, 60)], 41) == ([], (41, 100))


def test_an_absence_longer_than_the_window_is_skipped_up_to_it():
    """Ids before the window are booked; from the window on they are wanted."""
    assert planned([(1, 9)], 41) == ([(10, 40)], (41, 100))


def test_old_holes_are_skipped_and_a_hole_across_the_edge_in_part():
    """Each hole before the window, and the part of one that reaches into it."""
    assert planned([(1, 9), (15, 20), (60, 70)], 41) == ([(10, 14), (21, 40)], (41, 100))


def test_without_a_window_everything_missed_is_skipped():
    """Nothing is asked for; the next trade on the socket goes on from here."""
    assert planned([(1, 9), (15, 20)], None) == ([(10, 14), (21, 100)], None)
    assert planned([], None) == ([], None)


def test_a_tape_that_is_up_to_date_lacks_nothing():
    """The window begins inside what is held, and ends with it."""
    assert planned([(20, 100)], 41) == ([], (41, 100))


def test_a_repaired_trade_lies_in_time_where_its_ids_do():
    """A row of a gap that is dated minutes after it would invent the bars in between."""
    gap = Gap(2, 3, START + SECOND, START + 4 * SECOND)
    rows = batch(trade(2, 2 * SECOND), trade(3, 1_200 * SECOND))

    assert likely(rows, gap).trade_id.tolist() == [2]
