"""Volatility from the ranges of bars."""

from typing import get_args

import numpy as np
import pytest

from quantlive_nb.analytics.volatility.range_volatility import Method, range_volatility
from quantlive_nb.analytics.volatility.volatility import realised_volatility
from quantlive_nb.errors import ShapeError, UsageError
from quantlive_nb.interval import SECOND

every_method = pytest.mark.parametrize("method", get_args(Method))


def bars(n, steps=1_000, seed=0, drift=0.0, gap=0.0):
    """Opens, highs, lows and closes of a walk of deviation 0.1 % a bar, watched at every step."""
    rng = np.random.default_rng(seed)
    path = np.cumsum(1e-3 * (rng.normal(size=(n, steps)) / np.sqrt(steps) + drift / steps), axis=1)
    start = np.cumsum(np.r_[0.0, path[:-1, -1]]) + np.cumsum(1e-3 * gap * rng.normal(size=n))
    whole = np.c_[np.zeros(n), path] + start[:, np.newaxis]
    return [np.exp(x) for x in (whole[:, 0], whole.max(axis=1), whole.min(axis=1), whole[:, -1])]


@every_method
def test_the_truth_is_found(method):
    """Within the bias of a price that is watched a thousand times a bar."""
    got = range_volatility(*bars(2_000), 1_999, method=method)[-1]

    assert got == pytest.approx(1e-3 * 0.967, rel=0.03)


@every_method
def test_it_is_steadier_than_closes(method):
    """The same precision from a fifth of the bars or fewer."""
    prices = bars(3_000, steps=400)
    of_range = range_volatility(*prices, 20, method=method)[40::20] ** 2
    of_closes = realised_volatility(prices[3], 20)[40::20] ** 2
    relative = [np.var(one) / np.mean(one) ** 2 for one in (of_closes, of_range)]

    assert relative[0] > 4 * relative[1]


def test_drift_and_gaps():
    """A trend fools Parkinson and not Rogers-Satchell; a gap between bars only Yang-Zhang sees."""
    trend = bars(1_000, drift=2.0)
    assert range_volatility(*trend, 999, method="parkinson")[-1] > 1.2e-3
    assert range_volatility(*trend, 999, method="rogers-satchell")[-1] < 1.02e-3
    gaps = bars(1_000, gap=1.0)
    assert range_volatility(*gaps, 999, method="rogers-satchell")[-1] < 1.02e-3
    assert range_volatility(*gaps, 998)[-1] == pytest.approx(np.sqrt(2) * 1e-3, rel=0.06)


def test_formulas():
    """One bar after another by the formulas as they are printed."""
    prices = bars(9, steps=50, gap=0.5)
    o, h, low, c = (np.log(x) for x in prices)
    parkinson = np.sqrt(np.mean((h - low)[-5:] ** 2) / (4 * np.log(2)))
    klass = 0.5 * (h - low) ** 2 - (2 * np.log(2) - 1) * (c - o) ** 2
    satchell = (h - c) * (h - o) + (low - c) * (low - o)
    k = 0.34 / (1.34 + 6 / 4)
    between, inside = np.var((o[1:] - c[:-1])[-5:], ddof=1), np.var((c - o)[-5:], ddof=1)
    yang = np.sqrt(between + k * inside + (1 - k) * np.mean(satchell[-5:]))
    want = [parkinson, np.sqrt(np.mean(klass[-5:])), np.sqrt(np.mean(satchell[-5:])), yang]
    got = [range_volatility(*prices, 5, method=method)[-1] for method in get_args(Method)]

    np.testing.assert_allclose(got, want, rtol=1e-10)


@every_method
@pytest.mark.parametrize("n", [0, 1, 2, 5, 6, 9])
def test_shape_and_warm_up(method, n):
    """NaN exactly until warm, however few bars there are."""
    got = range_volatility(*bars(n, steps=10), 5, method=method, every_us=SECOND)
    first = 5 if method == "yang-zhang" else 4

    assert np.isnan(got).tolist() == [t < first for t in range(n)]


@every_method
def test_empty_bars_are_legitimate(method):
    """Where nothing traded, all four prices are the close before: no movement, exactly 0."""
    still = [np.full(20, 0.1)] * 4

    assert range_volatility(*still, 5, method=method)[-1] == 0.0


def test_impossible_bars_are_refused():
    """The sentence shows the bar."""
    prices = bars(10, steps=10)
    for at, value in ((1, 1e-9), (2, 1e9), (2, -1.0), (0, 1e9), (1, np.inf)):
        broken = [x.copy() for x in prices]
        broken[at][4] = value
        with pytest.raises(UsageError, match="bar 4 is impossible: open, high, low, close are"):
            range_volatility(*broken, 5)
    broken = [x.copy() for x in prices]
    broken[1][4] = np.nan
    assert np.isnan(range_volatility(*broken, 5, method="parkinson")[4:9]).all()


def test_usage():
    """Each reason is one sentence."""
    prices = bars(10, steps=10)
    with pytest.raises(UsageError, match="give one of parkinson, garman-klass"):
        range_volatility(*prices, 5, method="close")
    with pytest.raises(ShapeError):
        range_volatility(prices[0][1:], *prices[1:], 5)
