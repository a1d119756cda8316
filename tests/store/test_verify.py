"""The judge of a tape believes the tables and nothing else."""

import contextlib
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlive_nb.store import Store
from quantlive_nb.store.tape.coverage import Gap
from quantlive_nb.store.verify import verify
from tests.tape import SECOND, VENUE, batch, trade

NUMBERS = itertools.count()


def tape(store, *ids, symbol="BTCUSDT"):
    """Store a trade of each id."""
    store.append(batch(*[trade(i, i * SECOND, symbol=symbol) for i in ids]))


def test_a_whole_tape_is_whole(recording):
    """The recording: every id, once each, and the ledger says the same."""
    btc, eth = verify(recording)

    assert (btc.symbol, btc.n_trades, btc.first_id, btc.last_id) == (
        "BTCUSDT",
        9_757,
        3_735_683_259,
        3_735_693_015,
    )
    assert (eth.symbol, eth.n_trades, eth.n_missing, eth.n_duplicate) == ("ETHUSDT", 6_106, 0, 0)
    assert btc.is_whole
    assert eth.is_whole


def test_missing_ids_are_named(store):
    """Each hole by its first and last id."""
    tape(store, 1, 2, 5, 9)
    (verdict,) = verify(store)

    assert (verdict.n_missing, verdict.gaps) == (5, ((3, 4), (6, 8)))
    assert not verdict.is_whole
    assert "missing 6 to 8 (3)" in str(verdict)


def test_skipped_ids_are_listed_apart(store):
    """What was passed over on purpose is no gap, and is not hidden either."""
    tape(store, 1, 9)
    store.skip(VENUE, "BTCUSDT", Gap(2, 6, SECOND, 6 * SECOND))
    (verdict,) = verify(store)

    assert (verdict.n_missing, verdict.gaps) == (2, ((7, 8),))
    assert (verdict.n_skipped, verdict.skipped) == (5, ((2, 6),))


def test_what_was_skipped_and_has_come_since_is_not_listed(store):
    """Half of it was on its way when it was passed over."""
    tape(store, 1, 9)
    store.skip(VENUE, "BTCUSDT", Gap(2, 8, SECOND, 8 * SECOND))
    tape(store, 4, 5)
    (verdict,) = verify(store)

    assert (verdict.n_skipped, verdict.skipped) == (5, ((2, 3), (6, 8)))
    assert verdict.is_whole


def test_a_trade_written_twice_behind_the_back_is_found(store):
    """Rows that the store would never write are counted, and the ledger is not believed."""
    tape(store, 1, 2)
    store.cursor().execute("INSERT INTO trades FROM trades WHERE trade_id = 2")
    (verdict,) = verify(store)

    assert (verdict.n_duplicate, verdict.n_trades, verdict.n_rows) == (1, 2, 3)
    assert not verdict.is_whole


def test_a_trade_deleted_behind_the_back_is_found(store):
    """The ledger books an id that is not there: they disagree, whoever is right."""
    tape(store, 1, 2, 3)
    store.cursor().execute("DELETE FROM trades WHERE trade_id = 3")
    (verdict,) = verify(store)

    assert verdict.n_missing == 0
    assert not verdict.does_ledger_agree
    assert "the ledger says otherwise" in str(verdict)


def test_aggregates_count_for_the_ids_they_cover(store):
    """One row of five trades is five trades; a raw trade inside it would be a duplicate."""
    store.append(batch(trade(1, n_ids=5), trade(6)))
    (verdict,) = verify(store)
    assert (verdict.n_trades, verdict.n_rows, verdict.is_whole) == (6, 2, True)

    store.cursor().execute(
        "INSERT INTO trades BY NAME SELECT * REPLACE (3 AS trade_id, 3 AS last_id) "
        "FROM trades WHERE trade_id = 6"
    )
    (verdict,) = verify(store)
    assert (verdict.n_trades, verdict.n_duplicate) == (6, 1)


