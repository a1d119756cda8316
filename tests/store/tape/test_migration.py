"""Files of earlier versions: brought up to date by a writer, read as they are by a reader."""

import threading
from contextlib import closing

import duckdb
import pytest

from quantlive_nb.errors import StoreError
from quantlive_nb.store import BarReader, Store
from quantlive_nb.store.file.export import export_trades
from quantlive_nb.store.tape import migration
from quantlive_nb.store.tape.coverage import Gap
from quantlive_nb.store.verify import verify
from tests.tape import SECOND, START, VENUE, batch, eight_places, stored, trade

VERSION_2 = """
CREATE TYPE side AS ENUM ('buy', 'sell');
CREATE TABLE trades (
    venue VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    trade_id BIGINT NOT NULL,
    last_id BIGINT NOT NULL,
    price DECIMAL(18, 8) NOT NULL,
    qty DECIMAL(28, 8) NOT NULL,
    side side NOT NULL,
    ts_exch TIMESTAMP NOT NULL,
    ts_event TIMESTAMP NOT NULL,
    ts_recv TIMESTAMP NOT NULL
);
CREATE TABLE alerts (
    name VARCHAR NOT NULL,
    rule VARCHAR NOT NULL,
    phase VARCHAR NOT NULL,
    value DOUBLE NOT NULL,
    seen TIMESTAMP NOT NULL,
    fired TIMESTAMP,
    n_fired BIGINT NOT NULL
);
CREATE TABLE alert_events (
    rule VARCHAR NOT NULL,
    metric VARCHAR NOT NULL,
    ts TIMESTAMP NOT NULL,
    value DOUBLE NOT NULL,
    text VARCHAR NOT NULL,
    is_complete BOOLEAN NOT NULL
);
CREATE TABLE schema_version AS SELECT 2 AS version;

CREATE TABLE coverage (
    venue VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    from_id BIGINT NOT NULL,
    to_id BIGINT NOT NULL,
    from_ts TIMESTAMP NOT NULL,
    to_ts TIMESTAMP NOT NULL,
    how VARCHAR NOT NULL
);
"""
"""The tables as version 0.1 made them, word for word."""
ROW = "INSERT INTO trades VALUES ('binance', ?, ?, ?, ?, ?, ?, "
ROW += ", ".join(["make_timestamp(?)"] * 3) + ")"
ENTRY = "INSERT INTO coverage VALUES ('binance', ?, ?, ?, make_timestamp(?), make_timestamp(?), ?)"
ROWS = [
    trade(1, 0, "61837.63", "0.02"),
    trade(2, SECOND, "61838", is_buy=False),
    trade(5, 2 * SECOND, "61839", n_ids=3),
    trade(7, SECOND, "2700.5", "1", symbol="ETHUSDT"),
]
ENTRIES = [
    ("BTCUSDT", 1, 2, START, START + SECOND, "live"),
    ("BTCUSDT", 3, 4, START + SECOND, START + 2 * SECOND, "skipped"),
    ("BTCUSDT", 5, 7, START + 2 * SECOND, START + 2 * SECOND, "rest"),
    ("ETHUSDT", 7, 7, START + SECOND, START + SECOND, "live"),
]


def write(path, version):
    """A file of an earlier version: four trades, with a ledger if it has one."""
    with duckdb.connect(str(path)) as old:
        old.execute(VERSION_2)
        for r in ROWS:
            side = "buy" if r.is_buy else "sell"
            old.execute(ROW, [*r[1:6], side, *r[7:10]])
        old.execute("INSERT INTO alert_events VALUES ('a', 'z', now()::TIMESTAMP, 1, 't', true)")
        if version == 2:
            old.executemany(ENTRY, ENTRIES)
        else:
            old.execute("DROP TABLE coverage; UPDATE schema_version SET version = 1")


@pytest.fixture(params=[1, 2])
def old(request, tmp_path):
    """A file of each earlier version."""
    path = tmp_path / "old.duckdb"
    write(path, request.param)
    return path, request.param


def version_of(path):
    """What a file says of itself."""
    with duckdb.connect(str(path), read_only=True) as other:
        return other.execute("FROM schema_version").fetchall()


