"""Who moves first."""

import numpy as np
import pytest

from quantlive_nb.analytics.correlation.lead_lag import lead_lag
from quantlive_nb.errors import NotEnoughData, UsageError


def price(n, seed=0):
    """A price that wanders."""
    return np.exp(1e-3 * np.random.default_rng(seed).normal(size=n).cumsum())


@pytest.mark.parametrize("bars", [1, 4, 20])
def test_the_leader_is_named(bars):
    """A copy that comes later is led; the sign follows the order of the legs."""
    x = price(600)
    late = np.r_[np.full(bars, x[0]), x[:-bars]] * price(600, 1) ** 0.3

    assert lead_lag(late, x).lag == bars
    assert lead_lag(x, late).lag == -bars
    assert lead_lag(late, x).word.startswith(f"x leads y by {bars} bar")
    assert lead_lag(x, late).word.startswith(f"y leads x by {bars} bar")
    assert lead_lag(x**2, x).word == "neither leads"


def test_numpy_agrees():
    """Each lag is the correlation of the shifted returns, divided by all bars."""
    y, x = price(300, 1), price(300, 2)
    of_y, of_x = (np.diff(np.log(leg)) - np.diff(np.log(leg)).mean() for leg in (y, x))
    want = np.correlate(of_y, of_x, "full") / 299 / of_y.std() / of_x.std()
    got = lead_lag(y, x, 10)

    np.testing.assert_allclose(got.rho, want[298 - 10 : 298 + 11], rtol=1e-10)
    assert got.lags.tolist() == list(range(-10, 11))


def test_bands_hold_what_they_say():
    """Of unrelated pairs one lag passes its band in 5 % of cases, and any lag the wide one."""
    one = every = 0
    for seed in range(600):
        got = lead_lag(price(401, 2 * seed), price(401, 2 * seed + 1), 10)
        one += abs(got.rho[10]) > got.band
        every += abs(got.peak) > got.band_all

    assert 0.02 < one / 600 < 0.08
    assert 0.02 < every / 600 < 0.08


def test_unrelated_legs_lead_nothing():
    """No lag is named where none passes."""
    assert lead_lag(price(400, 1), price(400, 2), 5).word == "nothing passes the band of all lags"


def test_usage():
    """Each reason is one sentence."""
    with pytest.raises(UsageError, match="give a whole number of bars from 1"):
        lead_lag(price(100), price(100), 0)
    with pytest.raises(NotEnoughData, match="lead_lag needs 81 observations, has 50"):
        lead_lag(price(50), price(50), 20)
    with pytest.raises(UsageError, match=r"^x does not move"):
        lead_lag(price(100), np.full(100, 0.1), 5)
