"""What may be lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from quantlive_nb.analytics.portfolio.value_at_risk import value_at_risk
from quantlive_nb.errors import NotEnoughData, UsageError

METHODS = ("historical", "gaussian", "cornish-fisher")
every_method = pytest.mark.parametrize("method", METHODS)


def returns(n=1_000, seed=0):
    """Returns with a little skewness."""
    rng = np.random.default_rng(seed)
    return 0.01 * (rng.normal(size=n) - 0.1 * (rng.normal(size=n) ** 2 - 1))


def test_gaussian_is_scipys():
    """Quantile, and the mean beyond it by its closed form."""
    r = returns()
    got = value_at_risk(r, 0.99, "gaussian")
    z = norm.ppf(0.99)

    assert got.var == pytest.approx(r.std(ddof=1) * z - r.mean(), rel=1e-10)
    assert got.es == pytest.approx(r.std(ddof=1) * norm.pdf(z) / 0.01 - r.mean(), rel=1e-10)


@pytest.mark.parametrize(("n", "level"), [(100, 0.95), (1_000, 0.99), (130, 0.95)])
def test_historical_is_the_worst_part(n, level):
    """The mean of the worst returns, the last of them in part; the loss at its edge."""
    r = returns(n)
    worst = np.sort(r)
    whole = int((1 - level) * n + 1e-9)
    part = (1 - level) * n - whole
    got = value_at_risk(r, level)

    want = -(worst[:whole].sum() + part * worst[whole]) / ((1 - level) * n)
    assert got.es == pytest.approx(want)
    assert np.mean(-r > got.var) <= 1 - level + 1e-12
    assert np.mean(-r >= got.var) >= 1 - level - 1e-12


def test_cornish_fisher_of_a_normal_is_gaussian():
    """Without skewness and excess nothing is bent."""
    z = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    plain, bent = (value_at_risk(0.01 * z, 0.95, m) for m in ("gaussian", "cornish-fisher"))

    assert bent.var == pytest.approx(plain.var, rel=1e-3)
    assert bent.es == pytest.approx(plain.es, rel=1e-3)


def test_cornish_fisher_is_nearer_the_truth():
    """Of returns with a mild left tail, whose quantiles are known from a million draws."""
    truth = value_at_risk(returns(1_000_000, 1), 0.99)
    plain, bent = (value_at_risk(returns(100_000, 2), 0.99, m) for m in METHODS[1:])

    assert abs(bent.var - truth.var) < 0.3 * abs(plain.var - truth.var)
    assert abs(bent.es - truth.es) < 0.5 * abs(plain.es - truth.es)


def test_cornish_fisher_is_withheld_where_it_is_no_distribution():
    """Tails that are too heavy: a reason, and NaN instead of a number that looks real."""
    wild = 0.01 * np.random.default_rng(1).standard_t(2.5, size=2_000)
    got = value_at_risk(wild, 0.99, "cornish-fisher")

    assert np.isnan([got.var, got.es]).all()
    assert "too large for the expansion" in repr(got)


@every_method
@given(seed=st.integers(0, 99), size=st.floats(0.01, 100), shift=st.floats(-0.01, 0.01))
def test_laws(method, seed, size, shift):
    """Twice as much held loses twice as much; a certain gain is taken off; ES is not below VaR."""
    r = returns(400, seed)
    one = value_at_risk(r, 0.95, method)

    assert one.es >= one.var
    assert value_at_risk(size * r, 0.95, method).var == pytest.approx(size * one.var)
    assert value_at_risk(r + shift, 0.95, method).es == pytest.approx(one.es - shift, abs=1e-12)


def test_usage():
    """Each reason is one sentence; the need is computed from the level."""
    with pytest.raises(NotEnoughData, match="value_at_risk needs 500 observations, has 300"):
        value_at_risk(returns(300), 0.99)
    with pytest.raises(UsageError, match=r"between 0\.5 and 1"):
        value_at_risk(returns(), 95)
    with pytest.raises(UsageError, match="give one of historical, gaussian, cornish-fisher"):
        value_at_risk(returns(), method="normal")
    with pytest.raises(UsageError, match="nothing moves"):
        value_at_risk(np.full(200, 0.1))
    assert value_at_risk(np.r_[np.nan, returns()]) == value_at_risk(returns())
