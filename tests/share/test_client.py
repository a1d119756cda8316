"""A store of another process: the same answers as at home, and nothing but answers."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import duckdb
import numpy as np
import pandas as pd
import pytest

from quantlive_nb.errors import Closed, StoreError, StoreLost
from quantlive_nb.interval import SECOND
from quantlive_nb.share.client import RemoteStore
from quantlive_nb.share.message import Fill, decode_command
from quantlive_nb.share.server import find
from quantlive_nb.store import BarReader, Store
from quantlive_nb.store.alerts import AlertReader
from quantlive_nb.store.file.export import export_bars, export_trades
from quantlive_nb.store.file.trade_file import read_trades
from quantlive_nb.store.question.question_budget import Budget
from tests.owner import owner
from tests.tape import START, VENUE, trade

PATIENCE_S = 60.0
STEM = "binance_spot_btcusdt_ethusdt_20240808T2354"


@pytest.fixture(scope="module")
def served(data, tmp_path_factory):
    """The recording, in a database that another process owns and shares."""
    path = tmp_path_factory.mktemp("served") / "t.duckdb"
    with owner(path, data / f"{STEM}.trades.parquet") as process:
        yield str(path), process


@pytest.fixture
def remote(served):
    """A view of it."""
    path, _ = served
    with closing(RemoteStore(path, find(path))) as store:
        yield store


@pytest.fixture(scope="module")
def local(data):
    """The same recording, in memory here."""
    with closing(Store()) as store:
        for block in read_trades(data / f"{STEM}.trades.parquet"):
            store.append(block)
        yield store


def test_coverage_and_newest_times_are_the_owners(remote, local):
    """Told in JSON, and the same as where the trades are."""
    assert remote.coverage == local.coverage
    assert remote.newest == local.newest
    assert remote.symbols() == ("BTCUSDT", "ETHUSDT")


@pytest.mark.parametrize("every", ["1s", "7s", "1min"])
@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
def test_bars_are_the_same(remote, local, every, symbol):
    """Every column of every bar, asked for in two looks as a page does; sums to the last bits."""
    now_us = local.newest[VENUE, symbol] + 3 * SECOND
    there, here = BarReader(remote), BarReader(local)
    for start_us in (now_us - 60 * SECOND, 0):
        ours = here.bars(VENUE, symbol, every, now_us=now_us, start_us=start_us)
        theirs = there.bars(VENUE, symbol, every, now_us=now_us, start_us=start_us)
        assert len(ours) == len(theirs) > 1
        for name in ours.__slots__[3:]:
            check = (
                np.testing.assert_allclose if "volume" in name else np.testing.assert_array_equal
            )
            check(getattr(theirs, name), getattr(ours, name), err_msg=name)


@pytest.mark.parametrize("fmt", ["csv", "parquet"])
def test_exports_are_the_same(remote, local, tmp_path, fmt):
    """Trades and bars, written by this process from the owner's answers."""
    choices = {"venue": VENUE, "symbols": ("BTCUSDT",), "every_us": SECOND}
    choices |= {"now_us": local.newest[VENUE, "BTCUSDT"]}
    outs = {}
    for store, name in ((local, "here"), (remote, "there")):
        outs[name] = [tmp_path / f"{what}-{name}.{fmt}" for what in ("trades", "bars")]
        assert export_trades(store, outs[name][0], fmt, VENUE, ()) == 15_863
        assert export_bars(store, outs[name][1], fmt, **choices) > 300
    for a, b in zip(outs["here"], outs["there"], strict=True):
        rest = f"(FROM '{a}' EXCEPT ALL FROM '{b}') UNION ALL (FROM '{b}' EXCEPT ALL FROM '{a}')"
        assert duckdb.sql(f"SELECT count(*) FROM ({rest})").fetchone() == (0,)


def test_sql_is_answered_there(remote, local):
    """The same query, parameters by name, the same frame."""
    query = "SELECT symbol, count(*) AS n, sum(qty) AS v FROM trades WHERE symbol = $s GROUP BY ALL"

    assert remote.sql(query, {"s": "ETHUSDT"}).equals(local.sql(query, {"s": "ETHUSDT"}))


def test_a_viewer_can_only_ask(remote):
    """One sentence, and the trades are all still there."""
    for query in ("DROP TABLE trades", "SELECT 1; DROP TABLE trades", "FROM read_text('x')"):
        with pytest.raises(StoreError, match="a viewer can only ask: one SELECT of the tables"):
            remote.sql(query)
    with pytest.raises(StoreError, match=r"the SQL cannot be answered: .*tardes"):
        remote.sql("SELECT * FROM tardes")

    assert remote.sql("SELECT count(*) AS n FROM trades").n.item() == 15_863
    assert AlertReader(remote).load() == []


