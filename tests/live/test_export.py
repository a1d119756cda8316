"""What a page and the command line export, by one function."""

import numpy as np
import pytest

from quantlive_nb.analytics import pair_series
from quantlive_nb.errors import UsageError
from quantlive_nb.interval import SECOND
from quantlive_nb.live.export import export, export_bytes
from quantlive_nb.live.snapshot.market_data import paired
from quantlive_nb.settings import Settings, Windows
from quantlive_nb.store import BarReader, Store
from quantlive_nb.types import Trades
from tests.lives import START_US, market

WALK = [(2700.0 + i % 7, 60000.0 + 10 * (i % 5)) for i in range(60)]
WINDOWS = Windows(hedge=20, z=10, correlation=10)


@pytest.fixture
def store():
    """A minute of a pair."""
    store = Store()
    store.append(Trades.of(market(WALK)))
    yield store
    store.close()


def written(store, tmp_path, what, symbols, **options):
    """The rows of an exported CSV file, as a DataFrame without its time."""
    out = tmp_path / f"{what}.csv"
    asked = {"venue": "binance", "symbols": symbols, "every_us": SECOND, "windows": WINDOWS}
    now_us = START_US + 59 * SECOND
    n = export(store, what, "csv", out, now_us=now_us, **{**asked, **options})
    times = "ts" if what != "trades" else "ts_exch, ts_event, ts_recv"
    rows = store.sql(f"SELECT * EXCLUDE ({times}) FROM read_csv('{out}')")
    assert n == len(rows)
    return rows


def test_analytics_are_those_of_the_page(store, tmp_path):
    """The columns are what the analytics give for the closed bars of the store."""
    rows = written(store, tmp_path, "analytics", ("ETHUSDT", "BTCUSDT"))
    reader = BarReader(store)
    now_us = START_US + 59 * SECOND
    y, x = (reader.bars("binance", s, SECOND, now_us=now_us) for s in ("ETHUSDT", "BTCUSDT"))
    series = pair_series(paired(Settings("ETHUSDT", "BTCUSDT").spec, y, x), WINDOWS)

    for name in ("beta", "spread", "zscore", "correlation"):
        np.testing.assert_allclose(rows[name], getattr(series, name), rtol=1e-12)
    assert rows.is_complete.tolist() == [False] + [True] * (len(rows) - 1)


def test_no_symbols_are_all_symbols(store, tmp_path):
    """Trades and bars of the whole venue."""
    assert set(written(store, tmp_path, "trades", ()).symbol) == {"BTCUSDT", "ETHUSDT"}
    assert len(written(store, tmp_path, "bars", ())) == 120


@pytest.mark.parametrize(
    ("what", "symbols", "sentence"),
    [
        ("trades", ("SOLUSDT",), "there are no trades of SOLUSDT here"),
        ("analytics", ("BTCUSDT",), "analytics are of a pair"),
        ("ticks", ("BTCUSDT",), "cannot export 'ticks': use trades, bars, analytics, alerts"),
    ],
)
def test_what_cannot_be_exported_leaves_no_file(store, tmp_path, what, symbols, sentence):
    """One sentence."""
    with pytest.raises(UsageError, match=sentence):
        written(store, tmp_path, what, symbols)
    assert list(tmp_path.iterdir()) == []


def test_a_browser_gets_the_same_bytes(store, tmp_path):
    """The page's download is the file that the command line writes for the pair."""
    settings = Settings("ETHUSDT", "BTCUSDT", windows=WINDOWS)
    now_us = START_US + 59 * SECOND
    name, content = export_bytes(store, "bars", "csv", settings, venue="binance", now_us=now_us)
    written(store, tmp_path, "bars", ("ETHUSDT", "BTCUSDT"))

    assert name == "bars_ETHUSDT_BTCUSDT.csv"
    assert content == (tmp_path / "bars.csv").read_bytes()


def test_a_symbol_named_twice_is_exported_once(store, tmp_path):
    """No row is there twice, and a symbol makes no pair with itself."""
    once = written(store, tmp_path, "bars", ("ETHUSDT",))
    twice = written(store, tmp_path, "bars", ("ETHUSDT", "ETHUSDT"))

    assert twice.equals(once)
    with pytest.raises(UsageError, match="analytics are of a pair"):
        written(store, tmp_path, "analytics", ("ETHUSDT", "ETHUSDT"))
