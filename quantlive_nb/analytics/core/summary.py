"""Descriptive statistics of one series: last, mean, deviation, range."""

import math
from dataclasses import dataclass

import numpy as np

from quantlive_nb.analytics.core.vector import require_finite, vectors
from quantlive_nb.analytics.core.window import deviations
from quantlive_nb.errors import NotEnoughData
from quantlive_nb.types import Vector

__all__ = ["Summary", "summary"]


@dataclass(frozen=True, slots=True)
class Summary:
    """A series in six numbers, in the series' own unit.

    Attributes
    ----------
    n : int
        Values described.
    last, mean, min, max : float
    std : float
        Sample deviation (``ddof=1``).

    Examples
    --------
    >>> Summary(n=2, last=3.0, mean=2.0, std=1.41, min=1.0, max=3.0).max
    3.0
    """

    n: int
    last: float
    mean: float
    std: float
    min: float
    max: float


def summary(x: Vector) -> Summary:
    """Last value, mean, sample deviation and range of a series.

    Parameters
    ----------
    x : Vector, shape (n,)
        Any unit. NaN is missing: it is left out and not counted.

    Returns
    -------
    Summary

    Raises
    ------
    NotEnoughData
        If fewer than 2 values are there.
    UsageError
        If a value is infinite.

    Examples
    --------
    >>> summary(np.array([1.0, 2.0, 6.0]))
    Summary(n=3, last=6.0, mean=3.0, std=2.6457513110645907, min=1.0, max=6.0)
    """
    (x,) = vectors(x=x)
    there = x[~np.isnan(x)]
    if len(there) < 2:
        raise NotEnoughData("summary", len(there), 2)
    require_finite(x=there)
    n, low, high = len(there), float(there.min()), float(there.max())
    mean, _, squares = deviations(there[np.newaxis])
    return Summary(
        n=n,
        last=float(there[-1]),
        mean=min(max(float(mean[0]), low), high),  # rounding may carry it past a constant
        std=math.sqrt(squares[0] / (n - 1)),
        min=low,
        max=high,
    )