def test_an_old_file_is_brought_up_to_date_by_its_writer(old, open_store):
    """Nothing is lost, everything goes on; the sums say since when they can see changes."""
    path, version = old
    store = open_store(path)
    n_skipped = 2 if version == 2 else 0

    assert version_of_open(store) == [(3,)]
    assert stored(store, "BTCUSDT") == [eight_places(row) for row in ROWS[:3]]
    assert store.coverage[VENUE].n_skipped("BTCUSDT") == n_skipped
    assert store.append(batch(ROWS[0], trade(8, 3 * SECOND))) == 1
    btc, eth = verify(store)
    assert (btc.n_trades, btc.n_skipped, btc.does_ledger_agree) == (6, n_skipped, True)
    assert (btc.changed, eth.is_whole) == ((), True)
    assert btc.sums_since
    assert "changes are seen since" in str(eth)
    assert store.cursor().execute("SELECT count(*) FROM alert_events").fetchone() == (1,)


def test_what_is_changed_after_the_migration_is_seen(old, open_store):
    """The sums made at the migration are compared like those of today."""
    path, _ = old
    Store(path).close()
    with duckdb.connect(str(path)) as other:
        other.execute("UPDATE trades SET price = 1 WHERE trade_id = 2")
    btc, eth = verify(open_store(path))

    assert btc.changed == ((1, 2),)
    assert not btc.is_whole
    assert eth.is_whole


def test_an_old_file_is_read_without_being_changed(old, tmp_path):
    """A check, bars and an export, from any thread; afterwards it is of its version still."""
    path, version = old
    before = path.read_bytes()
    with closing(Store(path, read_only=True)) as store:
        btc, eth = verify(store)
        assert (btc.n_trades, btc.does_ledger_agree, eth.is_whole) == (5, True, True)
        assert ("changes are seen since" in str(eth)) is (version == 1)
        assert ("changes are not seen" in str(eth)) is (version == 2)
        reader, found = BarReader(store), []
        now_us = START + 3 * SECOND
        asking = threading.Thread(
            target=lambda: found.append(reader.bars(VENUE, "BTCUSDT", "1s", now_us=now_us))
        )
        asking.start()
        asking.join()
        assert found[0].n_trades.tolist() == [1, 1, 3, 0]
        assert export_trades(store, tmp_path / "t.csv", "csv", None, []) == 4

    assert version_of(path) == [(version,)]
    assert path.read_bytes() == before


def test_a_migration_is_made_whole_or_not_at_all(old, open_store, monkeypatch):
    """What ends it leaves the file as it was, and nobody holding it."""
    path, version = old
    with monkeypatch.context() as patch:
        patch.setattr(migration, "migrate", interrupted(migration.migrate))
        with pytest.raises(KeyboardInterrupt):
            Store(path)

    assert version_of(path) == [(version,)]
    assert len(stored(open_store(path), "BTCUSDT")) == 3


def test_a_file_of_a_later_version_is_refused_in_a_sentence(tmp_path):
    """Its tables are not known here; nothing is written into it."""
    path = tmp_path / "new.duckdb"
    Store(path).close()
    with duckdb.connect(str(path)) as other:
        other.execute("UPDATE schema_version SET version = 99")

    with pytest.raises(StoreError, match="a newer quantlive made it"):
        Store(path)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_ledger_that_was_dropped_is_missed(tmp_path, read_only):
    """The trades are counted, the recording can go on; the check says that nothing is booked."""
    path = tmp_path / "t.duckdb"
    with closing(Store(path)) as store:
        store.append(batch(*ROWS))
    with duckdb.connect(str(path)) as other:
        other.execute("DROP TABLE coverage")
    with closing(Store(path, read_only=read_only)) as store:
        verdicts = verify(store)
        assert [v.does_ledger_agree for v in verdicts] == [False, False]
        assert store.coverage[VENUE].gaps("BTCUSDT") == [
            Gap(3, 4, START + SECOND, START + 2 * SECOND)
        ]


def interrupted(work):
    """The same work, ended before it is over."""

    def fail(*args, **kwargs):
        work(*args, **kwargs)
        raise KeyboardInterrupt

    return fail


def version_of_open(store):
    """What an open file says of itself."""
    return store.cursor().execute("FROM schema_version").fetchall()
