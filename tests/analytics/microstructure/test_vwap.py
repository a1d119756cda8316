"""Average prices of what was traded, on a real recording too."""

import duckdb
import numpy as np
import pytest

from quantlive_nb.analytics.microstructure.vwap import rolling_vwap, vwap
from quantlive_nb.errors import ShapeError, UsageError

STEM = "binance_spot_btcusdt_ethusdt_20240808T2354"


def test_every_unit_counts_once():
    """A trade of three units is three trades of one."""
    price, qty = np.array([10.0, 20.0, 15.0]), np.array([3.0, 1.0, 2.0])

    assert vwap(price, qty) == pytest.approx(np.repeat(price, qty.astype(int)).mean())


def test_real_trades_beside_real_bars(data):
    """The average of a minute's trades is its quote volume over its volume."""
    trades = f"SELECT * FROM '{data / STEM}.trades.parquet' WHERE symbol = 'BTCUSDT'"
    rows = duckdb.sql(f"{trades} AND trade_ms // 60000 = 1723161360000 // 60000").fetchnumpy()
    golden = data / f"golden_{STEM}.bars_1m.csv.gz"
    bars = duckdb.sql(f"SELECT * FROM '{golden}' WHERE symbol = 'BTCUSDT' ORDER BY bar_ms").df()
    bar = bars[bars.bar_ms == 1723161360000]

    want = float(bar.quote_volume.iloc[0]) / float(bar.volume.iloc[0])
    assert vwap(rows["price_f"], rows["qty_f"]) == pytest.approx(want, rel=1e-10)
    rolled = rolling_vwap(bars.volume.to_numpy(float), bars.quote_volume.to_numpy(float), 3)
    assert np.isnan(rolled[:2]).all()
    want = bars.quote_volume.astype(float)[-3:].sum() / bars.volume.astype(float)[-3:].sum()
    assert rolled[-1] == pytest.approx(want, rel=1e-10)


def test_nothing_traded_has_no_price():
    """NaN, not 0."""
    assert np.isnan(vwap(np.array([1.0]), np.array([0.0])))
    assert np.isnan(vwap(np.array([]), np.array([])))
    assert np.isnan(rolling_vwap(np.zeros(3), np.zeros(3), 2)).all()


def test_usage():
    """Each reason is one sentence."""
    with pytest.raises(UsageError, match="a quantity is below 0"):
        vwap(np.ones(2), -np.ones(2))
    with pytest.raises(ShapeError):
        rolling_vwap(np.ones(2), np.ones(3))
    with pytest.raises(UsageError, match="at least 1"):
        rolling_vwap(np.ones(2), np.ones(2), 0)
