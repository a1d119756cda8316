"""Laws of every reader of trades: a file, memory, the client of another process's database."""

import datetime as dt
import uuid
from contextlib import closing
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from quantlive_nb.alert import Event, Phase, Rule, Status
from quantlive_nb.errors import Closed, StoreError
from quantlive_nb.share.client import RemoteStore
from quantlive_nb.share.server import find
from quantlive_nb.store import AlertReader, AlertRepository, BarReader, Reader, Store, Writer
from quantlive_nb.store.file.export import export_alerts, export_trades
from tests.owner import owner
from tests.tape import SECOND, START, VENUE, assert_bars, bars_of, batch, trade

KINDS = ("file", "memory", "client")
"""A new implementation joins here, and in ``opened``."""
IDS = (1, 2, 3, 6, 7, 8, 9)
ROWS = [trade(i, i * i * 300_000, price=f"{100 + i}.25", qty=f"0.{i}", is_buy=i % 2) for i in IDS]
OTHER = [trade(5, 9 * SECOND, symbol="ETHUSDT")]
STATUS = Status(Rule("wide", "zscore", ">", 2, "ETHUSDT", "BTCUSDT"), Phase.FIRING, 2.5, n_fired=1)
EVENT = Event("wide", "zscore", START + SECOND, 2.5, "wide: zscore is 2.5", is_complete=True)
NOW = ROWS[-1].ts_exch
ZONE = dt.timezone(dt.timedelta(hours=2))
PARAMETERS = {
    "none": None,
    "bool": True,
    "int": -5,
    "large int": 2**100,
    "float": 0.1,
    "negative zero": -0.0,
    "nan": float("nan"),
    "infinity": float("-inf"),
    "text": "it's $v ? -- no comment",
    "bytes": b"\x00'a",
    "bytearray": bytearray(b"ab"),
    "decimal": Decimal("-1.50"),
    "whole decimal": Decimal("1E+5"),
    "datetime": dt.datetime.fromisoformat("2024-08-08 23:54:00.000007"),
    "datetime of a zone": dt.datetime(2024, 8, 9, 1, 54, tzinfo=ZONE),
    "date": dt.date(2024, 8, 8),
    "time": dt.time(23, 54, 0, 7),
    "timedelta": dt.timedelta(days=-1, seconds=3),
    "uuid": uuid.UUID(int=5),
    "numpy int": np.int64(5),
    "numpy float": np.float32(0.1),
    "numpy bool": np.bool_(True),
    "numpy text": np.str_("a"),
    "numpy nanoseconds": np.datetime64("2024-08-08T23:54:00.000007008"),
    "numpy date": np.datetime64("2024-08-08"),
    "numpy no time": np.datetime64("NaT"),
    "numpy length of time": np.timedelta64(5, "m"),
    "timestamp": pd.Timestamp("2024-08-08 23:54:00.000007"),
    "timestamp of a zone": pd.Timestamp("2024-08-08 23:54", tz="Europe/Berlin"),
    "length of time": pd.Timedelta("90min"),
    "list": [1, None, 3],
    "list of texts": ["a", "b'"],
    "list of lists": [[1.5], []],
    "tuple": (1, 2),
    "array": np.array([1.5, 2.0]),
    "struct": {"a": 1, "b": [None]},
}


