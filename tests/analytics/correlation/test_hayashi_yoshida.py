"""Correlation of ticks, beside a double loop, beside the truth and on a real recording."""

import math

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.analytics.correlation.epps import epps_curve
from quantlive_nb.analytics.correlation.hayashi_yoshida import hayashi_yoshida
from quantlive_nb.errors import NotEnoughData, ShapeError, UsageError

STEM = "binance_spot_btcusdt_ethusdt_20240808T2354"


def double_loop(ts_y, y, ts_x, x):
    """Every pair of returns whose intervals overlap."""
    total = 0.0
    for i in range(1, len(y)):
        for j in range(1, len(x)):
            if max(ts_y[i - 1], ts_x[j - 1]) < min(ts_y[i], ts_x[j]):
                total += math.log(y[i] / y[i - 1]) * math.log(x[j] / x[j - 1])
    return total


def ticks(n, m, span, rho=0.8, seed=0):
    """Two correlated walks, each seen at random moments of its own."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(2, span))
    mixed = np.stack([rho * common[0] + np.sqrt(1 - rho**2) * common[1], common[0]])
    y, x = np.exp(1e-4 * mixed.cumsum(axis=1))
    ts_y, ts_x = (np.sort(rng.choice(span, size, replace=False)) for size in (n, m))
    return ts_y, y[ts_y], ts_x, x[ts_x]


@given(n=st.integers(3, 25), m=st.integers(3, 25), seed=st.integers(0, 999))
def test_the_double_loop_agrees(n, m, seed):
    """Where both span the same time, it is the sum over all overlapping pairs."""
    ts_y, y, ts_x, x = ticks(n, m, 60, seed=seed)
    ts_x = ts_x.copy()
    ts_x[0], ts_x[-1] = min(ts_x[0], ts_y[0]), max(ts_x[-1], ts_y[-1])
    ts_y = ts_y.copy()
    ts_y[0], ts_y[-1] = ts_x[0], ts_x[-1]

    got = hayashi_yoshida(ts_y, y, ts_x, x)
    assert got.covariance == pytest.approx(double_loop(ts_y, y, ts_x, x), abs=1e-12)


def test_the_legs_can_be_exchanged():
    """The covariance of y with x is that of x with y."""
    ts_y, y, ts_x, x = ticks(300, 200, 2_000)
    one, other = hayashi_yoshida(ts_y, y, ts_x, x), hayashi_yoshida(ts_x, x, ts_y, y)

    assert one.covariance == pytest.approx(other.covariance, rel=1e-9)
    assert (one.n_y, one.variance_y) == (other.n_x, other.variance_x)


def test_seldom_trading_does_not_pull_it_down():
    """Trap 9: where a grid of one second sees 0.2, it sees the truth."""
    seen, gridded = [], []
    for seed in range(30):
        ts_y, y, ts_x, x = ticks(1_000, 1_000, 5_000, rho=0.8, seed=seed)
        seen.append(hayashi_yoshida(ts_y, y, ts_x, x).correlation)
        grid = np.arange(max(ts_y[0], ts_x[0]), 5_000)
        on_grid = [
            leg[np.searchsorted(ts, grid, "right") - 1] for ts, leg in ((ts_y, y), (ts_x, x))
        ]
        gridded.append(epps_curve(*on_grid, (1,)).rho[0])

    assert np.mean(seen) == pytest.approx(0.8, abs=4 * np.std(seen) / np.sqrt(30) + 0.005)
    assert np.mean(gridded) < 0.3


def test_trades_of_one_moment_are_one_tick():
    """A taker that walks the book prints many prices in one millisecond; the last one stands."""
    ts_y, y, ts_x, x = ticks(100, 100, 1_000)
    twice = np.repeat(np.arange(100), 2)
    printed = y[twice] * np.where(np.arange(200) % 2 == 0, 1.01, 1.0)

    assert hayashi_yoshida(ts_y[twice], printed, ts_x, x) == hayashi_yoshida(ts_y, y, ts_x, x)


def test_real_ticks_beside_the_curve(data):
    """BTC and ETH of one evening: a positive correlation, as the curve's longer horizons say."""
    query = f"SELECT * FROM '{data / STEM}.trades.parquet' WHERE symbol = ? ORDER BY trade_id"
    asked = [duckdb.execute(query, [s]).fetchnumpy() for s in ("ETHUSDT", "BTCUSDT")]
    sides = [(one["trade_ms"] * 1_000, one["price_f"]) for one in asked]
    got = hayashi_yoshida(*sides[0], *sides[1])
    grid = np.arange(sides[0][0][0] + 1_000_000, sides[0][0][-1], 1_000_000)
    closes = [price[np.searchsorted(ts, grid, "right") - 1] for ts, price in sides]
    curve = epps_curve(*closes, (1, 2, 5, 10))

    assert 0 < got.correlation < curve.high[-1]
    assert curve.rho[0] < curve.rho[-1]


def test_bad_input_is_one_sentence():
    """Times that fall, a price that stands, too few ticks, another length."""
    ts_y, y, ts_x, x = ticks(50, 50, 500)
    with pytest.raises(UsageError, match="the times of y fall: sort its trades by id"):
        hayashi_yoshida(ts_y[::-1], y, ts_x, x)
    with pytest.raises(UsageError, match=r"^x does not move"):
        hayashi_yoshida(ts_y, y, ts_x, np.full(50, 0.1))
    with pytest.raises(UsageError, match="a price of x is not above 0"):
        hayashi_yoshida(ts_y, y, ts_x, -x)
    with pytest.raises(NotEnoughData):
        hayashi_yoshida(ts_y[:1], y[:1], ts_x, x)
    with pytest.raises(NotEnoughData):
        hayashi_yoshida(ts_y, y, ts_x + 10_000, x)
    with pytest.raises(ShapeError):
        hayashi_yoshida(ts_y, y[1:], ts_x, x)
