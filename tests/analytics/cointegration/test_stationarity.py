"""KPSS and Phillips-Perron, beside statsmodels and published software."""

import numpy as np
import pytest
from statsmodels.tsa.stattools import adfuller
from statsmodels.tsa.stattools import kpss as reference

from quantlive_nb.analytics.cointegration.stationarity import (
    KPSSResult,
    PPResult,
    kpss,
    phillips_perron,
)
from quantlive_nb.errors import NotEnoughData, UsageError


def walk(n, seed=0):
    """A random walk far from 0."""
    return 100 + np.random.default_rng(seed).normal(size=n).cumsum()


@pytest.fixture(scope="module")
def wti(oil):
    """Monthly log prices of WTI."""
    return oil["WTI"]


@pytest.mark.filterwarnings("ignore:The test statistic is outside")
@pytest.mark.parametrize("lags", ["auto", 0, 5])
@pytest.mark.parametrize("n", [30, 300, 1_999])
@pytest.mark.parametrize("is_walk", [True, False])
def test_kpss_is_that_of_statsmodels(n, lags, is_walk):
    """Statistic, p, lags and critical values, of walks and of noise."""
    x = walk(n, n) if is_walk else np.random.default_rng(n).normal(size=n)
    want = reference(x, nlags=lags, result_object=True)
    got = kpss(x, lags)

    np.testing.assert_allclose((got.stat, got.p), (want.statistic, want.pvalue), rtol=1e-8)
    assert (got.lags, got.n) == (want.lags, n)
    assert got.critical == want.critical_values


@pytest.mark.parametrize(
    ("lags", "z_t", "z_alpha"),
    [(0, -1.3733093311443653, -3.489955710689394), (5, -1.60959667457754, -4.906467418775483)],
)
def test_phillips_perron_published(wti, lags, z_t, z_alpha):
    """WTI's statistics by arch 8.0.0, PhillipsPerron(x, lags=lags), tau and rho."""
    got = phillips_perron(wti, lags)

    np.testing.assert_allclose((got.stat, got.z_alpha), (z_t, z_alpha), rtol=1e-8)
    assert (got.lags, got.n, got.word) == (lags, 393, "not stationary")
    want = [-3.44714244478345, -2.8689414326247995, -2.5707127699396084]
    np.testing.assert_allclose(list(got.critical.values()), want)


@pytest.mark.parametrize("seed", range(4))
def test_without_lags_it_is_dickey_fuller(seed):
    """Nothing to correct: nearly the t of the plain regression, p from the same table."""
    x = walk(400, seed)
    plain = adfuller(x, maxlag=0, autolag=None, result_object=True)
    got = phillips_perron(x, 0)

    assert np.isclose(got.stat, plain.statistic, rtol=1e-8)
    assert np.isclose(got.p, plain.pvalue, rtol=1e-8)


def test_rare_false_alarms_and_power():
    """Both err about as often as they say, and find what is there; 5 % is allowed to be 1 to 9."""
    rng = np.random.default_rng(4)
    noise = rng.normal(size=(200, 250))
    walks = noise.cumsum(axis=1)

    assert 0.01 < np.mean([kpss(x).p < 0.05 for x in noise]) < 0.09
    assert 0.01 < np.mean([phillips_perron(x).p < 0.05 for x in walks]) < 0.09
    assert np.mean([kpss(x, 5).p < 0.05 for x in walks]) > 0.8
    assert np.mean([phillips_perron(x).p < 0.05 for x in noise]) > 0.99


def test_memory_in_the_steps_is_taken_out():
    """Steps that follow each other fool the plain regression less once they are allowed for."""
    shocks = np.random.default_rng(5).normal(size=(200, 251))
    walks = (shocks[:, 1:] + 0.6 * shocks[:, :-1]).cumsum(axis=1)
    with_lags = np.mean([phillips_perron(x).z_alpha < -14.1 for x in walks])
    without = np.mean([phillips_perron(x, 0).z_alpha < -14.1 for x in walks])

    assert abs(with_lags - 0.05) < abs(without - 0.05)


@pytest.mark.parametrize("test", [kpss, phillips_perron])
@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_units_cancel(test, scale):
    """A coin of a millionth of a dollar is tested as well as one of a million."""
    got, want = test(scale * walk(200)), test(walk(200))

    assert np.isclose(got.stat, want.stat, rtol=1e-8)


@pytest.mark.parametrize("test", [kpss, phillips_perron])
def test_only_the_last_observations_count(test):
    """The cap is the newest ones, n states it, and a NaN before them does no harm."""
    x = walk(300)

    assert test(x, max_n=100) == test(x[-100:]) == test(np.r_[np.nan, x], max_n=100)
    assert test(x, max_n=100).n == 100


@pytest.mark.parametrize("test", [kpss, phillips_perron])
def test_degenerate_input_is_one_sentence(test):
    """Three bars, a still price, NaN, a line, a zigzag: no number."""
    with pytest.raises(NotEnoughData, match=f"{test.__name__} needs 20 observations, has 3"):
        test(walk(3))
    with pytest.raises(NotEnoughData, match="needs 40 observations, has 30"):
        test(walk(30), 8)
    with pytest.raises(UsageError, match=r"^x does not move"):
        test(np.full(100, 0.1))
    with pytest.raises(UsageError, match=r"^x holds 1 value that is not finite"):
        test(np.r_[walk(50), np.nan])
    for rule in (np.arange(100.0), np.tile([0.0, 1.0], 50), np.r_[np.zeros(99), 1.0]):
        with pytest.raises(UsageError, match=r"hardly moves or repeats itself"):
            test(rule)
    with pytest.raises(UsageError, match=r'give "auto" or a whole number'):
        test(walk(100), "aic")


def test_the_table_has_ends():
    """KPSS says which side p is open to; its word claims nothing where nothing is rejected."""
    sides = {0.01: "≤", 0.05: "=", 0.1: "≥"}
    for p, mark in sides.items():
        test = KPSSResult(0.5, p, 1, 100, {}, "stationary around a constant")
        assert f".p{mark}{p:.3f}  H0: stationary around a constant → " in repr(test)
    assert KPSSResult(0.5, 0.05, 1, 100, {}, "").word == "perhaps stationary"
    assert KPSSResult(0.5, 0.04, 1, 100, {}, "").word == "not stationary"


def test_the_verdict_goes_by_p():
    """Below 5 % rejects."""
    assert PPResult(-3.0, 0.0499, 1, 100, {}, "a unit root", -14.0, 0.06).word == "stationary"
    assert PPResult(-3.0, 0.05, 1, 100, {}, "a unit root", -14.0, 0.04).word == "not stationary"
