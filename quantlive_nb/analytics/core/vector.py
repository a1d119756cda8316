"""Validates the input series of analytics, and makes their results read-only."""

from typing import Any, TypeGuard, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantlive_nb.analytics.core.index import Column, aligned, column, same_rows
from quantlive_nb.errors import ShapeError, UsageError
from quantlive_nb.types import Vector

__all__ = ["EXACT", "NOISE", "require_finite", "rows", "sealed", "ticks", "vectors"]

Array = TypeVar("Array", bound=NDArray[Any])

NOISE = 1e-13
"""Movement below this part of a series' size is float64 rounding."""

EXACT = 1e-9
"""A regression error this small beside the movement it explains is an exact rule, not chance."""
LARGEST = 1e140
"""The squares of some trillion larger values have no sum in float64."""


def vectors(**series: "ArrayLike | Column") -> tuple[Vector, ...]:
    """The series as float64 arrays, all of the same rows.

    Parameters
    ----------
    **series : array_like, shape (n,)
        By name, for errors. Masked and missing values are NaN.

    Returns
    -------
    tuple of Vector, shape (n,)
        In the order given; not copied where they are float64 already. pandas Series whose indexes
        differ are reduced to the rows that all have: see :func:`aligned`.

    Raises
    ------
    ShapeError
        If one is not one-dimensional, or not as long as the first.
    UsageError
        If one holds what is no number, or indexes cannot be paired.

    Examples
    --------
    >>> vectors(y=[1, 2], x=[3, 4])
    (array([1., 2.]), array([3., 4.]))
    >>> vectors(y=[1, 2], x=[3])
    Traceback (most recent call last):
    quantlive_nb.errors.ShapeError: x has shape (1,), expected (2,)
    """
    given = tuple(series.values())
    if _is_plain(given):
        return given
    columns = _columns(series)
    return _one_length(dict(zip(columns, aligned(columns), strict=True)))


def ticks(**series: "ArrayLike | Column") -> tuple[Vector, ...]:
    """As :func:`vectors`, of rows in the order of time that may repeat a label, as trades do.

    Raises
    ------
    ShapeError
        If one is not one-dimensional, or not as long as the first.
    UsageError
        If one holds what is no number, an index falls, or two have different indexes.

    Examples
    --------
    >>> ticks(price=[1, 2], ts=[3, 4])
    (array([1., 2.]), array([3., 4.]))
    """
    return _of_one_table(series, is_ordered=True)


def rows(**series: "ArrayLike | Column") -> tuple[Vector, ...]:
    """As :func:`ticks`, where the order of the rows changes nothing.

    Examples
    --------
    >>> rows(price=[1, 2], qty=[3, 4])
    (array([1., 2.]), array([3., 4.]))
    """
    return _of_one_table(series, is_ordered=False)


def _of_one_table(
    series: "dict[str, ArrayLike | Column]", *, is_ordered: bool
) -> tuple[Vector, ...]:
    columns = _columns(series)
    values = same_rows(columns, is_ordered=is_ordered)
    return _one_length(dict(zip(columns, values, strict=True)))


def _is_plain(given: "tuple[object, ...]") -> "TypeGuard[tuple[Vector, ...]]":
    """Whether they are float64 vectors of one length already, as whatever is drawn has them."""
    length = -1
    for one in given:
        if type(one) is not np.ndarray or one.dtype != np.float64 or one.ndim != 1:
            return False
        if length not in (-1, len(one)):
            return False
        length = len(one)
    return True


def _columns(series: "dict[str, ArrayLike | Column]") -> dict[str, Column]:
    """Each with its index; one-dimensional."""
    columns = {name: column(name, values) for name, values in series.items()}
    for name, one in columns.items():
        if one.values.ndim != 1:
            raise ShapeError(name, one.values.shape, "(n,)")
    return columns


def _one_length(arrays: dict[str, Vector]) -> tuple[Vector, ...]:
    """The arrays, if they are as long as the first."""
    length = len(next(iter(arrays.values()), ()))
    for name, array in arrays.items():
        if len(array) != length:
            raise ShapeError(name, array.shape, (length,))
    return tuple(arrays.values())


def require_finite(**series: Vector) -> None:
    """Raise if a series holds NaN, infinity, or values whose squares overflow.

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
        if np.abs(values).max(initial=0.0) > LARGEST:
            raise UsageError(f"{name} is too large to be squared: take logarithms, or other units")


def sealed(values: Array) -> Array:
    """The same array, read-only.

    Examples
    --------
    >>> sealed(np.zeros(2)).flags.writeable
    False
    """
    values.setflags(write=False)
    return values
