"""The correlation of a whole stretch, beside scipy and beside the truth."""

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from quantlive_nb.analytics.correlation.association import correlate
from quantlive_nb.errors import NotEnoughData, UsageError


def legs(n, rho, rng):
    """Two prices whose returns are normal with this correlation."""
    x = rng.normal(size=n)
    y = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=n)
    return np.exp(1e-3 * np.cumsum(y)), np.exp(1e-3 * np.cumsum(x))


@pytest.mark.parametrize("rho", [-0.9, 0.0, 0.5])
def test_scipy_agrees(rho):
    """Value, p and Fisher's interval; value and p of the ranks."""
    y, x = legs(200, rho, np.random.default_rng(1))
    of_y, of_x = np.diff(np.log(y)), np.diff(np.log(x))
    got, want = correlate(y, x), pearsonr(of_y, of_x)
    np.testing.assert_allclose((got.rho, got.p), (want.statistic, want.pvalue), rtol=1e-8)
    np.testing.assert_allclose((got.low, got.high), want.confidence_interval(), rtol=1e-8)

    got, want = correlate(y, x, "spearman"), spearmanr(of_y, of_x)
    np.testing.assert_allclose((got.rho, got.p), (want.statistic, want.pvalue), rtol=1e-8)
    assert got.n == 199


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_intervals_cover(method):
    """Of 95 % intervals about 95 % hold the truth; of ranks it is 6/pi asin(rho/2)."""
    rng, held = np.random.default_rng(2), 0
    truth = 0.6 if method == "pearson" else 6 / np.pi * np.arcsin(0.3)
    for _ in range(600):
        got = correlate(*legs(61, 0.6, rng), method)
        held += got.low < truth < got.high

    assert 0.92 < held / 600 < 0.98


def test_prices_that_move_as_one():
    """A perfect correlation has no width, and its p is 0."""
    x = legs(50, 0.0, np.random.default_rng(3))[0]
    got = correlate(x**2, x)

    assert got.rho == pytest.approx(1.0)
    assert got.p < 1e-12


def test_usage():
    """Each reason is one sentence."""
    x = legs(50, 0.0, np.random.default_rng(3))[0]
    with pytest.raises(UsageError, match='give "pearson" or "spearman"'):
        correlate(x, x, "kendall")
    with pytest.raises(UsageError, match=r"^y does not move: wait for trades"):
        correlate(np.full(50, 0.1), x)
    with pytest.raises(NotEnoughData, match="correlate needs 11 observations, has 5"):
        correlate(x[:5], x[:5])
