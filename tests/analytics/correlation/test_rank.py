"""Rolling rank correlation, beside scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from quantlive_nb.analytics.correlation.rank import spearman
from quantlive_nb.errors import UsageError


def price(n, seed=0, tick=None):
    """A price that wanders, on a grid of ticks if there is one."""
    walk = 100 * np.exp(1e-3 * np.random.default_rng(seed).normal(size=n).cumsum())
    return walk if tick is None else np.round(walk / tick) * tick


@pytest.mark.parametrize("tick", [None, 0.05])
def test_scipy_agrees(tick):
    """Window by window, with ties too."""
    y, x = price(90, 1, tick), price(90, 2, tick)
    of_y, of_x = (np.diff(np.log(leg)).round(13) for leg in (y, x))
    want = [spearmanr(of_y[t - 30 : t], of_x[t - 30 : t]).statistic for t in range(30, 90)]

    got = spearman(y, x, 30)
    assert np.isnan(got[:30]).all()
    np.testing.assert_allclose(got[30:], want, rtol=1e-12, atol=1e-12)


@given(seed=st.integers(0, 99), power=st.floats(0.1, 5))
def test_only_the_order_of_returns_counts(seed, power):
    """Every rising function of the returns gives the same ranks."""
    x = price(40, seed)
    y = price(40, seed + 100)

    np.testing.assert_allclose(spearman(y**power, x, 10), spearman(y, x, 10), atol=1e-12)


def test_one_wild_bar_weighs_no_more_than_its_rank():
    """A misprint in both legs makes Pearson's near 1; here it moves two ranks of thirty."""
    y, x = price(31, 1), price(31, 2)
    clean = spearman(y, x)[-1]
    y[15:] *= 3
    x[15:] *= 3

    assert np.corrcoef(np.diff(np.log(y)), np.diff(np.log(x)))[0, 1] > 0.9
    assert abs(spearman(y, x)[-1] - clean) < 0.3


@pytest.mark.parametrize("still", [np.full(10, 0.1), 6e4 * 1.001 ** np.arange(10.0)])
def test_no_movement_has_no_correlation(still):
    """Rounding is not ranked."""
    assert np.isnan(spearman(still, price(10), 4)).all()


def test_usage():
    """Two ranks always agree or not, so three are the least."""
    with pytest.raises(UsageError, match="at least 3"):
        spearman(price(5), price(5), 2)
