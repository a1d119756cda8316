"""Files out of the database: exact, whole or absent."""

import csv
import json
import subprocess
import sys
from datetime import datetime
from decimal import Decimal

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantlive_nb.alert import Event, Rule, Status
from quantlive_nb.errors import StoreError, UsageError
from quantlive_nb.store import AlertRepository, BarReader
from quantlive_nb.store.file.export import (
    FORMATS,
    export_alerts,
    export_bars,
    export_table,
    export_trades,
)
from tests.conftest import ROOT
from tests.tape import SECOND, START, VENUE, bars_of, batch, tapes, trade

TRADE_COLUMNS = "venue symbol trade_id price qty side ts_exch ts_event ts_recv last_id era"
BAR_COLUMNS = (
    "venue symbol ts open high low close volume quote_volume n_trades taker_buy_volume "
    "first_id last_id is_closed is_complete"
)
MOMENT = "TIMESTAMP WITH TIME ZONE"
ISO = "strftime({} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
DECIMALS = ("open", "high", "low", "close", "volume", "quote_volume", "taker_buy_volume")


def table(path):
    """Column names and rows of a file, a CSV's values as they stand; moments as ISO text."""
    if path.suffix == ".csv":
        with path.open(newline="") as lines:
            header, *rows = csv.reader(lines)
        return header, rows
    source = duckdb.read_parquet(str(path))
    kinds = dict(zip(source.columns, map(str, source.types), strict=True))
    shown = [ISO.format(n) if kind == MOMENT else n for n, kind in kinds.items()]
    return source.columns, source.project(", ".join(shown)).fetchall()


def bars(store, path, fmt, every_us, now_us, symbols=("BTCUSDT",)):
    """Export bars and read them back by name."""
    choice = {"venue": VENUE, "symbols": symbols, "every_us": every_us, "now_us": now_us}
    n_rows = export_bars(store, path, fmt, **choice)
    header, rows = table(path)

    assert n_rows == len(rows)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize(("every_us", "name"), [(SECOND, "1s"), (60 * SECOND, "1m")])
def test_the_golden_bars(recording, golden, tmp_path, fmt, every_us, name):
    """Field by field the golden bars, in exact decimals, in either format."""
    rows = bars(
        recording,
        tmp_path / f"bars.{fmt}",
        fmt,
        every_us,
        max(recording.newest.values()),
        symbols=("BTCUSDT", "ETHUSDT"),
    )
    traded = [row for row in rows if int(row["n_trades"])]
    names = (*DECIMALS, "n_trades", "first_id", "last_id")
    wanted = [row | {"n_trades": row["n"]} for row in golden(name)]

    assert [row["symbol"] for row in traded] == [row["symbol"] for row in wanted]
    for column in names:
        exact = [Decimal(row[column]) for row in wanted]
        assert [Decimal(row[column]) for row in traded] == exact, column


@pytest.mark.parametrize("fmt", FORMATS)
def test_columns_have_the_promised_names_and_times(store, tmp_path, fmt):
    """The names that the design gives; UTC, to the microsecond, ISO-8601 in CSV."""
    store.append(batch(trade(1, 1)))
    bars(store, tmp_path / f"bars.{fmt}", fmt, SECOND, START)
    export_trades(store, tmp_path / f"trades.{fmt}", fmt, None, [])
    header, (row,) = table(tmp_path / f"trades.{fmt}")
    moment = dict(zip(header, row, strict=True))["ts_exch"]

    assert " ".join(header) == TRADE_COLUMNS
    assert " ".join(table(tmp_path / f"bars.{fmt}")[0]) == BAR_COLUMNS
    assert moment == "2024-08-08T23:54:00.000001Z"


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=tapes(),
    every_us=st.sampled_from((SECOND, 5 * SECOND)),
    ahead_us=st.sampled_from((0, 1_200_000, 7 * SECOND)),
)
def test_exported_bars_are_bars_by_definition(open_store, tmp_path, rows, every_us, ahead_us):
    """Gaps, empty bars and the forming one included, without a rounding anywhere."""
    store = open_store()
    store.append(batch(*rows))
    now_us = rows[-1].ts_exch + ahead_us
    store.confirmed[VENUE, "BTCUSDT"] = now_us - SECOND
    exported = bars(store, tmp_path / "bars.parquet", "parquet", every_us, now_us)
    wanted = bars_of(rows, every_us, now_us)

    opened = [datetime.fromisoformat(row["ts"]).timestamp() for row in exported]
    assert opened == [bar.ts / SECOND for bar in wanted]
    for name in (*DECIMALS, "n_trades", "is_closed", "is_complete"):
        assert [row[name] for row in exported] == [getattr(bar, name) for bar in wanted], name
    for name in ("first_id", "last_id"):
        wanted_ids = [getattr(bar, name) if bar.n_trades else None for bar in wanted]
        assert [row[name] for row in exported] == wanted_ids


