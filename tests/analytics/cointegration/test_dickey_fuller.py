"""What the Dickey-Fuller regression may be asked to judge."""

import numpy as np
import pytest
from statsmodels.tsa.stattools import adfuller

from quantlive_nb.analytics.cointegration.dickey_fuller import admissible, dickey_fuller
from quantlive_nb.errors import NotEnoughData, ShapeError, UsageError


def walk(n, seed=0):
    """A random walk far from 0."""
    return 100 + np.random.default_rng(seed).normal(size=n).cumsum()


@pytest.mark.parametrize("deterministic", ["c", "n"])
@pytest.mark.parametrize("lags", ["aic", 0, 3])
@pytest.mark.parametrize("n", [52, 300, 2_000])
def test_statsmodels_agrees(n, lags, deterministic):
    """One decomposition in standard units gives the same statistic and the same lags."""
    x = walk(n, n)
    x -= x.mean() * (deterministic == "n")
    how = {"autolag": "AIC"} if lags == "aic" else {"autolag": None, "maxlag": lags}
    want = adfuller(x, regression=deterministic, result_object=True, **how)
    got = dickey_fuller(x, lags, deterministic)

    np.testing.assert_allclose(got.stat, want.statistic, rtol=1e-9)
    assert (got.lags, got.n) == (want.lags, want.nobs)


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e12])
def test_units_cancel(scale):
    """A coin of a millionth of a dollar is tested as well as one of a million."""
    x = walk(200)

    got, want = dickey_fuller(scale * x, 2, "c"), dickey_fuller(x, 2, "c")
    assert np.isclose(got.stat, want.stat, rtol=1e-8)


RULES = {
    "line": np.arange(100.0),
    "line far from 0": 1e6 + 0.1 * np.arange(100),
    "parabola": np.arange(100.0) ** 2,
    "wave": np.sin(0.1 * np.arange(200)),
    "zigzag": np.tile([0.0, 1.0], 50),
    "decay": 0.5 ** np.arange(60.0),
    "growth": 1.01 ** np.arange(60.0),
    "pattern": np.tile([0.0, 1.0, 3.0, 2.0, 7.0], 40),
    "one move": np.r_[np.zeros(99), 1.0],
}


@pytest.mark.parametrize(
    ("name", "lags"),
    [(name, lags) for name in RULES for lags in ("aic", 5)]
    + [("line", 0), ("zigzag", 0), ("decay", 0), ("growth", 0), ("parabola", 1), ("wave", 1)],
)
def test_no_chance_no_number(name, lags):
    """Where rounding would make the statistic there is one sentence, and no warning leaks."""
    with pytest.raises(UsageError, match=r"hardly moves or repeats itself"):
        dickey_fuller(RULES[name], lags, "c")


def test_rare_moves_are_judged():
    """A quiet market that ticks now and then is no exact rule."""
    rng = np.random.default_rng(3)
    x = 100 + np.cumsum(rng.choice([0.0, 0.01, -0.01], p=[0.9, 0.05, 0.05], size=300))

    assert -10 < dickey_fuller(x, "aic", "c").stat < 5


@pytest.mark.parametrize(("lags", "need"), [("aic", 52), (0, 20), (1, 20), (8, 40)])
def test_the_minimum_is_computed(lags, need):
    """Four observations a coefficient, at least 20: the error says how many are missing."""
    with pytest.raises(NotEnoughData) as caught:
        admissible("adf", lags, 2_000, x=walk(need - 1))

    assert (caught.value.have, caught.value.need) == (need - 1, need)
    assert len(admissible("adf", lags, 2_000, x=walk(need))[0]) == need


def test_the_last_observations_are_kept():
    """Of a long history the newest count."""
    y, x = admissible("engle_granger", 1, 50, y=walk(80, 1), x=walk(80, 2))

    np.testing.assert_array_equal(y, walk(80, 1)[30:])
    np.testing.assert_array_equal(x, walk(80, 2)[30:])


@pytest.mark.parametrize("lags", [-1, 1.5, "bic", None])
def test_impossible_lags(lags):
    """The sentence says what lags may be."""
    with pytest.raises(UsageError, match='give "aic" or a whole number from 0'):
        admissible("adf", lags, 2_000, x=walk(100))


def test_bad_series():
    """Each reason names the series and what to do."""
    still = np.full(100, 0.1)
    with pytest.raises(UsageError, match=r"^x does not move: wait for trades"):
        admissible("engle_granger", 1, 2_000, y=walk(100), x=still)
    with pytest.raises(UsageError, match=r"^y holds 1 value that is not finite"):
        admissible("engle_granger", 1, 2_000, y=np.r_[walk(99), np.nan], x=walk(100))
    with pytest.raises(ShapeError):
        admissible("engle_granger", 1, 2_000, y=walk(99), x=walk(100))
    with pytest.raises(UsageError, match=r"max_n is 10: give at least 20"):
        admissible("adf", 1, 10, x=walk(100))


def test_old_trouble_is_forgotten():
    """A NaN older than the observations used does no harm."""
    admissible("adf", 1, 50, x=np.r_[np.nan, walk(60)])
