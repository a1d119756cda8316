"""How large trades are."""

import numpy as np
import pytest

from quantlive_nb.analytics.microstructure.trade_size import trade_sizes
from quantlive_nb.errors import NotEnoughData, UsageError


def test_the_tail_is_found():
    """Of sizes whose tail falls with the power 1.5, within four standard errors, in any unit."""
    sizes = 1 + np.random.default_rng(1).pareto(1.5, size=50_000)
    got = trade_sizes(sizes)

    assert got.tail == pytest.approx(1.5, abs=4 * got.tail_se)
    assert trade_sizes(1e-6 * sizes).tail == pytest.approx(got.tail)


def test_quantiles_and_shares():
    """By numpy; the largest percent of sizes that are all alike is a percent of the volume."""
    sizes = np.random.default_rng(2).exponential(size=1_000)
    got = trade_sizes(sizes)

    np.testing.assert_allclose((got.median, got.q90, got.q99), np.quantile(sizes, (0.5, 0.9, 0.99)))
    assert got.top_share == pytest.approx(np.sort(sizes)[-10:].sum() / sizes.sum())
    alike = trade_sizes(np.full(1_000, 0.1))
    assert alike.top_share == pytest.approx(0.01)
    assert np.isnan(alike.tail)


def test_usage():
    """Each reason is one sentence."""
    with pytest.raises(NotEnoughData, match="trade_sizes needs 100 observations, has 3"):
        trade_sizes(np.ones(3))
    with pytest.raises(UsageError, match="a size is not above 0"):
        trade_sizes(np.zeros(100))
