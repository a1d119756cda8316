"""Stretches of ids: what a batch holds, what lies between, and what is left of a hole."""

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.store.tape.id_range import Era, Gap, Range, between, pieces, runs, seam, without
from tests.tape import SECOND, START, batch, trade

SPANS = st.tuples(st.integers(0, 40), st.integers(1, 12)).map(lambda s: range(s[0], sum(s)))


def times(span):
    """A range of ids, each traded at its second."""
    return Range(span[0], span[-1], START + span[0] * SECOND, START + span[-1] * SECOND)


def ids_of(gaps):
    """Every id of some gaps."""
    return [i for gap in gaps for i in range(gap.from_id, gap.to_id + 1)]


def ranges_of(ids):
    """First and last of each run of a set."""
    ids = sorted(ids)
    starts = [i for i in ids if i - 1 not in ids]
    ends = [i for i in ids if i + 1 not in ids]
    return list(zip(starts, ends, strict=True))


@given(ids=st.lists(st.integers(0, 20), unique=True, min_size=1).map(sorted))
def test_runs_cut_where_an_id_is_missing(ids):
    """Sorted ids fall into the stretches in which each follows the one before."""
    column = np.array(ids)
    found = list(runs(column, column, column * 10))

    assert [(r.from_id, r.to_id) for r in found] == ranges_of(ids)
    assert all((r.from_ts, r.to_ts) == (r.from_id * 10, r.to_id * 10) for r in found)


@given(hole=SPANS, skipped=st.lists(SPANS, max_size=4).map(lambda spans: sorted(spans, key=list)))
def test_what_is_left_of_a_hole_lies_in_its_time(hole, skipped):
    """However the skipped stretches overlap: the parts are in order, and so are their times."""
    parts = without(Gap(*times(hole)), [times(span) for span in skipped])
    stamps = [ts for part in parts for ts in (part.from_ts, part.to_ts)]

    assert ids_of(parts) == sorted(set(hole).difference(*skipped))
    assert stamps == sorted(stamps)


@given(ids=st.lists(st.integers(0, 20), unique=True, min_size=1))
def test_a_piece_names_the_rows_that_hold_it(ids):
    """In whatever order they came: each row is in one piece, whose ids are theirs."""
    trades = batch(*[trade(i) for i in ids])
    found = [(held, trades.trade_id[rows].tolist()) for _, held, rows in pieces(trades)]

    assert [(held.from_id, held.to_id) for held, _ in found] == ranges_of(ids)
    assert all(rows == [*range(held.from_id, held.to_id + 1)] for held, rows in found)


@given(ids=st.sets(st.integers(3, 20), min_size=1))
def test_what_lies_between_is_all_that_is_wanted_and_not_held(ids):
    """Before the first, between, and behind the last."""
    held = [times(range(a, b + 1)) for a, b in ranges_of(ids)]
    holes = between(held, times(range(25)))

    assert ids_of(holes) == sorted(set(range(25)) - ids)
    assert between([], times(range(3))) == [Gap(*times(range(3)))]


def test_the_seam_of_two_eras_counts_no_id_but_has_its_time():
    """How many are missing nobody knows; a bar that it touches is not whole."""
    (hole,) = seam(100, [Range(7, 9, 300, 400)])

    assert (hole.n_missing, hole.from_ts, hole.to_ts) == (0, 100, 300)
    assert seam(None, [Range(7, 9, 300, 400)]) == seam(100, []) == []


def test_an_era_is_the_same_after_it_was_told():
    """Lists of numbers become ranges again."""
    era = Era(1, [Range(1, 2, 3, 4)], [])

    assert msgspec.convert([1, [[1, 2, 3, 4]], []], Era) == era