def test_sums_at_the_limits_are_exact(store, tmp_path):
    """The highest price and the largest quantity fit, each beside an ordinary other."""
    dear = trade(1, price="9999999999.99999999", qty="1")
    many = trade(2, SECOND, price="0.00000001", qty="99999999999999999999.99999999")
    store.append(batch(dear, many))
    first, second = bars(store, tmp_path / "b.parquet", "parquet", SECOND, START)

    assert first["quote_volume"] == Decimal("9999999999.99999999")
    assert second["volume"] == Decimal("99999999999999999999.99999999")
    assert second["quote_volume"] == Decimal("999999999999.9999999999999999")


def test_a_product_that_no_decimal_holds_costs_its_exactness_alone(store, tmp_path):
    """All bars of its symbol are there, live and exported; quote volumes are floats then."""
    store.append(batch(trade(1), trade(2, SECOND, price=9 * 10**9, qty=9 * 10**19)))
    exported = bars(store, tmp_path / "b.parquet", "parquet", SECOND, START)
    live = BarReader(store).bars(VENUE, "BTCUSDT", SECOND, now_us=START)

    assert [row["quote_volume"] for row in exported] == live.quote_volume.tolist()
    assert live.quote_volume.tolist() == pytest.approx([100.0, 8.1e29])
    assert exported[1]["volume"] == 9 * 10**19


def test_trades_come_in_the_order_of_ids(store, tmp_path):
    """A repair written later stands where it belongs; venue and symbols can be chosen."""
    ours = [trade(3), trade(1), trade(2), trade(7, symbol="ETHUSDT")]
    store.append(batch(*ours))
    store.append(batch(trade(9)._replace(venue="simulated")))
    path = tmp_path / "t.csv"

    def exported(venue, symbols):
        n_rows = export_trades(store, path, "csv", venue, symbols)
        rows = [(row[0], row[1], int(row[2])) for row in table(path)[1]]
        assert n_rows == len(rows)
        return rows

    btc = [("binance", "BTCUSDT", n) for n in (1, 2, 3)]
    eth, simulated = ("binance", "ETHUSDT", 7), ("simulated", "BTCUSDT", 9)
    assert exported(None, []) == [*btc, eth, simulated]
    assert exported("binance", []) == [*btc, eth]
    assert exported("binance", ["BTCUSDT"]) == btc
    assert exported(None, ["BTCUSDT"]) == [*btc, simulated]
    assert exported("kraken", []) == []


