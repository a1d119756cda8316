"""Long-run variance of an autocorrelated series."""

import math
import operator
from typing import Literal

from quantlive_nb.analytics.core.argument import whole
from quantlive_nb.types import Vector

__all__ = ["Bandwidth", "least_bandwidth", "long_run_variance", "newey_west_bandwidth"]

Bandwidth = Literal["auto"] | int
"""Number of autocovariances in a long-run variance, or a rule for it."""


def long_run_variance(error: Vector, n_lags: int) -> float:
    """Variance of the mean of a series with memory, times its length.

    Parameters
    ----------
    error : Vector, shape (n,)
        Of mean 0; no mean is taken away.
    n_lags : int
        Autocovariances counted, with Bartlett's weights ``1 - lag / (n_lags + 1)``.

    Returns
    -------
    float, in the square of the error's unit
        At least 0.

    References
    ----------
    Newey and West (1987), Econometrica 55(3), 703-708. doi:10.2307/1913610

    Examples
    --------
    >>> import numpy as np
    >>> long_run_variance(np.array([1.0, -1.0, 1.0, -1.0]), 1)
    0.25
    """
    total = float(error @ error)
    for lag in range(1, n_lags + 1):
        total += 2 * (1 - lag / (n_lags + 1)) * float(error[lag:] @ error[:-lag])
    return max(total, 0.0) / len(error)


def newey_west_bandwidth(lags: Bandwidth, n: int) -> int:
    """The autocovariances asked for, or Newey and West's number of them.

    References
    ----------
    Newey and West (1994), Review of Economic Studies 61(4), 631-653. doi:10.2307/2297912

    Examples
    --------
    >>> newey_west_bandwidth("auto", 1_000), newey_west_bandwidth(3, 1_000)
    (6, 3)
    """
    return math.floor(4 * (n / 100) ** (2 / 9)) if lags == "auto" else operator.index(lags)


def least_bandwidth(lags: object) -> int:
    """The autocovariances that are certain to be needed.

    Raises
    ------
    UsageError
        If ``lags`` is neither ``"auto"`` nor a whole number.

    Examples
    --------
    >>> least_bandwidth("auto"), least_bandwidth(3)
    (0, 3)
    """
    if isinstance(lags, str) and lags == "auto":
        return 0
    return whole("lags", lags, 0, '"auto" or a whole number from 0')
