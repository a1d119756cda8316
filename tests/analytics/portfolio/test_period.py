"""Performance of windows and of spans."""

import numpy as np
import pandas as pd
import pytest

from quantlive_nb.analytics.portfolio.performance import performance
from quantlive_nb.analytics.portfolio.period import performance_by, rolling_performance
from quantlive_nb.errors import ShapeError, UsageError

HOUR = 3_600_000_000


def hourly(n, seed=0):
    """Returns of hours."""
    return 0.0005 + 0.01 * np.random.default_rng(seed).normal(size=n)


def test_pandas_agrees():
    """Mean over deviation of every window, per root year of 8 760 hours."""
    r = hourly(200)
    rolled = pd.Series(r).rolling(48)
    got = rolling_performance(r, 48, HOUR)

    np.testing.assert_allclose(got.volatility, rolled.std() * np.sqrt(8_760), rtol=1e-9)
    np.testing.assert_allclose(got.sharpe, rolled.mean() / rolled.std() * np.sqrt(8_760), rtol=1e-8)


def test_each_day_by_itself():
    """Days begin at midnight UTC; one with too few returns is left out."""
    ts = np.arange(100) * HOUR + 10 * HOUR
    r = hourly(100)
    got = performance_by(r, ts, 24 * HOUR, HOUR)

    assert list(got) == [
        day * 24 * HOUR for day in (1, 2, 3)
    ]  # the first has 14 hours, the last 14
    assert got[24 * HOUR] == performance(r[14:38], HOUR)


def test_nothing_moved_has_no_ratio():
    """NaN, not 0."""
    assert np.isnan(rolling_performance(np.zeros(30), 5, HOUR).sharpe).all()


def test_usage():
    """Each reason is one sentence."""
    with pytest.raises(UsageError, match="give the length of a span in µs"):
        performance_by(hourly(30), np.arange(30), 0, HOUR)
    with pytest.raises(UsageError, match="at least 2"):
        rolling_performance(hourly(30), 1, HOUR)
    with pytest.raises(ShapeError):
        performance_by(hourly(30), np.arange(29), HOUR, HOUR)
