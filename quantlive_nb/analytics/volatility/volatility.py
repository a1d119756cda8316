"""How much a price moves: rolling and exponentially weighted volatility of its closes.

This room knows no forecast and no range of a bar. A market that never closes has years of 365 days.
"""

import math

import numpy as np

from quantlive_nb.analytics.core.argument import length_us
from quantlive_nb.analytics.core.moment import moments, placed
from quantlive_nb.analytics.core.vector import NOISE, sealed, vectors
from quantlive_nb.analytics.core.window import require_window
from quantlive_nb.analytics.correlation.correlation import returns
from quantlive_nb.analytics.correlation.ewma import ewma, require_half_life
from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.types import Vector

__all__ = ["YEAR_US", "ewma_volatility", "per_root_year", "realised_volatility"]

YEAR_US: Micros = 365 * 86_400 * SECOND
"""A year of a market that is open day and night."""


def per_root_year(every_us: "Micros | None") -> float:
    """What makes the volatility of a bar that of a year; 1 where no bar length is given.

    Parameters
    ----------
    every_us : int, µs, or None
        Length of a bar.

    Raises
    ------
    UsageError
        If it is not above 0.

    Examples
    --------
    >>> per_root_year(YEAR_US // 100), per_root_year(None)
    (10.0, 1.0)
    """
    if every_us is None:
        return 1.0
    return math.sqrt(YEAR_US / length_us("every_us", every_us))


def realised_volatility(
    price: Vector, window: int = 60, every_us: "Micros | None" = None
) -> Vector:
    """Root of the mean squared log return of the last ``window`` bars.

    Parameters
    ----------
    price : Vector, shape (n,)
        Closes, above 0. A NaN spoils every window that reads it.
    window : int, returns
        At least 2; it ends with the current return.
    every_us : int, µs, optional
        Length of a bar: the answer is then per root year.

    Returns
    -------
    Vector, shape (n,)
        Per root bar, or per root year of 365 days; 0.8 is 80 %. The first ``window`` entries are
        NaN; 0 where nothing moved.

    Raises
    ------
    UsageError
        If ``window < 2``, ``every_us`` is not above 0 or a price is not above 0.

    Notes
    -----
    The mean return is taken for 0: over a window it is, and its estimate would be noise. Prices
    that bounce between bid and ask make it too large at short bars. Reads nothing after t.

    References
    ----------
    Andersen, Bollerslev, Diebold and Labys (2003), Econometrica 71(2), 579-625.
    doi:10.1111/1468-0262.00418

    Examples
    --------
    >>> realised_volatility(np.exp([0.0, 0.1, 0.0, 0.1]), window=2).round(6)
    array([nan, nan, 0.1, 0.1])
    """
    require_window(window)
    scale = per_root_year(every_us)
    (price,) = vectors(price=price)
    (squares,), _ = moments(window, (np.square(returns(price)),), ())
    return placed(_root(squares) * scale, len(price), window - 1)


def ewma_volatility(
    price: Vector, half_life: float = 60.0, every_us: "Micros | None" = None
) -> Vector:
    """Root of the exponentially weighted mean of squared log returns.

    Parameters
    ----------
    price : Vector, shape (n,)
        Closes, above 0. A NaN after the first price makes everything from there on NaN.
    half_life : float, bars
        Above 0. RiskMetrics' 0.94 is a half-life of 11.2.
    every_us : int, µs, optional
        Length of a bar: the answer is then per root year.

    Returns
    -------
    Vector, shape (n,)
        Per root bar, or per root year of 365 days. The first entry is NaN. It is also the forecast
        of the next bar's.

    Raises
    ------
    UsageError
        If ``half_life`` or ``every_us`` is not above 0 or a price is not above 0.

    References
    ----------
    J.P. Morgan and Reuters (1996), RiskMetrics Technical Document, 4th edition, section 5.2.

    Examples
    --------
    >>> ewma_volatility(np.exp([0.0, 0.1, 0.0, 0.1]), half_life=2).round(6)
    array([nan, 0.1, 0.1, 0.1])
    """
    require_half_life(half_life)
    scale = per_root_year(every_us)
    (price,) = vectors(price=price)
    return sealed(_root(ewma(np.square(returns(price)), half_life)) * scale)


def _root(squares: Vector) -> Vector:
    """Root of mean squares; what rounding makes of no movement is 0."""
    return np.where(squares <= NOISE**2, 0.0, np.sqrt(squares))
