"""Who pressed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.analytics.microstructure.flow import imbalance, signed_volume, volume_delta
from quantlive_nb.errors import ShapeError, UsageError

columns = st.integers(1, 30).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(0, 1e9), min_size=n, max_size=n),
        st.lists(st.floats(0, 1), min_size=n, max_size=n),
    )
)


@given(columns=columns, window=st.integers(1, 8))
def test_bounds(columns, window):
    """Between all sold and all bought, whatever the volumes; bought and sold add up."""
    volume, part = np.array(columns[0]), np.array(columns[1])
    bought = volume * part
    signed, ratio = signed_volume(volume, bought), imbalance(volume, bought, window)

    assert (np.abs(signed) <= volume).all()
    np.testing.assert_allclose(bought - (volume - bought), signed, atol=1e-6)
    known = ratio[~np.isnan(ratio)]
    assert (np.abs(known) <= 1).all()
    np.testing.assert_allclose(volume_delta(volume, bought)[-1], signed.sum(), atol=1e-3)


def test_by_hand():
    """A window's net over its total; an empty window says nothing."""
    volume, bought = np.array([2.0, 0.0, 0.0, 4.0]), np.array([2.0, 0.0, 0.0, 1.0])

    np.testing.assert_array_equal(imbalance(volume, bought, 2), [np.nan, 1.0, np.nan, -0.5])


def test_the_sides_exchanged_change_the_sign():
    """What takers sold is what they did not buy."""
    rng = np.random.default_rng(1)
    volume = rng.exponential(size=50)
    bought = volume * rng.uniform(size=50)

    np.testing.assert_allclose(
        imbalance(volume, volume - bought, 7), -imbalance(volume, bought, 7), atol=1e-12
    )


def test_usage():
    """Takers cannot buy more than was traded."""
    with pytest.raises(UsageError, match="bar 1: takers cannot have bought 3 of 2"):
        signed_volume(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    with pytest.raises(ShapeError):
        imbalance(np.ones(3), np.ones(2))
    assert np.isnan(signed_volume(np.array([np.nan]), np.array([np.nan]))).all()
