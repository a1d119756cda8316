"""The spread from trades alone."""

import numpy as np
import pytest

from quantlive_nb.analytics.microstructure.roll_spread import roll_spread
from quantlive_nb.errors import NotEnoughData, UsageError


@pytest.mark.parametrize("half_bps", [0.5, 5.0])
def test_the_spread_is_found(half_bps):
    """A price that wanders, seen at bid or ask at random."""
    rng = np.random.default_rng(1)
    middle = 1e-5 * rng.normal(size=40_000).cumsum()
    seen = middle + 1e-4 * half_bps * rng.choice([-1, 1], size=40_000)

    assert roll_spread(np.exp(seen)).bps == pytest.approx(2 * half_bps, rel=0.05)


def test_a_trend_withholds_it():
    """Changes that go on in their direction have no spread that could be told: NaN and a reason."""
    rng = np.random.default_rng(1)
    change = np.convolve(rng.normal(size=500), [1, 1])
    got = roll_spread(np.exp(1e-4 * change.cumsum()))

    assert np.isnan(got.bps)
    assert got.covariance > 0
    assert got.withheld


def test_usage():
    """Each reason is one sentence."""
    with pytest.raises(NotEnoughData, match="roll_spread needs 21 observations, has 3"):
        roll_spread(np.ones(3))
    with pytest.raises(UsageError, match="does not move"):
        roll_spread(np.full(50, 0.1))
    with pytest.raises(UsageError, match="not above 0"):
        roll_spread(np.zeros(50))