def filled(store):
    """A store with trades of two symbols, a hole, an alert and a firing."""
    store.append(batch(*ROWS))
    store.append(batch(*OTHER))
    AlertRepository(store).save(STATUS, EVENT)
    return store


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Open one more reader of a kind, on the same trades."""
    shared = str(tmp_path_factory.mktemp("shared") / "t.duckdb")
    filled(Store(shared)).close()
    with owner(shared):
        openers = {
            "file": lambda: filled(Store(tmp_path_factory.mktemp("file") / "t.duckdb")),
            "memory": lambda: filled(Store()),
            "client": lambda: RemoteStore(shared, find(shared)),
        }
        yield lambda kind: openers[kind]()


@pytest.fixture(scope="module", params=KINDS)
def reader(opened, request):
    """One reader of each kind."""
    with closing(opened(request.param)) as reader:
        yield reader


@pytest.fixture(scope="module")
def reference(opened):
    """A store of this process, to compare answers with."""
    with closing(opened("memory")) as store:
        yield store


@pytest.mark.parametrize("every", ["1s", "7s", "500ms"])
def test_bars_are_those_of_the_definition(reader, every):
    """Prices, sums, counts and holes, from the first trade to the newest."""
    every_us = {"1s": SECOND, "7s": 7 * SECOND, "500ms": SECOND // 2}[every]
    bars = BarReader(reader).bars(VENUE, "BTCUSDT", every_us, now_us=NOW)

    assert_bars(bars, bars_of(ROWS, every_us, NOW))


def test_bars_from_a_moment_are_the_last_of_all_bars(reader):
    """Also for the same bar reader asked for more, and for an unknown symbol, which has none."""
    bars = BarReader(reader)
    few = bars.bars(VENUE, "BTCUSDT", SECOND, now_us=NOW, start_us=START + 10 * SECOND)

    assert_bars(few, bars_of(ROWS, SECOND, NOW, START + 10 * SECOND))
    assert_bars(bars.bars(VENUE, "BTCUSDT", SECOND, now_us=NOW), bars_of(ROWS, SECOND, NOW))
    assert len(bars.bars(VENUE, "XRPUSDT", SECOND, now_us=NOW)) == 0


def test_coverage_and_newest_times_are_known_without_a_question(reader, reference):
    """What is held, what is missing, which symbols there are."""
    coverage = reader.coverage[VENUE]

    assert reader.coverage == reference.coverage
    assert (coverage.n_held("BTCUSDT"), coverage.n_missing("BTCUSDT")) == (7, 2)
    assert reader.newest == {(VENUE, "BTCUSDT"): NOW, (VENUE, "ETHUSDT"): START + 9 * SECOND}
    assert reader.venues() == (VENUE,)
    assert reader.symbols() == reader.symbols(VENUE) == ("BTCUSDT", "ETHUSDT")
    assert reader.symbols("kraken") == ()


def test_the_verdict_is_of_the_tables(reader):
    """Missing ids are named; nothing is there twice."""
    found = {verdict.symbol: verdict for verdict in reader.verify()}

    assert found["BTCUSDT"].gaps == ((4, 5),)
    assert [found[s].n_trades for s in ("BTCUSDT", "ETHUSDT")] == [7, 1]
    assert all(one.does_ledger_agree and not one.n_duplicate for one in found.values())


@pytest.mark.parametrize(
    "query",
    [
        "SELECT symbol, count(*) AS n, sum(qty) AS v FROM trades GROUP BY symbol ORDER BY symbol",
        "SELECT trade_id, price FROM trades WHERE symbol = 'BTCUSDT' ORDER BY trade_id LIMIT 3",
        "SELECT median(price) AS m, string_agg(side, '' ORDER BY trade_id) AS s FROM trades",
        "SELECT rule, value FROM alert_events ORDER BY ts LIMIT 9",
        "SELECT 42 AS n",
    ],
)
def test_an_answer_is_the_same_frame(reader, reference, query):
    """Values and types, whether the owner answers or the asker computes."""
    pd.testing.assert_frame_equal(reader.sql(query), reference.sql(query), check_categorical=False)


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_of_each_type_is_bound_alike(reader, reference, name):
    """As a value with its type, and in a comparison: which rows are asked for must not differ."""
    value = {"v": PARAMETERS[name]}
    query = "SELECT $v::VARCHAR AS v, replace(typeof($v), 'UBIGINT', 'HUGEINT') AS kind"

    pd.testing.assert_frame_equal(reader.sql(query, value), reference.sql(query, value))
    assert reader.sql("SELECT $v IS NOT DISTINCT FROM $v AS same", value).same.item()


@pytest.mark.parametrize(
    ("condition", "value", "n_rows"),
    [
        ("ts_exch > $v", dt.datetime.fromisoformat("2024-08-08 23:54:10"), 4),
        ("ts_exch > $v", np.datetime64("2024-08-08T23:54:10"), 4),
        ("price >= $v", Decimal("106.25"), 4),
        ("price::DOUBLE >= $v", 106.25, 4),
        ("trade_id = $v", np.int64(7), 1),
        ("trade_id IN $v", [1, 2, 99], 2),
        ("trade_id IN $v", np.array([1, 2, 99]), 2),
        ("symbol = $v", np.str_("ETHUSDT"), 1),
        ("symbol = $v", "it's", 0),
        ("symbol = $v", None, 0),
    ],
)
def test_a_parameter_chooses_the_same_rows(reader, condition, value, n_rows):
    """Whoever answers, the condition is the same."""
    query = f"SELECT count(*) AS n FROM trades WHERE {condition}"

    assert reader.sql(query, {"v": value}).n.item() == n_rows


def test_wrong_or_writing_sql_is_a_sentence(reader):
    """A reader is asked, and nothing else."""
    for query in ("SELECT * FROM tardes", "DROP TABLE trades", "SELECT $a", "SELEC 1", ""):
        with pytest.raises(StoreError):
            reader.sql(query)

    assert reader.sql("SELECT count(*) AS n FROM trades").n.item() == 8


def test_alerts_are_read(reader):
    """The rule as it stands, and its firing."""
    alerts = AlertReader(reader)

    assert alerts.load() == [STATUS]
    assert alerts.events() == (EVENT,)


def test_files_are_written_by_whoever_asks(reader, tmp_path):
    """Trades and firings, whole."""
    assert export_trades(reader, tmp_path / "trades.csv", None, VENUE, ("BTCUSDT",)) == 7
    assert export_alerts(reader, tmp_path / "alerts.csv", None) == 1
    assert len((tmp_path / "trades.csv").read_text().splitlines()) == 8


def test_recent_bars_are_whole_steps_or_none(reader):
    """Who has none at hand is asked in SQL, to the microsecond."""
    recent = reader.recent_bars(VENUE, "BTCUSDT")

    assert recent is None or not recent.from_us % reader.step_us
    assert (reader.step_us == 1) == (not isinstance(reader, RemoteStore))


def test_a_reader_has_no_method_that_can_only_fail(reader):
    """What writes is on a writer alone; a client is a reader and no store."""
    writing = {name for name in vars(Writer) if not name.startswith("_")} - {"cursor"}

    assert isinstance(reader, Store) is all(hasattr(reader, name) for name in writing)
    assert isinstance(reader, Store) or not any(hasattr(reader, name) for name in writing)
    assert Reader in type(reader).__mro__


@pytest.mark.parametrize("kind", KINDS)
def test_a_closed_reader_is_closed(opened, kind):
    """Twice is once; every question then says so."""
    reader = opened(kind)
    reader.close()
    reader.close()
    asks = (
        reader.cursor,
        reader.verify,
        lambda: reader.sql("SELECT 1"),
        lambda: reader.copy("SELECT 1 FROM trades", {}, "none.csv", "(FORMAT csv)"),
        AlertReader(reader).events,
    )
    for ask in asks:
        with pytest.raises(Closed):
            ask()
