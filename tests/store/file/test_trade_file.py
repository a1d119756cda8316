"""Trades out of files."""

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings

from quantlive_nb.errors import ReplayError
from quantlive_nb.judge import Judge
from quantlive_nb.store.file.export import FORMATS, export_trades
from quantlive_nb.store.file.trade_file import ROWS, read_trades
from tests.tape import batch, eight_places, stored, tapes, trade

HEADER = "venue,symbol,trade_id,price,qty,side,ts_exch,ts_event,ts_recv,last_id\n"
MOMENT = "2024-08-08T23:54:00.000000Z"
LINE = f"binance,A,1,1.5,2,buy,{MOMENT},{MOMENT},{MOMENT},1\n"


def rows_of(path):
    """Every trade of a file."""
    return [row for block in read_trades(path) for row in block.rows()]


@pytest.mark.parametrize("fmt", FORMATS)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=tapes(), others=tapes("1INCHUSDT", most=5))
def test_trades_survive_the_round_trip(open_store, tmp_path, fmt, rows, others):
    """Stored, exported, read and stored again: the same rows in exact decimals."""
    first, second, path = open_store(), open_store(), tmp_path / f"t.{fmt}"
    first.append(batch(*rows, *others))
    export_trades(first, path, fmt, None, [])
    for block in read_trades(path):
        second.append(block)

    for symbol, wanted in (("BTCUSDT", rows), ("1INCHUSDT", others)):
        assert stored(second, symbol) == stored(first, symbol)
        assert stored(second, symbol) == [eight_places(row) for row in wanted]
    assert second.coverage == first.coverage


@pytest.mark.parametrize("fmt", FORMATS)
def test_decimals_do_not_pass_through_floats(store, tmp_path, fmt):
    """The largest and the smallest that can be stored are read to the last digit."""
    rows = [
        trade(1, price="9999999999.99999999", qty="99999999999999999999.99999999"),
        trade(2, price="0.00000001", qty="0.00000001"),
    ]
    store.append(batch(*rows))
    export_trades(store, tmp_path / f"t.{fmt}", fmt, None, [])

    assert rows_of(tmp_path / f"t.{fmt}") == [eight_places(row) for row in rows]


def test_the_recorded_table_is_read_in_the_order_of_receipt(data):
    """The recorder's own columns: 15 863 trades, a block at a time, receipt never going back."""
    blocks = list(read_trades(data / "binance_spot_btcusdt_ethusdt_20240808T2354.trades.parquet"))
    times = [ts for block in blocks for ts in block.ts_recv.tolist()]

    assert len(times) == 15_863
    assert times == sorted(times)
    assert max(map(len, blocks)) <= ROWS


def test_venues_come_in_batches_of_their_own(store, tmp_path):
    """A batch is of one venue, whatever the file mixes."""
    store.append(batch(trade(1), trade(2)))
    store.append(batch(trade(1)._replace(venue="simulated")))
    export_trades(store, tmp_path / "t.csv", "csv", None, [])
    blocks = list(read_trades(tmp_path / "t.csv"))

    assert sorted((block.venue, len(block)) for block in blocks) == [
        ("binance", 2),
        ("simulated", 1),
    ]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("t.csv", "a,b\n1,2\n", "it has no columns of trades: use a file of quantlive export"),
        (
            "t.csv",
            HEADER + LINE.replace(",1,", ",one,"),
            "1 of 1 rows refused: 1 × a trade without",
        ),
        ("t.csv", HEADER + LINE.replace(",1,", ",,"), "1 of 1 rows refused: 1 × a trade without"),
        (
            "t.csv",
            HEADER + LINE.replace(MOMENT, "soon"),
            "1 of 1 rows refused: 1 × a trade without",
        ),
        (
            "t.csv",
            HEADER + LINE.replace(MOMENT, "infinity"),
            "1 of 1 rows refused: 1 × a trade",
        ),
        (
            "t.csv",
            HEADER + LINE.replace(",1,", ",3.7E+09,"),
            "1 of 1 rows refused: 1 × an id in sci",
        ),
        ("t.csv", "", "it"),
        ("t.parquet", "PAR1 no", "it is damaged or no table of trades"),
        ("t.parquet", "", "it is damaged or no table of trades"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_one_sentence(tmp_path, name, content, why):
    """Damaged, of another kind, or empty: the sentence names the file."""
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ReplayError) as caught:
        rows_of(path)

    assert str(caught.value).startswith(f"cannot replay {path}: {why}")
    assert "\n" not in str(caught.value)


def test_a_parquet_that_breaks_off_is_told(tmp_path):
    """Half of a file is not played."""
    path = tmp_path / "t.parquet"
    duckdb.sql("SELECT range AS symbol FROM range(9999)").write_parquet(str(path))
    path.write_bytes(path.read_bytes()[:500])

    with pytest.raises(ReplayError, match="damaged or no table of trades"):
        rows_of(path)


def test_a_folder_is_no_file(tmp_path):
    """What is not a file does not exist as one."""
    with pytest.raises(ReplayError, match="the file does not exist"):
        rows_of(tmp_path)


RECORDED = """
SELECT 'BTCUSDT' AS symbol, range AS trade_id, '1.5' AS price, 2.5::DOUBLE AS qty,
       1735689600000 + range AS trade_ms, 1735689600000 + range AS event_ms,
       range % 2 = 0 AS buyer_maker, (1735689600000 + range) * 1000000 AS recv_ns
FROM range(20)
"""


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("'0' AS price", "price"),
        ("'NaN' AS price", "price"),
        ("NULL AS price", "price"),
        ("0.000000001 AS qty", "quantity"),
        ("'nan'::DOUBLE AS qty", "quantity"),
        ("NULL AS buyer_maker", "neither buy nor sell"),
        ("0 AS trade_ms", "a time"),
        ("NULL AS recv_ns", "a time"),
        ("NULL AS trade_id", "an id"),
        ("-7 AS trade_id", "an id"),
    ],
)
def test_one_impossible_cell_of_a_recording_costs_one_row(tmp_path, cell, why):
    """It is counted and said; the nineteen others are read."""
    path, judge = tmp_path / "t.parquet", Judge()
    bad = f"SELECT * REPLACE ({cell}) FROM ({RECORDED}) WHERE trade_id = 5"
    rest = f"SELECT * FROM ({RECORDED}) WHERE trade_id <> 5"
    duckdb.sql(f"({rest}) UNION ALL ({bad})").write_parquet(str(path))
    rows = [row for block in read_trades(path, judge) for row in block.rows()]

    assert sorted(row.trade_id for row in rows) == [i for i in range(20) if i != 5]
    assert judge.verdict.startswith("1 of 20 rows refused: 1 × ")
    assert why in judge.verdict


def test_microseconds_in_a_column_of_milliseconds_are_told_by_their_size(tmp_path):
    """Exchange files have microseconds since 2025: the same rows, not the year 56971."""
    ms, us = tmp_path / "ms.parquet", tmp_path / "us.parquet"
    duckdb.sql(RECORDED).write_parquet(str(ms))
    micro = "trade_ms * 1000 AS trade_ms, event_ms * 1000 AS event_ms"
    duckdb.sql(f"SELECT * REPLACE ({micro}) FROM ({RECORDED})").write_parquet(str(us))

    assert rows_of(us) == rows_of(ms)
