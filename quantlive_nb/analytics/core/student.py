"""The 97.5 % quantile of Student's t: half the width of a 95 % interval, in standard errors.

A page needs nothing else of scipy, which would cost each kernel 20 MB.
"""

import functools
import math

import numpy as np

__all__ = ["t_975"]

LEVEL = 0.95
"""Probability between the quantile and its mirror image."""
CLOSE = 1e-12
"""Newton's steps end when one is this small a part of the quantile."""


@functools.lru_cache(maxsize=1_024)
def t_975(freedom: int) -> float:
    """97.5 % quantile of Student's t.

    Parameters
    ----------
    freedom : int
        Degrees of freedom, at least 1.

    Returns
    -------
    float
        Above 1.959..., which is the normal distribution's.

    Notes
    -----
    Newton's steps on the finite sum that the distribution is for a whole number of degrees of
    freedom. It is concave above 0, so from below no step goes too far.

    References
    ----------
    Abramowitz and Stegun (1964), Handbook of Mathematical Functions, 26.7.3 and 26.7.4.

    Examples
    --------
    >>> [round(t_975(freedom), 4) for freedom in (1, 10, 1_000)]
    [12.7062, 2.2281, 1.9623]
    """
    log_peak = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
    peak = 2 * math.exp(log_peak) / math.sqrt(freedom * math.pi)
    t = 1.9
    while True:
        slope = peak * math.exp(-(freedom + 1) / 2 * math.log1p(t * t / freedom))
        step = (LEVEL - _between(t, freedom)) / slope
        if step <= CLOSE * t:
            return t
        t += step


def _between(t: float, freedom: int) -> float:
    """Probability between -t and t."""
    square = freedom / (freedom + t * t)
    sine = t / math.sqrt(freedom + t * t)
    k = np.arange(1.0, freedom // 2)
    if freedom % 2 == 0:
        return sine * (1.0 + float(np.cumprod(square * (2 * k - 1) / (2 * k)).sum()))
    angle = math.atan(t / math.sqrt(freedom))
    if freedom == 1:
        return 2 / math.pi * angle
    rest = 1.0 + float(np.cumprod(square * 2 * k / (2 * k + 1)).sum())
    return 2 / math.pi * (angle + sine * math.sqrt(square) * rest)
