"""Trades whose ids prove no gap: each once, numbered as received."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.errors import StoreFull
from quantlive_nb.store import Store
from quantlive_nb.types import Trades
from tests.tape import SECOND, VENUE, trade

ROWS = "SELECT era, trade_id, venue_trade_id FROM trades ORDER BY era, trade_id"


def told(*names, since=0):
    """One batch of trades with these ids, a second apart."""
    rows = [trade(0, (since + n) * SECOND) for n in range(len(names))]
    return Trades.of(
        row._replace(venue_trade_id=name) for row, name in zip(rows, names, strict=True)
    )


def held(store):
    """What is stored."""
    return store.cursor().execute(ROWS).fetchall()


@given(batches=st.lists(st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=8)))
def test_each_id_is_stored_once_in_the_order_of_its_first_receipt(batches):
    """However often, and wherever in a batch, it is told."""
    store = Store()
    for names in batches:
        store.append(told(*names))
    first = list(dict.fromkeys(name for names in batches for name in names))

    assert held(store) == [(0, n, name) for n, name in enumerate(first, 1)]
    store.close()


def test_an_interruption_ends_an_era_once_and_only_where_there_was_one(store):
    """Before the first trade there is nothing to break off; a repeated trade begins nothing."""
    symbol = trade(0).symbol
    store.receipts.interrupt(VENUE, [symbol])
    store.append(told("a", "b"))
    store.receipts.interrupt(VENUE, [symbol])
    store.append(told("b", since=1))
    store.append(told("b", "c", since=1))
    store.append(told("d", since=9))

    assert held(store) == [(0, 1, "a"), (0, 2, "b"), (1, 1, "c"), (1, 2, "d")]
    assert len(store.coverage[VENUE].holes(symbol)) == 1


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_batch_that_could_not_be_written_may_be_given_again(store, monkeypatch, is_broken):
    """A full disk makes nothing known that is not stored, and heals no break."""
    store.append(told("a"))
    if is_broken:
        store.receipts.interrupt(VENUE, [trade(0).symbol])
    with monkeypatch.context() as full:

        def refuse(*_):
            raise StoreFull(":memory:", "the disk is full")

        full.setattr(store, "_write", refuse)
        with pytest.raises(StoreFull):
            store.append(told("b", since=1))
    store.append(told("b", since=1))

    assert held(store) == [(0, 1, "a"), (1, 1, "b") if is_broken else (0, 2, "b")]
