"""What every analytic asks of its series, and how it hands its own out.

This room knows no statistic.
"""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantlive_nb.errors import ShapeError, UsageError
from quantlive_nb.types import Vector

__all__ = ["NOISE", "require_finite", "sealed", "vectors"]

Array = TypeVar("Array", bound=NDArray[Any])

NOISE = 1e-13
"""Movement smaller than this part of a series' size is the rounding of float64, not movement."""


def vectors(**series: ArrayLike) -> tuple[Vector, ...]:
    """The series as float64 arrays, all of one length.

    Parameters
    ----------
    **series : array_like, shape (n,)
        Each under the name that an error should call it by.

    Returns
    -------
    tuple of Vector, shape (n,)
        In the order given; not copied where they are float64 already.

    Raises
    ------
    ShapeError
        If one is not one-dimensional, or not as long as the first.

    Examples
    --------
    >>> vectors(y=[1, 2], x=[3, 4])
    (array([1., 2.]), array([3., 4.]))
    >>> vectors(y=[1, 2], x=[3])
    Traceback (most recent call last):
    quantlive_nb.errors.ShapeError: x has shape (1,), expected (2,)
    """
    arrays = {name: np.asarray(values, np.float64) for name, values in series.items()}
    length: int | None = None
    for name, array in arrays.items():
        if array.ndim != 1:
            raise ShapeError(name, array.shape, "(n,)")
        if length is not None and len(array) != length:
            raise ShapeError(name, array.shape, (length,))
        length = len(array)
    return tuple(arrays.values())


def require_finite(**series: Vector) -> None:
    """Refuse a series that holds NaN or infinity.

    Raises
    ------
    UsageError
        Says which series, and how many of its values.

    Examples
    --------
    >>> require_finite(x=np.array([1.0, np.nan]))
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: x holds 1 value that is not finite: leave those bars out
    """
    for name, values in series.items():
        n_bad = int(np.count_nonzero(~np.isfinite(values)))
        if n_bad:
            words = "value that is" if n_bad == 1 else "values that are"
            raise UsageError(f"{name} holds {n_bad} {words} not finite: leave those bars out")


def sealed(values: Array) -> Array:
    """The same array, read-only.

    Examples
    --------
    >>> sealed(np.zeros(2)).flags.writeable
    False
    """
    values.setflags(write=False)
    return values
