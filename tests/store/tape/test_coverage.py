"""Which ids are stored, against a set of integers."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.store.tape.coverage import Coverage, Gap, Range
from tests.tape import SECOND, START, batch, trade

ROWS = st.tuples(st.integers(0, 30), st.integers(1, 4))
BATCHES = st.lists(st.lists(ROWS, max_size=8), max_size=6)


def ranges_of(ids):
    """First and last of each run of consecutive integers."""
    ids = sorted(ids)
    starts = [i for i in ids if i - 1 not in ids]
    return list(zip(starts, [i for i in ids if i + 1 not in ids], strict=True))


def booked(batches):
    """A coverage that took some batches, the ids it should hold, and when each was traded."""
    coverage, held, ts = Coverage(), set(), {}
    for rows in batches:
        trades = batch(*[trade(i, i * SECOND, n_ids=n) for i, n in rows])
        fresh = coverage.fresh(trades)
        for (i, n), is_fresh in zip(rows, fresh.tolist(), strict=True):
            ids = set(range(i, i + n))
            assert is_fresh == held.isdisjoint(ids)
            if is_fresh:
                held |= ids
                ts |= dict.fromkeys(ids, START + i * SECOND)
        coverage.book(trades.select(fresh))
    return coverage, held, ts


@given(batches=BATCHES)
def test_it_holds_what_a_set_would_hold(batches):
    """Fresh is what the set lacks; ranges are the set's runs, from the first trade to the last."""
    coverage, held, ts = booked(batches)
    ranges = coverage.ranges.get("BTCUSDT", [])

    assert [(r.from_id, r.to_id) for r in ranges] == ranges_of(held)
    assert [(r.from_ts, r.to_ts) for r in ranges] == [(ts[r.from_id], ts[r.to_id]) for r in ranges]


@given(batches=BATCHES)
def test_gaps_are_the_holes_of_the_set(batches):
    """What lies between the first and the last id and is not held, counted id by id."""
    coverage, held, ts = booked(batches)
    holes = set(range(min(held, default=0), max(held, default=0))) - held
    gaps = coverage.gaps("BTCUSDT")

    assert [(g.from_id, g.to_id) for g in gaps] == ranges_of(holes)
    assert coverage.n_missing("BTCUSDT") == sum(g.n_missing for g in gaps) == len(holes)
    assert [(g.from_ts, g.to_ts) for g in gaps] == [
        (ts[g.from_id - 1], ts[g.to_id + 1]) for g in gaps
    ]
    assert coverage.start("BTCUSDT") == (ts[min(held)] if held else None)


@given(batches=BATCHES, a=st.integers(0, 40), n=st.integers(1, 5))
def test_touching_is_meeting_the_set(batches, a, n):
    """A range touches when any of its ids is held."""
    coverage, held, _ = booked(batches)

    assert coverage.touches("BTCUSDT", a, a + n - 1) != held.isdisjoint(range(a, a + n))


@given(batches=BATCHES, row=ROWS)
def test_asking_changes_nothing(batches, row):
    """A question before a write that then fails leaves the ledger as it was."""
    coverage, _, _ = booked(batches)
    before = {symbol: list(ranges) for symbol, ranges in coverage.ranges.items()}
    coverage.fresh(batch(trade(row[0], n_ids=row[1]), trade(99), trade(50)))

    assert coverage.ranges == before


SPANS = st.tuples(st.integers(0, 40), st.integers(1, 12)).map(lambda s: range(s[0], sum(s)))


def times(span):
    """A range of ids, each traded at its second."""
    return Range(span[0], span[-1], START + span[0] * SECOND, START + span[-1] * SECOND)


def ids_of(gaps):
    """Every id of some gaps."""
    return [i for gap in gaps for i in range(gap.from_id, gap.to_id + 1)]


@given(batches=BATCHES, wanted=st.lists(SPANS, max_size=3), skipped=st.lists(SPANS, max_size=4))
def test_what_is_missing_is_what_ought_to_be_there_and_was_not_skipped(batches, wanted, skipped):
    """Between first and last of what is held or wanted; a hole stays one when it is skipped."""
    coverage, held, _ = booked(batches)
    for span in wanted:
        coverage.want("BTCUSDT", times(span))
    for span in skipped:
        coverage.skip("BTCUSDT", Gap(*times(span)))
    known = held.union(*wanted)
    holes = set(range(min(known, default=0), max(known, default=-1) + 1)) - held
    passed_over = holes.intersection(set().union(*skipped))

    assert ids_of(coverage.holes("BTCUSDT")) == sorted(holes)
    assert ids_of(coverage.gaps("BTCUSDT")) == sorted(holes - passed_over)
    assert coverage.n_missing("BTCUSDT") == len(holes - passed_over)
    assert coverage.n_skipped("BTCUSDT") == len(passed_over)
    assert coverage.n_held("BTCUSDT") == len(held)
    assert all(gap.from_ts <= gap.to_ts for gap in coverage.gaps("BTCUSDT"))


@given(batches=BATCHES, span=SPANS)
def test_what_is_absent_is_what_the_set_lacks(batches, span):
    """The parts of a range that are not held, in order."""
    coverage, held, _ = booked(batches)
    parts = coverage.absent("BTCUSDT", span[0], span[-1])

    assert parts == ranges_of(set(span) - held)


def test_symbols_do_not_mix():
    """Equal ids of two symbols are different trades, also within one batch."""
    coverage = Coverage()
    trades = batch(*[trade(7, symbol=symbol) for symbol in ("BTCUSDT", "ETHUSDT", "BTCUSDT")])

    assert coverage.fresh(trades).tolist() == [True, True, False]


def test_a_gap_spans_its_time_whichever_way_the_clocks_ran():
    """An exchange whose clock was set back still has its gap between two moments."""
    coverage = Coverage()
    coverage.add("BTCUSDT", Range(1, 1, 900, 900))
    coverage.add("BTCUSDT", Range(5, 5, 100, 100))
    (gap,) = coverage.gaps("BTCUSDT")

    assert (gap.from_ts, gap.to_ts) == (100, 900)


def test_an_unknown_symbol_lacks_nothing():
    """Nothing is stored, nothing is missing, nothing began."""
    coverage = Coverage()

    assert coverage.gaps("X") == []
    assert coverage.n_missing("X", "Y") == 0
    assert coverage.start("X") is None


def test_every_order_of_ranges_gives_one_range():
    """Five neighbours merge whichever comes last."""
    parts = [Range(i, i, i, i) for i in range(5)]
    for order in itertools.permutations(parts):
        coverage = Coverage()
        for part in order:
            coverage.add("A", part)

        assert coverage.ranges["A"] == [Range(0, 4, 0, 4)]
