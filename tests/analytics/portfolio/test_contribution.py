"""Risk, shared out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.analytics.portfolio.contribution import risk_contributions
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.interval import SECOND


def market(n=300, seed=0):
    """Returns of three symbols with a common factor."""
    rng = np.random.default_rng(seed)
    return dict(zip("ABC", 0.01 * (rng.normal(size=n) + rng.normal(size=(3, n))), strict=True))


@given(
    seed=st.integers(0, 99),
    weights=st.lists(st.floats(-2, 2).filter(lambda w: abs(w) > 0.01), min_size=3, max_size=3),
)
def test_they_add_up(seed, weights):
    """The parts make the volatility of the portfolio's own returns."""
    returns, held = market(seed=seed), dict(zip("ABC", weights, strict=True))
    own = sum(weight * returns[symbol] for symbol, weight in held.items())
    got = risk_contributions(returns, held)

    assert got.volatility == pytest.approx(own.std(ddof=1), rel=1e-8)
    assert sum(got.parts.values()) == pytest.approx(got.volatility, rel=1e-8)


def test_marginal_is_the_slope():
    """A little more of one symbol changes the volatility by that much."""
    returns, weights, little = market(), {"A": 0.5, "B": -0.2, "C": 0.7}, 1e-6
    got = risk_contributions(returns, weights)

    for symbol, weight in weights.items():
        more = risk_contributions(returns, weights | {symbol: weight + little})
        slope = (more.volatility - got.volatility) / little
        assert slope == pytest.approx(got.marginal[symbol], rel=1e-4)


def test_a_hedge_contributes_less_than_nothing():
    """What is sold short against the rest takes risk away."""
    assert risk_contributions(market(), {"A": 1.0, "B": -0.3}).parts["B"] < 0


def test_a_year():
    """Per root year of 365 days."""
    one, year = (risk_contributions(market(), {"A": 1.0}, every) for every in (None, SECOND))

    assert year.volatility == pytest.approx(one.volatility * np.sqrt(365 * 86_400))
    assert year.parts["A"] == pytest.approx(one.parts["A"] * np.sqrt(365 * 86_400))


def test_usage():
    """Each reason is one sentence."""
    with pytest.raises(UsageError, match="D has a weight but no prices"):
        risk_contributions(market(), {"D": 1.0})
    with pytest.raises(UsageError, match="does not move"):
        risk_contributions({"A": np.full(50, 0.1)}, {"A": 1.0})
    with pytest.raises(NotEnoughData, match="risk_contributions needs 20 observations, has 5"):
        risk_contributions(market(5), {"A": 1.0})
