"""A series in six numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.analytics.core.summary import summary
from quantlive_nb.errors import NotEnoughData, UsageError
from tests import oracles

PRICES = st.lists(st.floats(1e-6, 1e6), min_size=2, max_size=50)


@given(PRICES)
def test_the_loops_agree(prices):
    """Each number is what its name says."""
    got = summary(np.array(prices))

    assert (got.n, got.last) == (len(prices), prices[-1])
    assert (got.min, got.max) == (min(prices), max(prices))
    assert math.isclose(got.mean, oracles.mean(prices), rel_tol=1e-12)
    assert math.isclose(got.std, oracles.std(prices), rel_tol=1e-9, abs_tol=1e-9)


def test_a_price_that_stands_still_has_no_deviation():
    """Rounding in the mean does not show as movement."""
    still = summary(np.full(7, 0.1))

    assert (still.mean, still.std) == (0.1, 0.0)


def test_missing_values_are_not_counted():
    """The warm-up of a z-score is not part of its summary."""
    assert summary(np.array([np.nan, 1.0, 3.0])) == summary(np.array([1.0, 3.0]))


@pytest.mark.parametrize("values", [[], [1.0], [np.nan, 1.0]])
def test_one_value_has_no_deviation(values):
    """It says what it waits for."""
    with pytest.raises(NotEnoughData) as caught:
        summary(np.array(values))

    assert caught.value.warming == f"warming up {np.isfinite(values).sum()}/2"


def test_infinity_is_refused():
    """A mean with infinity in it is no mean."""
    with pytest.raises(UsageError, match=r"x holds 1 value"):
        summary(np.array([1.0, np.inf, 2.0]))
