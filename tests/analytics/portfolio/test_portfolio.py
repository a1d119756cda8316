"""Returns of symbols held together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.analytics.portfolio.portfolio import equity_curve, portfolio_returns
from quantlive_nb.errors import ShapeError, UsageError


def market(n, seed=0):
    """Prices of three symbols."""
    steps = 0.02 * np.random.default_rng(seed).normal(size=(3, n))
    return dict(zip("ABC", np.exp(steps.cumsum(axis=1)), strict=True))


def test_restored_weights():
    """Each bar's return is the weighted mean of the symbols'."""
    prices = market(50)
    weights = {"A": 0.5, "B": 0.8, "C": -0.3}
    want = sum(w * (prices[s][1:] / prices[s][:-1] - 1) for s, w in weights.items())

    np.testing.assert_allclose(portfolio_returns(prices, weights)[1:], want)


def test_held_weights():
    """What was bought once: the equity is the value of the units."""
    prices = market(50)
    weights = {"A": 0.5, "B": 0.8, "C": -0.3}
    cash = 1 - sum(weights.values())
    units = {s: w / prices[s][0] for s, w in weights.items()}
    value = cash + sum(units[s] * prices[s] for s in weights)

    got = equity_curve(portfolio_returns(prices, weights, rebalance=False))
    np.testing.assert_allclose(got, value)


@given(seed=st.integers(0, 99), rebalance=st.booleans())
def test_one_symbol_is_itself(seed, rebalance):
    """All of the equity in one symbol earns what it earns."""
    prices = market(20, seed)

    got = portfolio_returns(prices, {"B": 1.0}, rebalance=rebalance)
    np.testing.assert_allclose(got[1:], prices["B"][1:] / prices["B"][:-1] - 1)


def test_equity_waits_for_the_first_return():
    """1 until there is one; a hole later is not bridged."""
    got = equity_curve(np.array([np.nan, np.nan, 0.1, np.nan, 0.1]))

    np.testing.assert_array_equal(got[:2], 1.0)
    assert got[2] == pytest.approx(1.1)
    assert np.isnan(got[3:]).all()


def test_usage():
    """Each reason is one sentence."""
    prices = market(10)
    for weights, why in (
        ({}, "there are no weights"),
        ({"D": 1.0}, "D has a weight but no prices"),
        ({"A": np.nan}, "a weight is not finite"),
    ):
        with pytest.raises(UsageError, match=why):
            portfolio_returns(prices, weights)
    with pytest.raises(UsageError, match="the equity is gone at bar 1"):
        portfolio_returns({"A": np.array([1.0, 0.4])}, {"A": 2.0}, rebalance=False)
    with pytest.raises(UsageError, match="below -1"):
        equity_curve(np.array([-1.5]))
    with pytest.raises(ShapeError):
        portfolio_returns(prices | {"B": prices["B"][1:]}, {"A": 0.5, "B": 0.5})
