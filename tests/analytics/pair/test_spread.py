"""The causal spread."""

import numpy as np
import pytest

from quantlive_nb.analytics.pair.spread import spread
from quantlive_nb.errors import ShapeError, UsageError
from tests import oracles


def walk(n, seed):
    """A random walk far from 0, as log prices are."""
    return 10 + 1e-3 * np.random.default_rng(seed).normal(size=n).cumsum()


def test_the_loops_agree():
    """It is y minus the line through the window before."""
    y, x = walk(100, 1), walk(100, 2)

    want = oracles.spread(y.tolist(), x.tolist(), 20)
    np.testing.assert_allclose(spread(y, x, 20), want, rtol=1e-7, atol=1e-12)


def test_the_intercept_is_taken_away():
    """A shift of y, which only the intercept can explain, does not change the spread."""
    y, x = walk(60, 1), walk(60, 2)

    np.testing.assert_allclose(spread(y + 5, x, 20), spread(y, x, 20), atol=1e-12)


def test_a_perfect_line_leaves_exactly_nothing():
    """Rounding is not handed on as a spread that a z-score would magnify."""
    x = walk(60, 1)

    assert (spread(0.3 + 0.7 * x, x, 20)[20:] == 0.0).all()


def test_a_leg_that_stands_still():
    """While x has not moved for a whole window there is no line and no spread."""
    y, x = walk(60, 1), walk(60, 2)
    x[10:40] = x[10]

    assert np.isnan(spread(y, x, 20)[30:41]).all()
    assert np.isfinite(spread(y, x, 20)[20:30]).all()
    assert np.isfinite(spread(y, x, 20)[41:]).all()


def test_usage():
    """Two points always lie on a line; legs come in one length."""
    with pytest.raises(UsageError, match=r"window is 2"):
        spread(walk(9, 1), walk(9, 2), 2)
    with pytest.raises(ShapeError):
        spread(walk(9, 1), walk(8, 2), 3)
