"""The ledger at rest: how each id came, in as few entries as possible, and believed with reason."""

import itertools
from contextlib import closing

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlive_nb.store import Store
from quantlive_nb.store import database as duck
from quantlive_nb.store.tape.coverage import Gap, Range
from quantlive_nb.store.tape.ledger import entries_of, merge, stretches
from quantlive_nb.store.verify import verify
from tests.tape import SECOND, START, VENUE, batch, trade

NUMBERS = itertools.count()
WAYS = ("live", "rest", "import")


def booked(store, symbol="BTCUSDT"):
    """First id, last id and how, of each entry of a symbol, as the table has them."""
    entries = entries_of(store.cursor())
    return [(held.from_id, held.to_id, how) for _, s, held, how, *_ in entries if s == symbol]


def trades(*ids, symbol="BTCUSDT"):
    """A trade of each id, at as many seconds."""
    return batch(*[trade(i, i * SECOND, symbol=symbol) for i in ids])


def test_an_entry_says_how_its_trades_came(store):
    """One for each stretch of ids of each batch, with the times of its ends."""
    store.append(trades(1, 2, 5))
    store.append(trades(3), "rest")
    store.append(trades(7, 8, symbol="ETHUSDT"), "import")

    assert booked(store) == [(1, 2, "live"), (3, 3, "rest"), (5, 5, "live")]
    assert entries_of(store.cursor())[-1][:4] == (
        VENUE,
        "ETHUSDT",
        Range(7, 8, START + 7 * SECOND, START + 8 * SECOND),
        "import",
    )


def test_neighbours_are_one_entry_after_the_end(tmp_path, open_store):
    """A day of batches that came on the socket is one line of the ledger; a repair stays one."""
    path = tmp_path / "t.duckdb"
    with closing(Store(path)) as store:
        for i in (1, 2, 3, 6, 7):
            store.append(trades(i))
        store.append(trades(4, 5), "rest")
        assert len(booked(store)) == 6
    store = open_store(path)

    assert booked(store) == [(1, 3, "live"), (4, 5, "rest"), (6, 7, "live")]
    assert store.coverage[VENUE].ranges["BTCUSDT"] == [
        Range(1, 7, START + SECOND, START + 7 * SECOND)
    ]


def test_what_was_skipped_is_remembered_until_it_is_wanted_again(tmp_path, open_store):
    """After a restart too: no gap, no part of the tape, and a gap again on demand."""
    path, gap = tmp_path / "t.duckdb", Gap(2, 4, START + SECOND, START + 5 * SECOND)
    with closing(Store(path)) as store:
        store.append(trades(1, 5))
        store.skip(VENUE, "BTCUSDT", gap)
        store.skip(VENUE, "ETHUSDT", gap)
    with closing(Store(path)) as store:
        assert booked(store) == [(1, 1, "live"), (2, 4, "skipped"), (5, 5, "live")]
        assert store.coverage[VENUE].gaps("BTCUSDT") == []
        assert store.coverage[VENUE].n_skipped("BTCUSDT") == 3
        store.append(trades(3), "rest")
        assert store.coverage[VENUE].n_skipped("BTCUSDT") == 2
        store.unskip(VENUE, "BTCUSDT")
        assert [g[:2] for g in store.coverage[VENUE].gaps("BTCUSDT")] == [(2, 2), (4, 4)]
    store = open_store(path)

    assert booked(store) == [(1, 1, "live"), (3, 3, "rest"), (5, 5, "live")]
    assert booked(store, "ETHUSDT") == [(2, 4, "skipped")]


def test_readers_are_told_what_is_skipped(store):
    """Bars there are complete no more, or never were."""
    heard = []
    store.append(trades(1, 5))
    store.on_late.append(lambda *late: heard.append(late))
    store.skip(VENUE, "BTCUSDT", Gap(2, 4, START + SECOND, START + 5 * SECOND))

    assert heard == [(VENUE, "BTCUSDT", START + SECOND)]


