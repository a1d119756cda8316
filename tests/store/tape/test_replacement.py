"""Rows in the place of others: the same ids, and a ledger whose sums are those of the new rows."""

from quantlive_nb.store.tape.replacement import replace
from quantlive_nb.store.verify import verify
from tests.tape import SECOND, VENUE, batch, eight_places, stored, trade


def test_the_sums_of_the_ledger_are_those_of_the_new_rows(store):
    """An aggregate and two trades become four trades, across two entries; nothing is `changed`."""
    store.append(batch(trade(1), trade(2, n_ids=2, qty="3")))
    store.append(batch(trade(4), trade(9)), "rest")
    rows = [trade(i, i * SECOND, price=200 + i) for i in range(1, 5)]
    assert store.replace(batch(*rows)) == 3
    (verdict,) = verify(store)

    assert stored(store, "BTCUSDT")[:4] == [eight_places(row) for row in rows]
    assert (verdict.changed, verdict.does_ledger_agree, verdict.n_duplicate) == ((), True, 0)


def test_only_the_era_of_now_is_replaced(store):
    """Ids of before the reset are other trades; they stay."""
    old = [trade(i, i * SECOND) for i in range(1, 6)]
    new = [trade(i, (600 + i) * SECOND) for i in range(1, 6)]
    store.append(batch(*old))
    store.append(batch(*new))
    others = batch(*[row._replace(price="7") for row in new])
    with store.transaction() as cursor:
        assert replace(cursor, store.coverage[VENUE], others) == 5

    prices = "SELECT era, count(*), sum(price)::INT FROM trades GROUP BY era ORDER BY era"
    assert store.cursor().execute(prices).fetchall() == [(0, 5, 500), (1, 5, 35)]
    assert [v.is_whole for v in verify(store)] == [True, True]


def test_a_row_that_was_changed_by_hand_is_put_right(store):
    """The sums are still those of the right row: the tape is whole again, and only then."""
    rows = [trade(i, i * SECOND) for i in range(1, 6)]
    store.append(batch(*rows))
    store.cursor().execute("UPDATE trades SET price = price * 2 WHERE trade_id IN (2, 4)")
    before = verify(store)[0].changed
    store.replace(batch(rows[1]))
    between = verify(store)[0].changed
    store.replace(batch(rows[3]))

    assert (before, between) == (((1, 5),), ((1, 5),))
    assert verify(store)[0].is_whole
