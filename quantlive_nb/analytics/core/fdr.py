"""Multiple testing: Benjamini-Hochberg q-values."""

import numpy as np

from quantlive_nb.analytics.core.vector import rows, sealed
from quantlive_nb.errors import UsageError
from quantlive_nb.types import Vector

__all__ = ["false_discovery"]


def false_discovery(p: Vector) -> Vector:
    """Benjamini-Hochberg q of each p: the share of errors among all that are as small or smaller.

    Parameters
    ----------
    p : Vector, shape (n,), in [0, 1]
        NaN is a test that was not made: it is not counted.

    Returns
    -------
    Vector, shape (n,), in [0, 1]
        Those who call every test with ``q <= 0.05`` a discovery err in 5 % of their discoveries,
        on average. NaN for NaN.

    Raises
    ------
    UsageError
        If a value is not a probability.

    Notes
    -----
    The k-th smallest of m gets ``p * m / k``, or what a larger one got if that is less. Holds for
    independent tests and for such as err together, which tests of pairs with a leg in common do
    more or less; it is no promise about one pair, nor about tomorrow: see the holdout of
    :func:`scan`.

    References
    ----------
    Benjamini and Hochberg (1995), J. Royal Statistical Society B 57(1), 289-300.
    doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> false_discovery(np.array([0.01, 0.04, np.nan, 0.03]))
    array([0.03, 0.04,  nan, 0.04])
    """
    (p,) = rows(p=p)
    impossible = (p < 0) | (p > 1)
    if impossible.any():
        at = int(impossible.argmax())
        raise UsageError(f"p at position {at} is {p[at]:g}: a probability lies between 0 and 1")
    q = np.full(len(p), np.nan)
    made = np.flatnonzero(~np.isnan(p))
    falling = made[np.argsort(p[made])[::-1]]
    rank = np.arange(len(falling), 0, -1)
    q[falling] = np.minimum.accumulate(p[falling] * len(falling) / rank)
    return sealed(q)
