"""Rolling correlation of two prices' returns.

Price levels are never correlated, because independent random walks look alike.
"""

import math

import numpy as np

from quantlive_nb.analytics.core.argument import finite, whole
from quantlive_nb.analytics.core.moment import moments, placed
from quantlive_nb.analytics.core.vector import NOISE, sealed, vectors
from quantlive_nb.analytics.core.window import require_window
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.types import Vector

__all__ = ["correlation", "fisher_band", "returns"]

NORMAL_975 = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


def returns(price: Vector) -> Vector:
    """Logarithmic return of each price from the one before it.

    Parameters
    ----------
    price : Vector, shape (n,)
        Above 0; a NaN makes the two returns that read it NaN.

    Returns
    -------
    Vector, shape (n,), dimensionless
        The first entry is NaN.

    Raises
    ------
    UsageError
        If a price is zero, negative or infinite.

    Examples
    --------
    >>> returns(np.array([100.0, 110.0, 99.0])).round(4)
    array([    nan,  0.0953, -0.1054])
    """
    (price,) = vectors(price=price)
    impossible = (price <= 0) | np.isinf(price)
    if impossible.any():
        at = int(impossible.argmax())
        raise UsageError(
            f"the price at position {at} is {price[at]:g}: returns need finite prices above 0"
        )
    change = np.full(len(price), np.nan)
    change[1:] = np.diff(np.log(price))
    return sealed(change)


def correlation(y: Vector, x: Vector, window: int = 30) -> Vector:
    """Rolling Pearson correlation of the log returns of two prices.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        Prices, above 0. A NaN spoils every window that holds it.
    window : int, returns
        At least 3; the window ends with the current return.

    Returns
    -------
    Vector, shape (n,), in [-1, 1]
        The first ``window`` entries are NaN (the first price has no return); so is a window in
        which one of the prices did not move.

    Raises
    ------
    UsageError
        If ``window < 3`` or a price is not above 0.
    ShapeError
        If the lengths differ.

    Notes
    -----
    Reads nothing after ``t``. At short intervals two markets that trade at different moments look
    less alike than they are (the Epps effect), so compare a longer interval before believing a
    low number.

    References
    ----------
    Epps (1979), JASA 74(366), 291-298. doi:10.1080/01621459.1979.10482508

    Examples
    --------
    >>> y = np.array([1.0, 2.0, 1.0, 4.0, 3.0])
    >>> correlation(y, 1 / y, window=3).round(6)
    array([nan, nan, nan, -1., -1.])
    """
    require_window(window, least=3)
    y, x = vectors(y=y, x=x)
    _, products = moments(window, (returns(y), returns(x)), ((0, 0), (1, 1), (0, 1)))
    deviation_y, deviation_x = np.sqrt(products[:2])
    # A return is a ratio near 1, and is rounded as 1 is.
    still = np.minimum(deviation_y, deviation_x) <= NOISE * math.sqrt(window)
    with np.errstate(invalid="ignore", divide="ignore"):
        rho = np.where(still, np.nan, products[2] / (deviation_y * deviation_x))
    return placed(np.clip(rho, -1.0, 1.0), len(y), window - 1)


def fisher_band(rho: float, n: int) -> tuple[float, float]:
    """The 95 % confidence interval of a correlation of ``n`` independent pairs.

    Parameters
    ----------
    rho : float, in [-1, 1]
    n : int
        Pairs of returns behind it, at least 4.

    Returns
    -------
    tuple of float
        Lower and upper end; both are ``rho`` where it is exactly -1 or 1.

    Raises
    ------
    NotEnoughData
        If ``n < 4``.
    UsageError
        If ``rho`` is not a correlation.

    Notes
    -----
    ``tanh(atanh(rho) ± 1.96 / sqrt(n - 3))``. Returns with fat tails make it too narrow.

    References
    ----------
    Fisher (1915), Biometrika 10(4), 507-521. doi:10.2307/2331838

    Examples
    --------
    >>> [round(end, 3) for end in fisher_band(0.5, 30)]
    [0.17, 0.729]
    """
    if whole("n", n, 0) < 4:
        raise NotEnoughData("the interval of a correlation", n, 4)
    if not abs(rho := finite("rho", rho, "a number from -1 to 1: this is not a correlation")) <= 1:
        raise UsageError(f"{rho} is not a correlation: it lies between -1 and 1")
    if abs(rho) == 1:
        return rho, rho
    centre, half = math.atanh(rho), NORMAL_975 / math.sqrt(n - 3)
    return math.tanh(centre - half), math.tanh(centre + half)
