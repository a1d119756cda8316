"""Exponential weights, beside pandas."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.analytics.correlation.ewma import ewma, ewma_correlation
from quantlive_nb.errors import ShapeError, UsageError


def price(n, seed=0):
    """A price that wanders."""
    return 100 * np.exp(1e-3 * np.random.default_rng(seed).normal(size=n).cumsum())


@pytest.mark.parametrize("half_life", [0.5, 3, 30, 1e4])
@pytest.mark.parametrize("lead", [0, 2])
def test_pandas_agrees(half_life, lead):
    """The weights add up to 1 from the first value on, wherever that is."""
    x = np.r_[np.full(lead, np.nan), price(300)]
    want = pd.Series(x).ewm(halflife=half_life, adjust=True).mean()

    np.testing.assert_allclose(ewma(x, half_life), want, rtol=1e-12)


@given(n=st.integers(0, 40), at=st.integers(0, 39), half_life=st.floats(0.1, 1e6))
def test_a_hole_is_not_bridged(n, at, half_life):
    """A value that is missing in the middle makes everything after it unknown."""
    x = price(n)
    x[at : at + 1] = np.nan
    known = ~np.isnan(ewma(x, half_life))

    first = 1 if at == 0 else 0
    assert known.tolist() == [first <= t and (at == 0 or t < at) for t in range(n)]


def test_a_million_values_stay_where_they_are():
    """Weights that have died out neither overflow nor turn up again."""
    x = np.r_[np.full(500_000, 1e12), np.full(500_000, 1.0)]

    assert ewma(x, 100)[-1] == pytest.approx(1.0, abs=1e-12)


def test_correlation_is_of_products():
    """Pearson's without a mean, with pandas' weights; NaN until a half-life has passed."""
    y, x = price(200, 1) * price(200, 3), price(200, 1)
    of_y, of_x = (pd.Series(np.log(leg)).diff() for leg in (y, x))
    weighted = [
        (a * b).ewm(halflife=20).mean() for a, b in ((of_y, of_x), (of_y, of_y), (of_x, of_x))
    ]
    want = weighted[0] / np.sqrt(weighted[1] * weighted[2])
    want[:20] = np.nan

    np.testing.assert_allclose(ewma_correlation(y, x, 20), want, rtol=1e-9)


@pytest.mark.parametrize("still", [np.full(60, 0.1), np.full(60, 6e4)])
def test_no_movement_has_no_correlation(still):
    """A price that stands still moves with nothing."""
    assert np.isnan(ewma_correlation(still, price(60), 5)).all()


@pytest.mark.parametrize("half_life", [0, -1, np.nan, np.inf])
def test_usage(half_life):
    """The sentence says what a half-life is."""
    with pytest.raises(UsageError, match="give a number of bars above 0"):
        ewma(price(5), half_life)
    with pytest.raises(UsageError, match="give a number of bars above 0"):
        ewma_correlation(price(5), price(5), half_life)
    with pytest.raises(ShapeError):
        ewma_correlation(price(5), price(6), 3)
