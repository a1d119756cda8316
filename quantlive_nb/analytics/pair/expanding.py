"""The least-squares line of y on x over all earlier bars.

For a fixed window use :mod:`quantlive_nb.analytics.pair.ols`.
"""

from dataclasses import dataclass

import numpy as np

from quantlive_nb.analytics.core.vector import NOISE, sealed, vectors
from quantlive_nb.analytics.core.window import require_window
from quantlive_nb.analytics.pair.ols import RollingOLS
from quantlive_nb.types import Vector

__all__ = ["History", "expanding_ols", "history"]


@dataclass(frozen=True, slots=True)
class History:
    """Means and sums of squares of all values strictly before each one.

    Attributes
    ----------
    mean_y, mean_x : Vector, shape (n,)
        The first entry is NaN: nothing came before it.
    squares_y, squares_x, product : Vector, shape (n,)
        Sums of squared distances from the mean, and of their products; exactly 0 where the
        movement is no larger than rounding.

    Examples
    --------
    >>> past = history(np.array([1.0, 3.0, 9.0]), np.array([0.0, 1.0, 5.0]))
    >>> past.mean_y, past.squares_y, past.product
    (array([nan,  1.,  2.]), array([0., 0., 2.]), array([0., 0., 1.]))
    """

    mean_y: Vector
    mean_x: Vector
    squares_y: Vector
    squares_x: Vector
    product: Vector


def history(y: Vector, x: Vector) -> History:
    """Moments of all values strictly before each one.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        A NaN or infinity makes everything after it NaN.

    Returns
    -------
    History

    Raises
    ------
    ShapeError
        If the lengths differ.

    Notes
    -----
    Each value adds its squared distance from the mean before it, so nothing is subtracted and no
    digits are lost however far the prices are from 0. Costs O(1) a bar.

    References
    ----------
    Welford (1962), Technometrics 4(3), 419-420. doi:10.1080/00401706.1962.10490022

    Examples
    --------
    >>> history(np.array([1.0, 3.0, 9.0]), np.array([0.0, 1.0, 5.0])).mean_x
    array([nan, 0. , 0.5])
    """
    y, x = vectors(y=y, x=x)
    with np.errstate(invalid="ignore", over="ignore"):
        mean_y, mean_x = _mean(y), _mean(x)
        from_y, from_x = y - mean_y, x - mean_x
        squares_y = _still(_total(from_y, from_y), y)
        squares_x = _still(_total(from_x, from_x), x)
        product = np.where(squares_y == 0, 0.0, _total(from_y, from_x))
        product += 0.0 * (squares_y + squares_x)  # unknown where they are
    return History(*map(sealed, (mean_y, mean_x, squares_y, squares_x, product)))


def expanding_ols(y: Vector, x: Vector, warmup: int = 30) -> RollingOLS:
    """Least squares of y on x over all observations strictly before each one.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        Usually log prices. A NaN makes every line after it NaN: leave those bars out.
    warmup : int, bars
        At least 3: the observations behind the first line.

    Returns
    -------
    RollingOLS
        The first ``warmup`` entries are NaN; so is one before which x did not move.

    Raises
    ------
    UsageError
        If ``warmup < 3``.
    ShapeError
        If the lengths differ.

    Notes
    -----
    Entry t is fitted on ``[0, t)``: it reads nothing at or after ``t``. Costs O(1) a bar. It never
    forgets, so it suits a hedge ratio that does not change; see :func:`stability`.

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 4.0, 3.0, 9.0])
    >>> expanding_ols(1 + 2 * x, x, warmup=3).beta
    array([nan, nan, nan,  2.,  2.])
    """
    require_window(warmup, least=3)
    past = history(y, x)
    with np.errstate(invalid="ignore", over="ignore"):
        beta = past.product / np.where(past.squares_x == 0, np.nan, past.squares_x)
        alpha = past.mean_y - beta * past.mean_x
    unknown = ~np.isfinite(alpha)
    unknown[:warmup] = True
    alpha[unknown] = beta[unknown] = np.nan
    return RollingOLS(sealed(alpha), sealed(beta))


def _mean(values: Vector) -> Vector:
    """Mean of the values before each one, measured from the first to keep its digits."""
    mean = np.full(len(values), np.nan)
    if len(values):
        distance = np.cumsum(values[:-1] - values[0])
        mean[1:] = values[0] + distance / np.arange(1, len(values))
    return mean


def _total(one: Vector, other: Vector) -> Vector:
    """Sum of products over the values before each one, given their distances from those means."""
    total = np.zeros(len(one))
    count = np.arange(1, len(one) - 1)
    total[2:] = np.cumsum(one[1:-1] * other[1:-1] * (count / (count + 1)))
    return total


def _still(squares: Vector, values: Vector) -> Vector:
    """The sums, exactly 0 where what they are made of is rounding, NaN where they overflow."""
    if len(values) > 1:
        size = np.maximum.accumulate(np.abs(values[:-1]))
        deviation = np.sqrt(squares[1:] / np.arange(1, len(values)))
        squares[1:][deviation <= NOISE * size] = 0.0
    squares[np.isinf(squares)] = np.nan
    return squares
