"""Correlation against horizon."""

import numpy as np
import pytest

from quantlive_nb.analytics.correlation.epps import epps_curve
from quantlive_nb.errors import NotEnoughData, UsageError


def legs(n, seed=0):
    """Two prices with a common walk."""
    walks = np.random.default_rng(seed).normal(size=(3, n)).cumsum(axis=1)
    return np.exp(1e-3 * (walks[0] + 0.5 * walks[1])), np.exp(1e-3 * (walks[0] + 0.5 * walks[2]))


@pytest.mark.parametrize("bars", [1, 3, 7])
def test_numpy_agrees(bars):
    """Of returns that do not overlap and end with the last bar."""
    y, x = legs(201)
    at = np.arange(200, -1, -bars)[::-1]
    want = np.corrcoef(np.diff(np.log(y[at])), np.diff(np.log(x[at])))[0, 1]
    got = epps_curve(y, x, (bars,))

    assert got.rho[0] == pytest.approx(want, rel=1e-10)
    assert got.n[0] == 200 // bars
    assert got.low[0] < got.rho[0] < got.high[0]


def test_it_rises_where_a_leg_lags():
    """The Epps effect: a leg that is three bars late looks unrelated until returns are long."""
    y, x = legs(20_000)
    late = np.r_[np.full(3, y[0]), y[:-3]]
    rho = epps_curve(late, x, (1, 5, 30, 300)).rho

    assert abs(rho[0]) < 0.05
    assert (np.diff(rho) > 0).all()
    assert rho[-1] == pytest.approx(epps_curve(y, x, (300,)).rho[0], abs=0.1)


def test_too_few_returns_have_no_value():
    """A horizon with fewer than ten is absent, not a guess; so is one without movement."""
    y, x = legs(100)
    got = epps_curve(y, x, (9, 10, 60))
    assert np.isnan(got.rho).tolist() == [False, True, True]
    assert got.n.tolist() == [11, 9, 1]
    assert np.isnan(epps_curve(np.full(100, 0.1), x, (1,)).rho).all()


def test_usage():
    """Each reason is one sentence."""
    y, x = legs(100)
    with pytest.raises(UsageError, match="give whole numbers of bars from 1"):
        epps_curve(y, x, (0,))
    with pytest.raises(UsageError, match="not above 0"):
        epps_curve(-y, x)
    with pytest.raises(NotEnoughData):
        epps_curve(y[:5], x[:5])
