"""Rolling z-score: how unusual a value is compared with the values before it."""

from dataclasses import dataclass

import numpy as np

from quantlive_nb.analytics.core.moment import moments, placed
from quantlive_nb.analytics.core.vector import sealed, vectors
from quantlive_nb.analytics.core.window import require_window
from quantlive_nb.types import Vector

__all__ = ["Bands", "bands", "zscore"]


@dataclass(frozen=True, slots=True)
class Bands:
    """Mean and deviation of the values before each value, in the series' own unit.

    Attributes
    ----------
    mean, std : Vector, shape (n,)
        NaN until warm; ``std`` is 0 where nothing moved.

    Examples
    --------
    >>> Bands(np.zeros(2), np.array([1.0, 0.0])).zscore(np.array([3.0, 3.0]))
    array([ 3., nan])
    """

    mean: Vector
    std: Vector

    def zscore(self, x: Vector) -> Vector:
        """Distance of each value from the mean in deviations; NaN where the deviation is 0."""
        x, _ = vectors(x=x, bands=self.mean)
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            z = (x - self.mean) / self.std
        z[~np.isfinite(z)] = np.nan
        return sealed(z)


def bands(x: Vector, window: int) -> Bands:
    """Mean and sample deviation of the ``window`` values before each value.

    Parameters
    ----------
    x : Vector, shape (n,)
        A NaN spoils every window that holds it.
    window : int, bars
        At least 2.

    Returns
    -------
    Bands
        The first ``window`` entries are NaN; the deviation of a window with no movement is 0.

    Raises
    ------
    UsageError
        If ``window < 2``.

    Notes
    -----
    ``w = x[t-window : t]``, ``mean[t] = mean(w)``, ``std[t] = std(w, ddof=1)``: nothing is read at
    or after ``t``. O(n log window).

    Examples
    --------
    >>> bands(np.array([1.0, 2.0, 3.0, 10.0]), window=3).std
    array([nan, nan, nan,  1.])
    """
    require_window(window)
    (x,) = vectors(x=x)
    (mean,), (squares,) = moments(window, (x,), ((0, 0),))
    std = np.sqrt(squares / (window - 1))
    return Bands(placed(mean, len(x), window), placed(std, len(x), window))


def zscore(x: Vector, window: int) -> Vector:
    """Distance of each value from the mean of the values before it, in their standard deviations.

    Parameters
    ----------
    x : Vector, shape (n,)
        Any series; its unit cancels. A NaN spoils every window that holds it.
    window : int, bars
        At least 2. The window holds the ``window`` values before the current one.

    Returns
    -------
    Vector, shape (n,), dimensionless
        The first ``window`` entries are NaN; so is a window with no movement.

    Raises
    ------
    UsageError
        If ``window < 2``.

    Notes
    -----
    ``z[t] = (x[t] - mean(w)) / std(w, ddof=1)`` with ``w = x[t-window : t]``.
    Reads nothing after ``t``; mean and deviation read nothing at ``t``, so a jump is not made
    smaller by itself.

    Examples
    --------
    >>> zscore(np.array([1.0, 2.0, 3.0, 10.0]), window=3).round(2)
    array([nan, nan, nan,  8.])
    """
    (x,) = vectors(x=x)
    return bands(x, window).zscore(x)
