"""Correlations of many symbols."""

import numpy as np
import pytest

from quantlive_nb.analytics.correlation.matrix import correlation_matrix
from quantlive_nb.errors import NotEnoughData, ShapeError, UsageError


def market(n_symbols, n, seed=0):
    """Prices with a common factor."""
    rng = np.random.default_rng(seed)
    change = rng.normal(size=(n_symbols, n)) + rng.normal(size=n)
    return {f"S{i}": np.exp(1e-3 * row.cumsum()) for i, row in enumerate(change)}


def test_numpy_agrees():
    """Every entry, and those of two symbols by name."""
    prices = market(6, 200)
    got = correlation_matrix(prices)
    want = np.corrcoef([np.diff(np.log(price)) for price in prices.values()])

    np.testing.assert_allclose(got.rho, want, atol=1e-12)
    assert got.of("S2", "S5") == pytest.approx(want[2, 5])
    assert (got.symbols, got.n) == (tuple(prices), 199)


def test_it_is_a_correlation_matrix():
    """Symmetric, ones on the diagonal, no negative eigenvalue but for rounding."""
    rho = correlation_matrix(market(40, 30)).rho

    np.testing.assert_array_equal(rho, rho.T)
    assert (np.diag(rho) == 1).all()
    assert np.linalg.eigvalsh(rho).min() > -1e-12


def test_like_stands_beside_like():
    """Two families, dealt out in turns, are sorted into two blocks; the numbers stay the same."""
    one, two = market(4, 300, 1), market(4, 300, 2)
    mixed = {f"{name}{i}": leg[f"S{i}"] for i in range(4) for name, leg in (("A", one), ("B", two))}
    mixed["still"] = np.full(300, 0.1)
    matrix = correlation_matrix(mixed)
    ordered = matrix.ordered()

    families = "".join(symbol[0] for symbol in ordered.symbols[:-1])
    assert families in ("AAAABBBB", "BBBBAAAA")
    assert ordered.symbols[-1] == "still"
    assert ordered.of("A1", "B2") == matrix.of("A1", "B2")


def test_what_does_not_move_is_unknown():
    """Its row and column are NaN, its own entry too; the others are as without it."""
    prices = market(3, 100)
    got = correlation_matrix(prices | {"still": np.full(100, 0.1)}).rho

    assert np.isnan(got[3]).all()
    assert np.isnan(got[:, 3]).all()
    np.testing.assert_allclose(got[:3, :3], correlation_matrix(prices).rho)


def test_usage():
    """Each reason is one sentence."""
    prices = market(3, 100)
    with pytest.raises(UsageError, match="give at least two"):
        correlation_matrix({"A": prices["S0"]})
    with pytest.raises(UsageError, match="QQQ is not among S0, S1, S2"):
        correlation_matrix(prices).of("S0", "QQQ")
    with pytest.raises(NotEnoughData):
        correlation_matrix(market(3, 5))
    with pytest.raises(ShapeError):
        correlation_matrix({"A": prices["S0"], "B": prices["S1"][1:]})
