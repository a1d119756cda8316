"""MacKinnon's tables for unit-root tests with a constant: p-values and critical values."""

import math
from typing import NamedTuple

import numpy as np

from quantlive_nb.types import Vector

__all__ = ["critical_values", "p_value", "p_value_z", "p_values"]


class Table(NamedTuple):
    """The distribution of the statistic of one series, or of a residual of several.

    Attributes
    ----------
    low, meet, high : float
        The statistics between which p is neither 0 nor 1, and where its two branches meet.
    left, right : tuple of float
        Polynomials of the branches, highest power first: normal quantiles of p (1994, table 3, 4).
    levels : dict of str to tuple of float
        Polynomials of the critical values in 1/n, lowest power first (2010, table 2).
    """

    low: float
    meet: float
    high: float
    left: tuple[float, ...]
    right: tuple[float, ...]
    levels: dict[str, tuple[float, ...]]


TABLES = {
    1: Table(
        -18.83,
        -1.61,
        2.74,
        (0.038269, 1.4412, 2.1659),
        (-0.010368, -0.12745, 0.93202, 1.7339),
        {
            "1%": (-3.43035, -6.5393, -16.786, -79.433),
            "5%": (-2.86154, -2.8903, -4.234, -40.040),
            "10%": (-2.56677, -1.5384, -2.809),
        },
    ),
    2: Table(
        -18.86,
        -2.62,
        0.92,
        (0.039796, 1.5012, 2.92),
        (-0.042377, -0.29198, 0.64695, 2.1945),
        {
            "1%": (-3.89644, -10.9519, -22.527),
            "5%": (-3.33613, -6.1101, -6.823),
            "10%": (-3.04445, -4.2412, -2.720),
        },
    ),
}
"""By the number of series: 1 that is observed, or the residual of one on another (2)."""

Z_STAR = {1: -8.9, 2: -14.3}
"""MacKinnon (1994), tables 5 and 6, with a constant: where the two approximations meet."""
Z_SMALL = {1: (-0.07727, 0.32828, -1.7863, 2.2142), 2: (0.0, -0.36707, 0.1814, 1.1662)}
"""Below it, a polynomial of the logarithm; the highest power first."""
Z_LARGE = {
    1: (0.0, 1.6671e-3, 4.3463e-2, 0.55243, 1.717),
    2: (1.4364e-5, 0.9241e-3, 2.432e-2, 0.42377, 2.2394),
}
"""Above it, one of the statistic. Statsmodels 0.15 has 0.4364e-5, with which they do not meet."""


def p_value(stat: float, n_series: int) -> float:
    """p-value of a t statistic, with a constant, under a unit root.

    Parameters
    ----------
    stat : float
    n_series : int
        1 for an observed series, 2 for the residual of a line through two.

    Returns
    -------
    float, in [0, 1]

    Notes
    -----
    Asymptotic: of short series it is an approximation.

    References
    ----------
    MacKinnon (1994), J. Business & Economic Statistics 12(2), 167-176. doi:10.2307/1391481

    Examples
    --------
    >>> round(p_value(-2.86, 1), 3), round(p_value(-3.34, 2), 3)
    (0.05, 0.049)
    """
    return _chance(float(_quantiles(np.array(stat), n_series)))


def p_values(stat: Vector, n_series: int) -> Vector:
    """:func:`p_value` of many statistics.

    Parameters
    ----------
    stat : Vector, shape (n,)
    n_series : int

    Returns
    -------
    Vector, shape (n,), in [0, 1]
        NaN for NaN.

    Examples
    --------
    >>> p_values(np.array([-np.inf, -3.34, 0.0, 3.0]), 2).round(3)
    array([0.   , 0.049, 0.986, 1.   ])
    """
    from scipy.special import ndtr

    p: Vector = ndtr(_quantiles(stat, n_series))
    return p


def p_value_z(z_alpha: float, n_series: int) -> float:
    """p-value of Z_alpha (n times the coefficient's distance from 1).

    Parameters
    ----------
    z_alpha : float
    n_series : int
        As :func:`p_value` takes it.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    MacKinnon (1994), J. Business & Economic Statistics 12(2), 167-176. doi:10.2307/1391481

    Examples
    --------
    >>> round(p_value_z(-14.1, 1), 3), round(p_value_z(-20.5, 2), 3)
    (0.05, 0.051)
    """
    if z_alpha <= Z_STAR[n_series]:
        return _chance(float(np.polyval(Z_SMALL[n_series], math.log(-z_alpha))))
    return _chance(float(np.polyval(Z_LARGE[n_series], z_alpha)))


def critical_values(n_series: int, n: int) -> dict[str, float]:
    """Statistics below which the unit root is rejected at 1 %, 5 % and 10 %.

    Parameters
    ----------
    n_series : int
        As :func:`p_value` takes it.
    n : int
        Observations in the regression.

    Returns
    -------
    dict of str to float

    Notes
    -----
    Of finite samples. For two series at 1 % the paper has -22.527 where statsmodels 0.15 has
    -33.527 (its issue 10271); the difference is 0.001 at 100 observations.

    References
    ----------
    MacKinnon (2010), Queen's Economics Department Working Paper 1227, table 2.

    Examples
    --------
    >>> {level: round(value, 3) for level, value in critical_values(2, 1_000).items()}
    {'1%': -3.907, '5%': -3.342, '10%': -3.049}
    """
    levels = TABLES[n_series].levels
    return {
        level: sum(b / n**power for power, b in enumerate(curve)) for level, curve in levels.items()
    }


def _chance(quantile: float) -> float:
    """The normal distribution below a quantile."""
    return 0.5 * math.erfc(-quantile / math.sqrt(2))


def _quantiles(stat: Vector, n_series: int) -> Vector:
    """Normal quantiles of p; infinite where p is 0 or 1."""
    low, meet, high, left, right, _ = TABLES[n_series]
    inside = np.clip(stat, low, high)
    curve = np.where(inside <= meet, np.polyval(left, inside), np.polyval(right, inside))
    ends: Vector = np.select([stat < low, stat > high], [-np.inf, np.inf], curve)
    return ends
