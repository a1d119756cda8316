"""Exponentially weighted means and correlations; half-lives are in bars."""

import itertools
import math

import numpy as np

from quantlive_nb.analytics.core.argument import finite
from quantlive_nb.analytics.core.vector import NOISE, sealed, vectors
from quantlive_nb.analytics.correlation.correlation import returns
from quantlive_nb.types import Vector

__all__ = ["ewma", "ewma_correlation", "require_half_life"]


def require_half_life(half_life: float) -> None:
    """Refuse a half-life that is not a number of bars above 0.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> require_half_life(0)
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: half_life is 0: give a number of bars above 0
    """
    finite("half_life", half_life, "a number of bars above 0", above=0)


def ewma(x: Vector, half_life: float) -> Vector:
    """Exponentially weighted mean of all values so far.

    Parameters
    ----------
    x : Vector, shape (n,)
        Any unit. NaN at the beginning are values that are not there yet; one after them makes
        everything from there on NaN.
    half_life : float, bars
        Above 0.

    Returns
    -------
    Vector, shape (n,), in x's unit

    Raises
    ------
    UsageError
        If ``half_life`` is not above 0.

    Notes
    -----
    ``sum(k**i * x[t-i]) / sum(k**i)`` with ``k = 0.5 ** (1 / half_life)``: the weights add up to 1
    from the first value on, as in pandas' ``ewm(adjust=True)``. Reads x up to and with t. O(n).

    Examples
    --------
    >>> ewma(np.array([np.nan, 1.0, 4.0]), half_life=1)
    array([nan,  1.,  3.])
    """
    require_half_life(half_life)
    (x,) = vectors(x=x)
    there = ~np.isnan(x)
    first = int(there.argmax()) if there.any() else len(x)
    keep = 0.5 ** (1 / half_life)
    known = x[first:].tolist()
    with np.errstate(invalid="ignore"):
        total = np.array([*itertools.accumulate(known, lambda was, now: keep * was + now)])
        weight = np.array(
            [*itertools.accumulate(known, lambda was, _: keep * was + 1.0, initial=0.0)]
        )
        column = np.full(len(x), np.nan)
        column[first:] = total / weight[1:]
    return sealed(column)


def ewma_correlation(y: Vector, x: Vector, half_life: float = 30.0) -> Vector:
    """Exponentially weighted correlation of the log returns of two prices.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        Prices, above 0. A NaN after the first price makes everything from there on NaN.
    half_life : float, bars
        Above 0.

    Returns
    -------
    Vector, shape (n,), in [-1, 1]
        NaN for the first ``max(half_life, 3)`` returns, and while a price has not moved.

    Raises
    ------
    UsageError
        If ``half_life`` is not above 0 or a price is not above 0.
    ShapeError
        If the lengths differ.

    Notes
    -----
    The mean return is taken for 0, as RiskMetrics does: over a few bars it is, and its estimate
    would be noise. Reads nothing after t.

    References
    ----------
    J.P. Morgan and Reuters (1996), RiskMetrics Technical Document, 4th edition, section 5.2.

    Examples
    --------
    >>> y = np.array([1.0, 2.0, 1.0, 4.0, 3.0])
    >>> ewma_correlation(y, 1 / y, half_life=2).round(6)
    array([nan, nan, nan, -1., -1.])
    """
    require_half_life(half_life)
    y, x = vectors(y=y, x=x)
    of_y, of_x = returns(y), returns(x)
    squares_y, squares_x = ewma(of_y * of_y, half_life), ewma(of_x * of_x, half_life)
    product = ewma(of_y * of_x, half_life)
    still = np.minimum(squares_y, squares_x) <= NOISE**2
    with np.errstate(invalid="ignore", divide="ignore"):
        rho = np.where(still, np.nan, product / np.sqrt(squares_y) / np.sqrt(squares_x))
    rho[: max(math.ceil(half_life), 3)] = np.nan
    return sealed(np.clip(rho, -1.0, 1.0))
