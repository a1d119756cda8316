"""Two pieces of a bar put together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.store.aggregate.bar_rows import FLOATS, ROW, coarser, joined
from tests.tape import SECOND, bar_of, tapes


def aggregated(trades, every_us=SECOND):
    """Rows of bars of some trades, of a second unless told otherwise."""
    by_bar = {}
    for row in trades:
        by_bar.setdefault(row.ts_exch // every_us * every_us, []).append(row)
    bars = [bar_of(ts, by_bar[ts]) for ts in sorted(by_bar)]
    table = np.empty(len(bars), ROW)
    for name in ROW.names:
        table[name] = [getattr(bar, name) for bar in bars]
    return table


def assert_equal(a, b):
    """Sums to the last bits, all else exactly."""
    for name in ROW.names:
        check = np.testing.assert_allclose if name in FLOATS else np.testing.assert_array_equal
        check(a[name], b[name])


@given(rows=tapes(), at=st.integers(0, 25))
def test_pieces_make_the_whole(rows, at):
    """Cut a tape anywhere, also inside a bar: the two pieces' bars join to those of the tape."""
    assert_equal(joined(aggregated(rows[:at]), aggregated(rows[at:])), aggregated(rows))


@given(rows=tapes(), at=st.integers(1, 25))
def test_the_inputs_stay_as_they_are(rows, at):
    """A cache is not changed by an answer made from it."""
    early, late = aggregated(rows[:at]), aggregated(rows[at:])
    before = early.copy(), late.copy()
    joined(early, late)

    assert_equal(early, before[0])
    assert_equal(late, before[1])


@given(rows=tapes(most=6))
def test_ids_decide_what_opens_and_what_closes(rows):
    """Within a bar, time may be out of order: the lowest id opens it and the highest closes it."""
    shaken = [row._replace(ts_exch=0) for row in rows]
    first_half, second_half = shaken[::2], shaken[1::2]

    assert_equal(joined(aggregated(second_half), aggregated(first_half)), aggregated(shaken))


@given(rows=tapes(), n_seconds=st.integers(1, 9))
def test_seconds_make_longer_bars(rows, n_seconds):
    """The same bars as from the trades themselves; none of nothing."""
    every_us = n_seconds * SECOND

    assert_equal(coarser(aggregated(rows), every_us), aggregated(rows, every_us))
    assert len(coarser(np.empty(0, ROW), every_us)) == 0
