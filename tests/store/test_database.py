"""Trades at rest: exact, once each, and back after a restart."""

import itertools
import subprocess
import sys
import threading
from contextlib import closing
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlive_nb.errors import Closed, StoreError
from quantlive_nb.store import Coverage, Store
from quantlive_nb.store.database import LATE_US
from quantlive_nb.store.tape.coverage import Range
from quantlive_nb.store.verify import verify
from tests.conftest import ROOT
from tests.tape import SECOND, START, VENUE, batch, cut, eight_places, stored, tapes, trade

NUMBERS = itertools.count()

WRITE_ON = """
import itertools, sys
from quantlive_nb.store import Store
from quantlive_nb.types import Trade, Trades
store = Store(sys.argv[1])
for n in itertools.count(1):
    ids = range(n * 50 - 50, n * 50)
    store.append(Trades.of([Trade("binance", "A", i, i, "1", "1", True, i, i, i) for i in ids]))
    print(ids[-1])
"""


@settings(max_examples=30)
@given(data=st.data(), chance=st.randoms(use_true_random=False))
def test_any_shuffling_and_repetition_of_batches_gives_the_same(common, data, chance):
    """A trade is stored once, however often, in whatever order and company it arrives."""
    symbol = f"DUCK{next(NUMBERS)}"
    rows = data.draw(tapes(symbol))
    deliveries = rows + chance.choices(rows, k=len(rows))
    chance.shuffle(deliveries)
    points = data.draw(st.lists(st.integers(0, len(deliveries)), max_size=5))
    n_new = [common.append(batch(*part)) for part in cut(deliveries, points)]
    whole = Coverage()
    whole.book(batch(*rows))

    assert sum(n_new) == len(rows)
    assert stored(common, symbol) == [eight_places(row) for row in rows]
    assert common.coverage[VENUE].ranges[symbol] == whole.ranges[symbol]
    assert common.newest[VENUE, symbol] == rows[-1].ts_exch


