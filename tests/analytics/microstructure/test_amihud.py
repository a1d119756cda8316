"""Illiquidity."""

import numpy as np
import pytest

from quantlive_nb.analytics.microstructure.amihud import amihud
from quantlive_nb.errors import UsageError


def bars(n, seed=0):
    """Closes, and volumes of which every third is 0."""
    rng = np.random.default_rng(seed)
    volume = 1e6 * rng.exponential(size=n)
    volume[::3] = 0.0
    change = np.where(volume > 0, 1e-3 * rng.normal(size=n), 0.0)
    return 100 * np.exp(change.cumsum()), volume


def test_the_loop_agrees():
    """The mean over the bars that traded, window by window."""
    price, volume = bars(60)
    move = np.abs(np.diff(np.log(price), prepend=np.nan))
    got = amihud(price, volume, 10)

    assert np.isnan(got[:10]).all()
    for t in range(10, 60):
        here = slice(t - 9, t + 1)
        there = volume[here] > 0
        want = np.mean(move[here][there] / volume[here][there]) * 1e6
        assert got[t] == pytest.approx(want, rel=1e-9)


def test_units():
    """Twice the volume for the same move is half the impact."""
    price, volume = bars(60)

    np.testing.assert_allclose(amihud(price, 2 * volume, 10), amihud(price, volume, 10) / 2)


def test_nothing_traded_says_nothing():
    """NaN, not 0: a market without trades is not liquid."""
    assert np.isnan(amihud(np.full(20, 0.1), np.zeros(20), 5)).all()


def test_usage():
    """A volume is at least 0."""
    price, volume = bars(20)
    with pytest.raises(UsageError, match="a volume is below 0"):
        amihud(price, -volume, 5)
