"""What an aggregate adds to a tape that holds some of its trades."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.store.tape.partial_aggregate import remainders, shares
from tests.tape import VENUE, batch, trade

UNIT = Decimal("0.00000001")


def left_of(store, row):
    """Ids and quantity of each part that an aggregate would add."""
    parts = remainders(store.cursor(), store.coverage[VENUE], row)
    assert all(part[4:5] == row[4:5] and part[6:] == row[6:] for part in parts)
    return [(part.trade_id, part.last_id, part.qty) for part in parts]


def test_what_is_held_is_taken_away(store):
    """The rest of the quantity goes to the ids that are missing; price, side and times stay."""
    store.append(batch(trade(1), trade(3, qty="0.5"), trade(4, qty="0.25")))

    assert left_of(store, trade(3, qty="2", n_ids=3)) == [(5, 5, "1.25000000")]


def test_two_stretches_share_by_their_numbers_of_ids(store):
    """Nobody knows what each trade had; only the sum is known, and it is kept."""
    store.append(batch(trade(2, qty="0.1")))

    assert left_of(store, trade(1, qty="1", n_ids=4)) == [
        (1, 1, "0.30000000"),
        (3, 4, "0.60000000"),
    ]


def test_what_is_held_already_adds_nothing(store):
    """Whole or in pieces."""
    store.append(batch(trade(1), trade(2), trade(3)))

    assert left_of(store, trade(1, qty="3", n_ids=3)) == []


@pytest.mark.parametrize(
    ("held", "qty"),
    [
        (trade(2, qty="1"), "1"),  # nothing is left for ids 1 and 3
        (trade(2, qty="1"), "0.9"),
        (trade(2, qty="1", n_ids=4), "9"),  # a row that reaches beyond it
    ],
)
def test_an_aggregate_that_contradicts_the_tape_adds_nothing(store, held, qty):
    """Its ids stay missing, to be seen, rather than be filled with a number made up."""
    store.append(batch(held))

    assert left_of(store, trade(1, qty=qty, n_ids=3)) == []


def test_another_symbol_and_another_venue_take_nothing_away(store):
    """Equal ids are not equal trades."""
    store.append(batch(trade(1), trade(2, symbol="ETHUSDT")))
    store.append(batch(trade(2)._replace(venue="simulated")))

    assert left_of(store, trade(1, qty="3", n_ids=2)) == [(2, 2, "2.00000000")]


@given(
    runs=st.lists(st.tuples(st.integers(1, 10**4), st.integers(1, 9)), min_size=1, max_size=6),
    spare=st.integers(0, 10**28 - 10**6),
)
def test_shares_are_exact_and_none_is_nothing(runs, spare):
    """In whole units of the last place, whatever the quantity; each id's part is at least one."""
    absent, at = [], 0
    for n_ids, n_held in runs:
        absent.append((at, at + n_ids - 1))
        at += n_ids + n_held
    units = sum(n_ids for n_ids, _ in runs) + spare
    parts = shares(Decimal(units).scaleb(-8), absent)

    assert sum(int(part.scaleb(8)) for part in parts) == units
    assert all(
        part % UNIT == 0 and int(part.scaleb(8)) >= b - a + 1
        for part, (a, b) in zip(parts, absent, strict=True)
    )