@pytest.mark.parametrize(
    "query",
    [
        "WITH t AS (FROM trades) SELECT max(price) OVER (ORDER BY trade_id) m FROM t ORDER BY m",
        "SELECT date_trunc('minute', ts_exch) m, sum(qty) FROM trades GROUP BY m ORDER BY m",
        "SELECT count(*) n FROM trades a ASOF JOIN trades b ON a.ts_exch > b.ts_exch",
        "SELECT string_agg(side, '' ORDER BY trade_id) s FROM trades WHERE symbol = 'ETHUSDT'",
        "FROM trades ORDER BY symbol, trade_id",
    ],
)
def test_what_costs_much_is_computed_by_the_asker(remote, local, query):
    """Windows, joins, lists: the same answer, of rows that were fetched."""
    pd.testing.assert_frame_equal(remote.sql(query), local.sql(query), check_categorical=False)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM trades ORDER BY price, qty LIMIT 1000000",
        "SELECT count(*) FROM trades a, trades b WHERE a.price < b.price",
        "SELECT count(*) FROM range(1000000000000)",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
        "SELECT string_agg(price::VARCHAR, ',') FROM trades",
        "SELECT list(trades) FROM trades",
        "SELECT repeat('x', 1000000000)",
        "SELECT count(*) FROM trades WHERE regexp_matches(symbol, '(a|b)*c')",
    ],
)
def test_the_owner_computes_nothing_that_could_cost_much(remote, query):
    """Whoever holds the token, and says it to the owner itself, is refused."""
    with pytest.raises(duckdb.Error, match="Authorization failed"):
        remote.cursor().execute(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT repeat('x', 1000000000) FROM trades",
        "SELECT count(*) FROM trades WHERE length(lpad(symbol, 1000000000, 'x')) > 1",
        "WITH a AS (SELECT rpad('x', 1000000000, 'x') AS s) FROM a",
    ],
)
def test_no_question_takes_all_memory_of_its_asker(remote, query):
    """DuckDB's limit does not count a text: one such question took 23 GB, all of the machine."""
    with pytest.raises(StoreError, match="may make a value larger than the memory"):
        remote.sql(query)
    assert len(remote.sql("SELECT list(DISTINCT symbol) AS s FROM trades").s[0])


def test_threads_may_ask_their_first_question_at_once(served):
    """What judges a question is made once, whoever comes first."""
    path, _ = served
    with closing(RemoteStore(path, find(path))) as store, ThreadPoolExecutor(8) as hands:
        found = hands.map(lambda _: store.sql("SELECT count(*) AS n FROM trades"), range(8))

        assert [frame.n.item() for frame in found] == [15_863] * 8


def test_what_costs_the_asker_too_much_is_a_sentence(served):
    """Time and rows have bounds; the owner and the next question are as well as before."""
    path, _ = served
    budget = Budget(n_rows=1_000, seconds=1.0)
    with closing(RemoteStore(path, find(path), budget)) as store:
        with pytest.raises(StoreError, match="takes longer than 1 s: ask for fewer rows"):
            store.sql("SELECT count(*) FROM range(1000000000000)")
        with pytest.raises(StoreError, match="has more than 1,000 rows: ask for fewer rows"):
            store.sql("SELECT * FROM trades ORDER BY price, qty LIMIT 1000000")

        assert store.sql("SELECT count(*) AS n FROM trades").n.item() == 15_863


def test_subscriptions_and_commands_arrive(served, remote):
    """A subscription lasts until it expires; a command is received once."""
    _, process = served
    remote.subscribe("viewer-1", ["BTCUSDT", "SOLUSDT"], START + 10)
    remote.subscribe("viewer-2", ["SOLUSDT"], START + 20)
    remote.subscribe("viewer-2", ["SOLUSDT"], START + 30)  # renewed
    remote.send(Fill(5))

    assert process.say("wanted", str(START)) == ["BTCUSDT", "SOLUSDT"]
    assert process.say("viewers") == 2
    assert process.say("wanted", str(START + 15)) == ["SOLUSDT"]
    assert process.say("wanted", str(START + 40)) == []
    assert [decode_command(text.encode()) for text in process.say("commands")] == [Fill(5)]
    assert process.say("commands") == []


def test_a_repair_there_reaches_the_bars_here(tmp_path):
    """A trade that the owner writes into the past is in the next answer, cached bars or not."""
    path = str(tmp_path / "t.duckdb")
    with owner(path) as process:
        rows = [trade(i, i * 3 * SECOND, price=str(100 + i)) for i in (1, 2, 4, 5)]
        process.say("append", json.dumps(rows))
        with closing(RemoteStore(path, find(path))) as store:
            reader, now_us = BarReader(store), START + 15 * SECOND
            before = reader.bars(VENUE, "BTCUSDT", "3s", now_us=now_us)
            process.say("append", json.dumps([trade(3, 9 * SECOND, price="500")]))
            while not store.refresh(PATIENCE_S):
                continue
            assert not store.refresh()
            after = reader.bars(VENUE, "BTCUSDT", "3s", now_us=now_us)

    assert (before.high.max(), before.n_missing.max()) == (105.0, 1)
    assert (after.high.max(), after.n_missing.max()) == (500.0, 0)


def test_an_owner_that_is_gone_is_lost(tmp_path):
    """Whatever is asked: the same error, with the process that was meant."""
    path = str(tmp_path / "t.duckdb")
    with owner(path) as process, closing(RemoteStore(path, find(path))) as store:
        process.process.kill()
        process.process.wait()
        for ask in (
            store.refresh,
            lambda: store.sql("SELECT 1"),
            lambda: store.subscribe("v", "A", 1),
        ):
            with pytest.raises(StoreLost, match="does not answer any more"):
                ask()


def test_a_wrong_token_opens_nothing(served):
    """Knowing the port is not enough."""
    path, _ = served
    address = find(path)
    with pytest.raises((StoreError, duckdb.Error), match=r"(?i)authentication|does not answer"):
        RemoteStore(path, address._replace(token="guessed" * 5))


def test_a_closed_view_is_closed(served):
    """Twice is once; the owner goes on."""
    path, process = served
    store = RemoteStore(path, find(path))
    store.close()
    store.close()

    with pytest.raises(Closed):
        store.cursor()
    assert process.say("viewers") == 0