def test_neighbours_are_merged_while_it_runs(store, monkeypatch):
    """A process that runs for months keeps a short ledger."""
    monkeypatch.setattr(duck, "MERGE_AFTER", 5)
    counts = []
    for i in range(30):
        store.append(trades(i))
        counts.append(len(booked(store)))

    assert max(counts) <= 6
    assert (verify(store)[0].n_trades, verify(store)[0].is_whole) == (30, True)


@settings(max_examples=20)
@given(
    steps=st.lists(
        st.tuples(st.sets(st.integers(0, 30), max_size=9), st.sampled_from((*WAYS, "skipped"))),
        max_size=8,
    )
)
def test_merging_forgets_nothing(common, steps):
    """Each id is booked as before, with the same ends in time, by no more entries than needed."""
    symbol, how_of = f"LEDGER{next(NUMBERS)}", {}
    for ids, how in steps:
        if how == "skipped":
            for i in ids - how_of.keys():
                common.skip(VENUE, symbol, Gap(i, i, START + i * SECOND, START + i * SECOND))
                how_of[i] = how
        elif ids:
            common.append(trades(*sorted(ids), symbol=symbol), how)
            how_of |= {i: how for i in ids if how_of.get(i, "skipped") == "skipped"}
    with common.transaction() as cursor:
        merge(cursor)
    mine = [entry for entry in entries_of(common.cursor()) if entry[1] == symbol]
    came = {
        i: h for _, _, held, h, *_ in mine for i in range(held[0], held[1] + 1) if h != "skipped"
    }

    assert came == {i: how for i, how in how_of.items() if how != "skipped"}
    assert all(held[2:] == tuple(START + i * SECOND for i in held[:2]) for _, _, held, *_ in mine)
    assert not [
        (a, b) for a, b in itertools.pairwise(mine) if a[2][1] + 1 == b[2][0] and a[3] == b[3]
    ]


@pytest.mark.parametrize(
    ("by_hand", "wanted"),
    [
        ("DELETE FROM trades WHERE trade_id = 2 AND symbol = 'BTCUSDT'", [(1, 1), (3, 3), (6, 6)]),
        ("INSERT INTO trades FROM trades WHERE trade_id = 3", [(1, 3), (6, 6)]),
    ],
)
def test_a_ledger_that_counts_wrong_is_not_believed(tmp_path, open_store, by_hand, wanted):
    """Who wrote into the tables by hand finds the trades of that symbol counted anew."""
    path = tmp_path / "t.duckdb"
    with closing(Store(path)) as store:
        store.append(trades(1, 2, 3, 6))
        store.append(trades(1, 2, symbol="ETHUSDT"))
    with duckdb.connect(str(path)) as other:
        other.execute(by_hand)
    store = open_store(path)
    coverage = store.coverage[VENUE]

    assert [held[:2] for held in coverage.ranges["BTCUSDT"]] == wanted
    assert [held[:2] for held in coverage.ranges["ETHUSDT"]] == [(1, 2)]
    assert store.append(trades(1, 3, 6)) == 0


def test_a_ledger_that_was_thrown_away_is_made_anew(tmp_path, open_store):
    """An empty one is believed as little as a wrong one."""
    path = tmp_path / "t.duckdb"
    with closing(Store(path)) as store:
        store.append(trades(1, 2, 5))
    with duckdb.connect(str(path)) as other:
        other.execute("DELETE FROM coverage")

    assert [gap[:2] for gap in open_store(path).coverage[VENUE].gaps("BTCUSDT")] == [(3, 4)]


def test_stretches_are_told_symbol_by_symbol(store):
    """Runs of contiguous ids among the trades, aggregates counted by the ids they cover."""
    store.append(batch(trade(1, n_ids=3), trade(4, SECOND), trade(9), trade(1, symbol="ETHUSDT")))

    assert [(s, held[:2]) for _, s, held, *_ in stretches(store.cursor())] == [
        ("BTCUSDT", (1, 4)),
        ("BTCUSDT", (9, 9)),
        ("ETHUSDT", (1, 1)),
    ]
