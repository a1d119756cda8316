"""Correlation of returns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.analytics.correlation.correlation import correlation, fisher_band, returns
from quantlive_nb.errors import NotEnoughData, ShapeError, UsageError
from tests import oracles


def price(n, seed=0, step=1e-3):
    """A price that wanders."""
    return 100 * np.exp(step * np.random.default_rng(seed).normal(size=n).cumsum())


def test_the_loops_agree():
    """It is Pearson's, of log returns, over the last window."""
    y, x = price(80, 1), price(80, 2)
    want = oracles.correlation(y.tolist(), x.tolist(), 30)

    np.testing.assert_allclose(correlation(y, x), want, rtol=1e-8, atol=1e-10)


def test_returns_add_up():
    """Log returns of the parts sum to that of the whole."""
    x = price(50)

    assert np.isclose(returns(x)[1:].sum(), np.log(x[-1] / x[0]))


@given(seed=st.integers(0, 99), power=st.floats(0.1, 5), scale=st.floats(1e-3, 1e3))
def test_prices_that_move_as_one(seed, power, scale):
    """y = c * x**k moves with x in every window, and 1/y against it; the units cancel."""
    x = price(20, seed)
    y = scale * x**power

    np.testing.assert_allclose(correlation(y, x, 5)[5:], 1.0, atol=1e-6)
    np.testing.assert_allclose(correlation(1 / y, x, 5)[5:], -1.0, atol=1e-6)


@given(seed=st.integers(0, 999))
def test_never_outside_its_range(seed):
    """Rounding does not carry it past 1, and the order of the legs does not matter."""
    x = price(30, seed)
    rho = correlation(x * 3.3, x, 4)

    assert np.nanmax(np.abs(rho)) <= 1.0
    np.testing.assert_array_equal(rho, correlation(x, x * 3.3, 4))


def test_independent_walks_do_not_look_alike():
    """Levels of independent walks correlate by accident; their returns hardly do (trap 8)."""
    walks = [price(31, seed) for seed in range(400)]
    pairs = list(zip(walks[::2], walks[1::2], strict=True))
    by_return = [abs(correlation(y, x, 30)[-1]) > 0.5 for y, x in pairs]
    by_level = [abs(oracles.pearson(y.tolist(), x.tolist())) > 0.5 for y, x in pairs]

    assert np.mean(by_return) < 0.03
    assert np.mean(by_level) > 0.25


@pytest.mark.parametrize("still", [np.full(10, 0.1), 6e4 * 1.001 ** np.arange(10.0)])
def test_no_movement_has_no_correlation(still):
    """A price that stands still, or grows by the same return each bar, moves with nothing."""
    assert np.isnan(correlation(still, price(10), 4)).all()


@pytest.mark.parametrize("bad", [0.0, -1.0, np.inf])
def test_impossible_prices_are_refused(bad):
    """The sentence says which price and where."""
    x = price(10)
    x[3] = bad

    with pytest.raises(UsageError, match=rf"^the price at position 3 is {bad:g}: returns need"):
        correlation(price(10), x, 4)


def test_usage():
    """Two returns always correlate perfectly, so three are the least."""
    with pytest.raises(UsageError, match=r"at least 3"):
        correlation(price(5), price(5), 2)
    with pytest.raises(ShapeError):
        correlation(price(5), price(6), 3)


def test_fisher_band_covers():
    """Of 95 % intervals, about 95 % hold the truth."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(1_000):
        x = rng.normal(size=30)
        y = 0.6 * x + 0.8 * rng.normal(size=30)
        low, high = fisher_band(np.corrcoef(y, x)[0, 1], 30)
        held += low < 0.6 < high

    assert 0.93 < held / 1_000 < 0.97


def test_fisher_band_ends():
    """A perfect correlation has no width; too few pairs and no correlation are refused."""
    assert fisher_band(-1.0, 10) == (-1.0, -1.0)
    with pytest.raises(NotEnoughData):
        fisher_band(0.5, 3)
    with pytest.raises(UsageError, match=r"not a correlation"):
        fisher_band(float("nan"), 10)
