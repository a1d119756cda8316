"""Series as analytics ask for them."""

import numpy as np
import pytest

from quantlive_nb.analytics.core.vector import require_finite, sealed, vectors
from quantlive_nb.errors import ShapeError, UsageError


def test_lists_become_float64():
    """A user may hand in lists of ints."""
    y, x = vectors(y=[1, 2], x=(3, 4))

    assert y.dtype == x.dtype == np.float64


def test_float64_is_not_copied():
    """A large history is taken as it is."""
    values = np.zeros(3)

    assert vectors(x=values)[0] is values


def test_a_table_is_refused():
    """A second dimension has no meaning here, and the error says whose it is."""
    with pytest.raises(ShapeError, match=r"^price has shape \(2, 1\), expected \(n,\)$"):
        vectors(price=np.zeros((2, 1)))


def test_lengths_must_agree():
    """Legs of different lengths cannot be of one grid."""
    with pytest.raises(ShapeError, match=r"^x has shape \(2,\), expected \(3,\)$"):
        vectors(y=np.zeros(3), x=np.zeros(2))


def test_not_finite_is_counted():
    """The error says how many values to leave out, and of which leg."""
    with pytest.raises(UsageError, match=r"^x holds 2 values that are not finite"):
        require_finite(y=np.zeros(3), x=np.array([np.nan, 1.0, np.inf]))


def test_sealed_cannot_be_written():
    """What was handed out stays what it was."""
    with pytest.raises(ValueError, match=r"read-only"):
        sealed(np.zeros(1))[0] = 1.0
