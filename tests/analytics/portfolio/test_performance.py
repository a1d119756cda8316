"""Figures of a year."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kurtosis, skew

from quantlive_nb.analytics.portfolio.performance import bars_per_year, performance
from quantlive_nb.errors import NotEnoughData, ShapeError, UsageError

DAY = 86_400_000_000


def daily(n=365, mean=0.001, deviation=0.02, seed=0):
    """Returns of days."""
    return mean + deviation * np.random.default_rng(seed).normal(size=n)


def test_by_their_formulas():
    """Each figure, computed again."""
    r = daily()
    got = performance(r, DAY, risk_free=0.05)
    excess = r - (1.05 ** (1 / 365) - 1)
    growth = np.prod(1 + r)
    equity = np.cumprod(np.r_[1.0, 1 + r])
    ratio = excess.mean() / r.std(ddof=1)
    square = 1 + ratio**2 / 2 - ratio * skew(excess) + ratio**2 * kurtosis(excess) / 4
    want = {
        "total": growth - 1,
        "yearly": growth - 1,
        "volatility": r.std(ddof=1) * np.sqrt(365),
        "sharpe": ratio * np.sqrt(365),
        "sharpe_se": np.sqrt(square / 365) * np.sqrt(365),
        "sortino": excess.mean() / np.sqrt(np.mean(np.minimum(excess, 0) ** 2)) * np.sqrt(365),
        "max_drawdown": np.max(1 - equity / np.maximum.accumulate(equity)),
        "hit_rate": np.mean(r > 0),
    }

    assert {name: getattr(got, name) for name in want} == pytest.approx(want, rel=1e-8)
    assert got.calmar == pytest.approx(got.yearly / got.max_drawdown)


def test_a_year_never_closes():
    """Hours, days and seconds of 365 days, stated in the answer."""
    assert bars_per_year(DAY) == 365
    assert performance(daily(), DAY // 24).bars_per_year == 8_760
    assert performance(daily(), DAY // 24).volatility == pytest.approx(
        performance(daily(), DAY).volatility * np.sqrt(24)
    )


@given(seed=st.integers(0, 99), leverage=st.floats(0.1, 3))
def test_leverage_cancels_in_the_ratio(seed, leverage):
    """Without a risk-free rate the Sharpe and Sortino ratios are the same at any size."""
    r = daily(60, seed=seed)
    one, other = performance(r, DAY), performance(leverage * r, DAY)

    assert other.sharpe == pytest.approx(one.sharpe)
    assert other.sortino == pytest.approx(one.sortino)


def test_the_error_of_a_ratio_is_honest():
    """Of 95 % intervals, about 95 % hold the truth, of skewed returns too."""
    rng, held = np.random.default_rng(1), 0
    truth = 0.1 / 1.0
    for _ in range(800):
        r = 0.01 * (rng.exponential(size=250) - 0.9)
        got = performance(r, DAY)
        ratio, error = got.sharpe / np.sqrt(365), got.sharpe_se / np.sqrt(365)
        held += abs(ratio - truth) < 1.96 * error

    assert 0.92 < held / 800 < 0.975


def test_beta():
    """Of a portfolio that follows the market by half, within its interval."""
    market = daily(seed=2)
    got = performance(0.5 * market + 0.1 * daily(mean=0, seed=3), DAY, market=market)

    assert got.beta_low < 0.5 < got.beta_high
    assert np.isnan(performance(market, DAY).beta)


def test_what_cannot_be_told_is_absent():
    """Nothing moved: no ratio, no fall, no hit; the volatility is 0."""
    got = performance(np.zeros(30), DAY)

    assert (got.volatility, got.max_drawdown, got.total) == (0.0, 0.0, 0.0)
    assert np.isnan([got.sharpe, got.sharpe_se, got.sortino, got.calmar, got.hit_rate]).all()


def test_the_first_bar_has_no_return():
    """NaN at the beginning is left out; later it is refused."""
    r = daily(40)

    assert performance(np.r_[np.nan, r], DAY) == performance(r, DAY)
    with pytest.raises(UsageError, match="not finite"):
        performance(np.r_[r, np.nan, r], DAY)


def test_usage():
    """Each reason is one sentence."""
    with pytest.raises(NotEnoughData, match="performance needs 20 observations, has 3"):
        performance(daily(3), DAY)
    with pytest.raises(UsageError, match="give the length of a bar in µs"):
        performance(daily(), 0)
    with pytest.raises(UsageError, match="everything was lost"):
        performance(np.r_[daily(30), -1.0], DAY)
    with pytest.raises(ShapeError):
        performance(daily(30), DAY, market=daily(31))