@pytest.mark.parametrize("name", ["missing/t.csv", "file/t.csv", "folder"])
def test_a_target_that_fails_leaves_nothing(store, tmp_path, name):
    """No half file and no temporary one; the sentence names the target."""
    store.append(batch(trade(1)))
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StoreError, match="it cannot be written") as caught:
        export_trades(store, tmp_path / name, "csv", None, [])

    assert sorted(tmp_path.rglob("*")) == before
    assert str(caught.value).startswith(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_a_failure_keeps_the_export_that_was_there(store, tmp_path):
    """Two years of seconds for two trades: how long bars must be is said, before any is made."""
    path = tmp_path / "bars.csv"
    store.append(batch(trade(1), trade(2, 730 * 86_400 * SECOND)))
    path.write_text("yesterday")
    sentence = "63,072,001 bars, and 10,000,000 fit into one file: take bars of 7s or longer"
    with pytest.raises(UsageError, match=sentence):
        bars(store, path, "csv", SECOND, START)
    assert len(bars(store, tmp_path / "days.csv", None, 86_400 * SECOND, START)) == 731
    (tmp_path / "days.csv").unlink()

    assert path.read_text() == "yesterday"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_export_replaces_the_old_one_whole(store, tmp_path):
    """A quote in the name is no trouble either."""
    path = tmp_path / "it's.csv"
    path.write_text("x" * 10_000)
    store.append(batch(trade(1)))

    assert export_trades(store, str(path), "csv", None, []) == 1
    assert len(table(path)[1]) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_format_is_told(store, tmp_path):
    """One sentence names the two that there are."""
    with pytest.raises(UsageError, match="unknown format 'xlsx': use csv or parquet"):
        export_trades(store, tmp_path / "t.xlsx", "xlsx", None, [])


def test_a_symbol_without_trades_has_no_bars(store, tmp_path):
    """A file with a header and no rows, and nothing of the export before it."""
    store.append(batch(trade(1)))

    assert len(bars(store, tmp_path / "a.csv", "csv", SECOND, START)) == 1
    assert bars(store, tmp_path / "b.csv", "csv", SECOND, START, symbols=("ETHUSDT",)) == []


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_table_made_elsewhere(store, tmp_path, fmt):
    """Numbers to the last bit, nothing where there is no number, times in UTC."""
    path = tmp_path / f"a.{fmt}"
    columns = {"ts": np.array([START, START + 1]), "z": np.array([0.1 + 0.2, np.nan])}

    assert export_table(path, fmt, columns) == 2
    header, rows = table(path)
    assert header == ["ts", "z"]
    assert float(rows[0][1]) == 0.1 + 0.2
    assert rows[1][1] == ("" if fmt == "csv" else None)
    assert rows[1][0] == "2024-08-08T23:54:00.000001Z"


@pytest.mark.parametrize("fmt", FORMATS)
def test_firings_oldest_first(store, tmp_path, fmt):
    """Every event that the book keeps, in the order of time."""
    book, status = AlertRepository(store), Status(Rule("wide", "zscore", ">", 2, "A", "B"))
    for ts in (START + SECOND, START):
        book.save(status, Event("wide", "zscore", ts, 2.5, "wide, as said", is_complete=False))
    path = tmp_path / f"alerts.{fmt}"

    assert export_alerts(store, path, fmt) == 2
    header, rows = table(path)
    assert header == ["rule", "metric", "ts", "value", "text", "is_complete"]
    assert [row[2][17:19] for row in rows] == ["00", "01"]
    assert {row[4] for row in rows} == {"wide, as said"}


@pytest.mark.parametrize("fmt", FORMATS)
def test_no_cell_of_a_csv_is_a_formula(store, tmp_path, fmt):
    """Any text that begins like one gets an apostrophe; Parquet, which knows text, has it as is."""
    name = '=HYPERLINK("http://evil.example","click")'
    event = Event(name, "panel:+z", START, -2.5, f"@{name}")
    AlertRepository(store).save(Status(Rule(name, "panel:+z", ">", 2, "A", "B")), event)
    store.append(batch(trade(1, symbol="-A")))
    paths = [tmp_path / f"{what}.{fmt}" for what in ("alerts", "trades")]
    assert export_alerts(store, paths[0], fmt) == 1
    assert export_trades(store, paths[1], fmt, None, []) == 1
    (alert,), (traded,) = (table(path)[1] for path in paths)

    mark = "'" if fmt == "csv" else ""
    assert (alert[0], alert[4]) == (f"{mark}{name}", f"{mark}@{name}")
    assert alert[1] == "panel:+z"
    assert float(alert[3]) == -2.5
    assert traded[1] == f"{mark}-A"


MILLION = """
import json, resource, sys
from quantlive_nb.store import Store
from quantlive_nb.store.file.export import export_trades
store = Store()
store.cursor().execute(
    "INSERT INTO trades SELECT 'binance', 'A', i, i, 61837.63 + i % 97, 0.02, 'buy', "
    "make_timestamp(i * 1000), make_timestamp(i * 1000), make_timestamp(i * 1000), 0, NULL "
    "FROM range(1000000) t(i)"
)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
n = [export_trades(store, f"{sys.argv[1]}/t.{fmt}", fmt, None, []) for fmt in ("csv", "parquet")]
print(json.dumps([n, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before]))
"""


@pytest.mark.slow
def test_a_million_trades_fit_through(tmp_path):
    """Both formats together add at most 600 MB to the process, a small part of a laptop."""
    command = [sys.executable, "-c", MILLION, str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    n_rows, n_kilobytes = json.loads(run.stdout)

    assert n_rows == [1_000_000] * 2
    assert n_kilobytes < 600_000