@settings(max_examples=8)
@given(rows=tapes(), others=tapes("ETHUSDT"), chance=st.randoms(use_true_random=False))
def test_reopening_restores_what_is_known(tmp_path_factory, rows, others, chance):
    """With gaps and without, in any order of arrival: coverage and newest times come back."""
    path = tmp_path_factory.mktemp("store") / "t.duckdb"
    arrived = [*rows, *others]
    chance.shuffle(arrived)
    with closing(Store(path)) as store:
        for part in cut(arrived, [len(arrived) // 2]):
            store.append(batch(*part))
        coverage, newest = store.coverage, store.newest
    with closing(Store(path)) as store:
        assert store.coverage == coverage
        assert store.newest == newest
        assert store.append(batch(*arrived)) == 0
        assert stored(store, "BTCUSDT") == [eight_places(row) for row in rows]


def test_the_recording_is_stored_exactly(recording, data):
    """All 15 863 trades equal the table beside the recording in exact decimals; none is missing."""
    file = data / "binance_spot_btcusdt_ethusdt_20240808T2354.trades.parquet"
    differ = recording.sql(
        "WITH ours AS (SELECT symbol, trade_id, last_id, price, qty, side = 'sell' AS buyer_maker, "
        "epoch_us(ts_exch) AS t, epoch_us(ts_event) AS e, epoch_us(ts_recv) AS r FROM trades), "
        "theirs AS (SELECT symbol, trade_id, trade_id, price, qty, buyer_maker, trade_ms * 1000, "
        "event_ms * 1000, recv_ns // 1000 FROM read_parquet($file)) "
        "SELECT count(*) FROM ((FROM ours EXCEPT ALL FROM theirs) "
        "UNION ALL (FROM theirs EXCEPT ALL FROM ours))",
        {"file": str(file)},
    )

    assert differ.iat[0, 0] == 0
    assert recording.sql("SELECT count(*) FROM trades").iat[0, 0] == 15_863
    assert recording.coverage[VENUE].n_missing("BTCUSDT", "ETHUSDT") == 0
    assert recording.symbols() == recording.symbols(VENUE) == ("BTCUSDT", "ETHUSDT")


@pytest.mark.parametrize(
    ("price", "qty"),
    [
        ("9999999999.99999999", "99999999999999999999.99999999"),
        ("0.00000001", "0.00000001"),
        ("61837.63", "0.1"),
    ],
)
def test_decimals_are_kept_to_the_last_digit(store, price, qty):
    """The largest, the smallest, and one that no float has."""
    row = trade(1, price=price, qty=qty)
    store.append(batch(row))

    assert stored(store, "BTCUSDT") == [eight_places(row)]


def test_a_batch_that_cannot_be_stored_leaves_no_trace(store):
    """Nothing of it is written or booked, and it may come again mended."""
    good, bad = trade(1), trade(2, price="100000000000")
    with pytest.raises(duckdb.Error):
        store.append(batch(good, bad))

    assert stored(store, "BTCUSDT") == []
    assert store.append(batch(good)) == 1


@pytest.mark.parametrize(
    ("at_us", "told"), [(10 * SECOND - LATE_US, []), (10 * SECOND - LATE_US - 1, [START])]
)
def test_readers_are_told_of_trades_from_the_past(store, at_us, told):
    """More than half a second before the newest is a repair; less is the order of arrival."""
    heard = []
    store.on_late.append(lambda *late: heard.append(late))
    store.append(batch(trade(5, 10 * SECOND)))
    store.append(batch(trade(6, 11 * SECOND, symbol="ETHUSDT"), trade(3, at_us)))

    assert heard == [(VENUE, "BTCUSDT", ts + at_us) for ts in told]


def test_reading_goes_on_while_a_thread_appends(store):
    """Readers see whole batches only, and every batch in the end."""
    n_batches, counts = 60, []

    def write():
        for n in range(n_batches):
            store.append(batch(*[trade(i, i) for i in range(n * 20, n * 20 + 20)]))

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        counts.append(store.cursor().execute("SELECT count(*) FROM trades").fetchone()[0])
    writer.join()

    assert counts == sorted(counts)
    assert all(count % 20 == 0 for count in counts)
    assert len(stored(store, "BTCUSDT")) == n_batches * 20


def test_a_killed_process_loses_at_most_the_batch_in_flight(tmp_path, open_store):
    """After kill -9 everything that was acknowledged is there, without a hole."""
    path = tmp_path / "t.duckdb"
    command = [sys.executable, "-u", "-c", WRITE_ON, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        told = [int(child.stdout.readline()) for _ in range(20)]
        child.kill()
        told += [int(line) for line in child.stdout.read().splitlines()]
    (whole,) = open_store(path).coverage[VENUE].ranges["A"]

    assert whole.from_id == 0
    assert whole.to_id in (told[-1], told[-1] + 50)


@st.composite
def orders(draw):
    """Taker orders, each of some trades in a row, and the deliveries of their trades."""
    found, next_id = [], 1
    for units in draw(
        st.lists(st.lists(st.integers(1, 10**12), min_size=1, max_size=5), max_size=6)
    ):
        found.append([(next_id + i, Decimal(u).scaleb(-8)) for i, u in enumerate(units)])
        next_id += len(units) + draw(st.integers(0, 1))
    whole = [(parts[0][0], len(parts), sum(q for _, q in parts)) for parts in found]
    each = [(i, 1, q) for parts in found for i, q in parts]
    return found, draw(
        st.lists(st.sampled_from(whole + each), max_size=25) if each else st.just([])
    )


@settings(max_examples=40)
@given(drawn=orders(), points=st.lists(st.integers(0, 25), max_size=4))
def test_single_trades_and_aggregates_may_come_in_any_mixture(common, drawn, points):
    """Every id once, and of an aggregate that came at last its exact quantity, no more, no less."""
    symbol, (found, deliveries) = f"MIXED{next(NUMBERS)}", drawn
    rows = [trade(i, qty=f"{qty:f}", symbol=symbol, n_ids=n) for i, n, qty in deliveries]
    for part in cut(rows, points):
        common.append(batch(*part), "rest")
    ids = [i for row in stored(common, symbol) for i in range(row.trade_id, row.last_id + 1)]

    assert ids == sorted({i for row in rows for i in range(row.trade_id, row.last_id + 1)})
    coverage = common.coverage[VENUE]
    assert [i for r in coverage.ranges.get(symbol, []) for i in range(r[0], r[1] + 1)] == ids
    for parts in found:
        first, n, qty = parts[0][0], len(parts), sum(q for _, q in parts)
        if (first, n, qty) in deliveries:
            inside = [r for r in stored(common, symbol) if first <= r.trade_id < first + n]
            assert sum(Decimal(row.qty) for row in inside) == qty


def test_what_is_held_can_be_replaced(store):
    """Rows of the same ids, in the same transaction; readers are told, and the ledger stands."""
    heard = []
    store.append(batch(trade(1), trade(2, n_ids=2, qty="5"), trade(4), trade(9)))
    store.on_late.append(lambda *late: heard.append(late))
    better = [trade(i, price="7", qty="0.5") for i in (2, 3, 4)]

    assert store.replace(batch(*better)) == 2
    assert stored(store, "BTCUSDT")[1:4] == [eight_places(row) for row in better]
    assert [row.last_id for row in stored(store, "BTCUSDT")] == [1, 2, 3, 4, 9]
    assert heard == [(VENUE, "BTCUSDT", START)]
    assert verify(store)[0].does_ledger_agree


@pytest.mark.parametrize(
    ("held", "ids"),
    [
        ((trade(1, n_ids=3), trade(4)), (2, 3, 4)),  # a row that begins before them
        ((trade(2), trade(3, n_ids=3)), (2, 3, 4)),  # one that reaches beyond them
        ((trade(1, n_ids=2), trade(3), trade(4, n_ids=2)), (2, 3, 4)),  # both at once
        ((trade(2), trade(4)), (2, 3, 4)),  # one is not held at all
    ],
)
def test_nothing_is_replaced_but_what_is_held_exactly(store, held, ids):
    """Or ids would be lost, or held twice."""
    store.append(batch(*held))
    before = stored(store, "BTCUSDT")

    assert store.replace(batch(*[trade(i, price="7") for i in ids])) == 0
    assert stored(store, "BTCUSDT") == before


def test_a_second_life_knows_what_is_wanted(tmp_path, open_store):
    """What ought to be here no table knows; readers forget what they have kept of the past."""
    store, heard = open_store(tmp_path / "t.duckdb"), []
    store.append(batch(trade(3), trade(4)))
    store.coverage[VENUE].want("BTCUSDT", Range(1, 6, START, START))
    store.on_late.append(lambda *late: heard.append(late))
    store.revive()

    assert [gap[:2] for gap in store.coverage[VENUE].gaps("BTCUSDT")] == [(1, 2), (5, 6)]
    assert heard == [(VENUE, "BTCUSDT", 0)]
    assert store.append(batch(trade(4), trade(5))) == 1


def test_sql_answers_with_a_frame_or_a_sentence(store):
    """Parameters go in by name; a slip comes back in DuckDB's own words."""
    store.append(batch(trade(1), trade(2)))
    frame = store.sql("SELECT count(*) AS n FROM trades WHERE trade_id > $least", {"least": 1})

    assert frame.n.item() == 1
    with pytest.raises(StoreError, match=r"the SQL cannot be answered: .*tardes"):
        store.sql("SELECT * FROM tardes")


def test_closing_twice_is_closing_once(tmp_path):
    """Afterwards every use says that the store was closed, and the file is free."""
    path = tmp_path / "t.duckdb"
    store = Store(path)
    store.close()
    store.close()
    for use in (store.cursor, lambda: store.append(batch(trade(1))), lambda: store.sql("SELECT 1")):
        with pytest.raises(Closed, match="this Store was closed"):
            use()

    Store(path).close()


def test_a_database_of_something_else_is_left_alone(tmp_path):
    """Its tables are not touched, and it is not kept open."""
    path = tmp_path / "other.duckdb"
    with duckdb.connect(str(path)) as other:
        other.execute("CREATE TABLE mine (a INT)")
    for read_only in (False, True):
        with pytest.raises(StoreError, match="not a quantlive database: choose another with --db"):
            Store(path, read_only=read_only)
    with duckdb.connect(str(path)) as other:
        assert other.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("mine",)]


def test_read_only_reads_and_does_not_write(tmp_path, open_store):
    """An export cannot change what it exports."""
    path = tmp_path / "t.duckdb"
    Store(path).close()
    store = open_store(path, read_only=True)

    assert store.sql("SELECT count(*) AS n FROM trades").n.item() == 0
    with pytest.raises(duckdb.Error):
        store.append(batch(trade(1)))


def test_venues_are_kept_apart(store):
    """One id of one symbol at two venues is two trades."""
    store.append(batch(trade(1)))
    store.append(batch(trade(1)._replace(venue="simulated")))

    assert store.venues() == ("binance", "simulated")
    assert len(stored(store, "BTCUSDT")) == 2
    assert store.symbols("kraken") == ()
