"""The z-score and its bands."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.analytics.pair.zscore import bands, zscore
from quantlive_nb.errors import ShapeError, UsageError
from tests import oracles


def walk(n, seed=0):
    """A random walk."""
    return np.random.default_rng(seed).normal(size=n).cumsum()


@pytest.mark.parametrize("window", [2, 5, 30])
def test_the_loops_agree(window):
    """z is the distance from the mean of the values before, in their deviations."""
    x = walk(100)

    np.testing.assert_allclose(zscore(x, window), oracles.zscore(x.tolist(), window), rtol=1e-9)


def test_bands_are_what_z_measures_with():
    """Drawn bands and drawn z tell the same story."""
    x = walk(50)
    band = bands(x, 10)

    drawn = band.mean + zscore(x, 10) * band.std
    np.testing.assert_allclose(drawn[10:], x[10:])


@given(scale=st.floats(1e-3, 1e3), shift=st.floats(-1e3, 1e3), seed=st.integers(0, 99))
def test_units_cancel(scale, shift, seed):
    """z of a*x + b is z of x for a > 0, and its mirror image for a < 0."""
    x = walk(40, seed)

    np.testing.assert_allclose(zscore(scale * x + shift, 8), zscore(x, 8), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(zscore(-x, 8), -zscore(x, 8))


def test_a_jump_is_not_made_smaller_by_itself():
    """A value is not in its own window, so |z| knows no ceiling of (n-1)/sqrt(n)."""
    x = np.r_[np.tile([0.0, 1.0], 5), 100.0]

    assert zscore(x, 10)[-1] > 100


def test_no_movement_has_no_z():
    """After a window that stood still nothing is unusual, whatever comes; the band has width 0."""
    x = np.r_[np.full(5, 0.1), 0.2]

    assert np.isnan(zscore(x, 5)[-1])
    assert bands(x, 5).std[-1] == 0.0


def test_infinity_gives_no_number():
    """Neither at the moment nor in a window that holds it."""
    x = walk(20)
    x[10] = np.inf

    assert np.isnan(zscore(x, 4)[10:15]).all()
    assert np.isfinite(zscore(x, 4)[15:]).all()


@pytest.mark.parametrize("function", [zscore, bands])
def test_usage(function):
    """A window of one value has no deviation, and a table no order."""
    with pytest.raises(UsageError, match=r"window is 1"):
        function(walk(5), 1)
    with pytest.raises(ShapeError):
        function(np.zeros((3, 3)), 2)
