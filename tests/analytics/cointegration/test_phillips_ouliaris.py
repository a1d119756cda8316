"""The residual test of Phillips and Ouliaris, beside published software."""

import numpy as np
import pytest

from quantlive_nb.analytics.cointegration.engle_granger import engle_granger
from quantlive_nb.analytics.cointegration.phillips_ouliaris import POResult, phillips_ouliaris
from quantlive_nb.errors import NotEnoughData, ShapeError, UsageError


def walk(n, seed=0):
    """A random walk."""
    return np.random.default_rng(seed).normal(size=n).cumsum()


@pytest.fixture(scope="module")
def crude(oil):
    """Monthly log prices of WTI and Brent."""
    return [oil["WTI"], oil["Brent"]]


@pytest.mark.parametrize(
    ("lags", "z_t", "z_alpha"),
    [(0, -5.553722981468398, -57.83711590122379), (5, -5.314493436490236, -52.611487054270826)],
)
def test_crude_published(crude, lags, z_t, z_alpha):
    """WTI on Brent by arch 8.0.0, phillips_ouliaris(y, x, bandwidth=lags), Zt and Za."""
    got = phillips_ouliaris(*crude, lags)

    np.testing.assert_allclose((got.stat, got.z_alpha), (z_t, z_alpha), rtol=1e-8)
    assert (got.lags, got.n, got.word) == (lags, 393, "cointegrated")
    assert got.p < 1e-4 > got.p_alpha


@pytest.mark.parametrize("seed", range(3))
def test_without_lags_it_is_engle_granger(seed):
    """Nothing to correct: its t but for degrees of freedom, with the same p and critical values."""
    y, x = walk(400, seed), walk(400, 100 + seed)
    got, plain = phillips_ouliaris(y, x, 0), engle_granger(y, x, 0)

    assert np.isclose(got.stat, plain.stat * np.sqrt(400 / 398), rtol=1e-8)
    assert np.isclose(got.p, plain.p, atol=0.005)
    assert got.critical == plain.critical


def test_unrelated_walks_are_rarely_called_cointegrated():
    """Both statistics err about as often as they say: 300 pairs at 5 %, three standard errors."""
    walks = np.random.default_rng(1).normal(size=(300, 2, 250)).cumsum(axis=2)
    results = [phillips_ouliaris(y, x) for y, x in walks]

    for p in ("p", "p_alpha"):
        assert abs(np.mean([getattr(one, p) < 0.05 for one in results]) - 0.05) < 0.038


def test_cointegrated_walks_are_found():
    """Power: a spread of white noise is always found."""
    for seed in range(20):
        x = walk(250, seed)
        y = 1 + 0.7 * x + np.random.default_rng(1_000 + seed).normal(size=250)
        assert phillips_ouliaris(y, x).word == "cointegrated"


def test_units_cancel_and_only_the_last_count():
    """Neither leg's scale nor what lies before the cap changes anything."""
    y, x = walk(300, 1), walk(300, 2)
    want = phillips_ouliaris(y, x, max_n=100)

    assert want == phillips_ouliaris(y[-100:], x[-100:])
    assert np.isclose(phillips_ouliaris(1e9 * y, 1e-9 * x, max_n=100).stat, want.stat, rtol=1e-8)


def test_degenerate_input_is_one_sentence():
    """Three bars, a still leg, NaN, the same symbol twice, unequal lengths: no number."""
    y, x = walk(100, 1), walk(100, 2)
    with pytest.raises(NotEnoughData, match="phillips_ouliaris needs 20 observations, has 3"):
        phillips_ouliaris(y[:3], x[:3])
    with pytest.raises(UsageError, match=r"^x does not move"):
        phillips_ouliaris(y, np.full(100, 0.1))
    with pytest.raises(UsageError, match=r"^y holds 1 value that is not finite"):
        phillips_ouliaris(np.r_[y[1:], np.nan], x)
    with pytest.raises(UsageError, match=r"^y and x move as one"):
        phillips_ouliaris(3 - 2 * x, x)
    with pytest.raises(UsageError, match=r"hardly moves or repeats itself"):
        phillips_ouliaris(np.sin(0.1 * np.arange(100)), np.cos(0.1 * np.arange(100)), 0)
    with pytest.raises(ShapeError):
        phillips_ouliaris(y, x[1:])
    with pytest.raises(UsageError, match=r'give "auto" or a whole number'):
        phillips_ouliaris(y, x, -1)


def test_the_verdict_goes_by_z_t():
    """p_alpha does not get a second vote."""
    test = POResult(-3.3, 0.06, 1, 100, {}, "no cointegration", -25.0, 0.02)

    assert test.word == "not cointegrated"
    assert repr(test) == ".stat=-3.30 .p=0.060  H0: no cointegration → not rejected at 5 %"