@settings(max_examples=20)
@given(ids=st.sets(st.integers(0, 40), min_size=1), n=st.integers(1, 5))
def test_it_finds_what_a_set_would_find(common, ids, n):
    """Whatever was stored, in whatever pieces: the missing ids are those a set lacks."""
    symbol = f"VERIFY{next(NUMBERS)}"
    ordered = sorted(ids, key=lambda i: (i % n, i))
    for k in range(0, len(ordered), n):
        tape(common, *sorted(ordered[k : k + n]), symbol=symbol)
    (verdict,) = [v for v in verify(common) if v.symbol == symbol]
    absent = set(range(min(ids), max(ids))) - ids

    assert {i for a, b in verdict.gaps for i in range(a, b + 1)} == absent
    assert (verdict.n_trades, verdict.n_duplicate) == (len(ids), 0)
    assert verdict.does_ledger_agree


def test_symbols_are_judged_apart(store):
    """One symbol's hole is not the other's."""
    tape(store, 1, 3)
    tape(store, 1, 2, symbol="ETHUSDT")

    assert [verdict.is_whole for verdict in verify(store)] == [False, True]


@pytest.mark.parametrize("how", ["live", "rest", "import"])
def test_how_trades_came_makes_no_difference(store, how):
    """Every way of arrival is booked."""
    store.append(batch(trade(1), trade(2)), how)
    (verdict,) = verify(store)

    assert verdict.is_whole


def behind_the_back(store, sql):
    """Change the tables by hand, and look at them."""
    tape(store, *range(1, 10))
    tape(store, 10, 11)
    tape(store, 1, 2, symbol="ETHUSDT")
    store.cursor().execute(sql)
    return {verdict.symbol: verdict for verdict in verify(store)}


ALSO = "INSERT INTO coverage SELECT * REPLACE ({}) FROM coverage WHERE symbol = 'BTCUSDT' LIMIT 1"


@pytest.mark.parametrize(
    ("sql", "symbol", "words"),
    [
        ("DELETE FROM trades WHERE symbol = 'ETHUSDT'", "ETHUSDT", "0 trades, ids gone"),
        ("DELETE FROM trades WHERE symbol = 'ETHUSDT'", "ETHUSDT", "the ledger says otherwise"),
        (ALSO.format("'NOBODY' AS symbol"), "NOBODY", "the ledger says otherwise"),
        ("DELETE FROM coverage", "BTCUSDT", "the ledger says otherwise"),
        (ALSO.format("from_id AS from_id"), "BTCUSDT", "9 booked twice"),
        (ALSO.format("8 AS from_id"), "BTCUSDT", "2 booked twice"),
        (
            "UPDATE trades SET price = price + 1 WHERE trade_id = 4",
            "BTCUSDT",
            "changed within 1 to 9",
        ),
        ("UPDATE trades SET qty = 0.5 WHERE trade_id = 11", "BTCUSDT", "changed within 10 to 11"),
        (
            "UPDATE coverage SET sum_ids = 7 WHERE from_id = 10",
            "BTCUSDT",
            "changed within 10 to 11",
        ),
        ("UPDATE trades SET era = 1 WHERE trade_id = 4", "BTCUSDT", "the ledger says otherwise"),
    ],
)
def test_what_is_changed_behind_the_back_is_found(store, sql, symbol, words):
    """Whichever table was written into: the symbol is not whole, and the line says why."""
    found = behind_the_back(store, sql)

    assert not found[symbol].is_whole
    assert words in str(found[symbol])
    assert found["ETHUSDT" if symbol != "ETHUSDT" else "BTCUSDT"].is_whole is (
        "DELETE FROM coverage" not in sql
    )


def test_sums_survive_all_that_a_tape_goes_through(tmp_path, open_store):
    """Batches in disorder, repeats, an aggregate's remainder, a repair, merging, a restart."""
    path = tmp_path / "t.duckdb"
    with contextlib.closing(Store(path)) as store:
        tape(store, 1, 2, 5)
        tape(store, 9, 7, 2)
        store.append(batch(trade(3, 3 * SECOND, n_ids=6, qty="6")), "rest")
        store.replace(batch(trade(1, SECOND, price=7), trade(2, SECOND, price=8)))
        tape(store, 10)
    (verdict,) = verify(open_store(path))

    assert (verdict.n_trades, verdict.is_whole, verdict.sums_since) == (10, True, "")
