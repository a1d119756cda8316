"""The Engle-Granger test of many ordered pairs at once."""

import math
import sys
from dataclasses import dataclass

import numpy as np

from quantlive_nb.analytics.cointegration.dickey_fuller import Lags, admissible, longest
from quantlive_nb.analytics.cointegration.mackinnon import p_values
from quantlive_nb.analytics.core.index import numbers
from quantlive_nb.analytics.core.vector import sealed
from quantlive_nb.analytics.core.window import Matrix
from quantlive_nb.analytics.scan.gram import Gram
from quantlive_nb.errors import ShapeError
from quantlive_nb.types import Ints, Vector

__all__ = ["EGBatch", "engle_granger_batch", "judge", "longest_lag"]

COLLINEAR = 100 * math.sqrt(np.finfo(np.float64).eps)
"""Unexplained part of y's variance up to which statsmodels' coint answers -inf."""


@dataclass(frozen=True, slots=True)
class EGBatch:
    """Engle-Granger tests of many pairs, in the order asked for.

    Attributes
    ----------
    stat : Vector, shape (pairs,)
        t of the residual's lagged level. ``-inf`` where the legs move as one, as statsmodels has
        it; NaN where the residual follows an exact rule, so that there is nothing to test.
    p : Vector, shape (pairs,), in [0, 1]
        Chance of a statistic as low as this if the two drift apart; 0 for ``-inf``.
    lags : Ints, shape (pairs,)
        Lagged differences in the regression; -1 where none was made.

    Examples
    --------
    >>> EGBatch(np.array([-3.81]), np.array([0.011]), np.array([4])).lags
    array([4])
    """

    stat: Vector
    p: Vector
    lags: Ints


def engle_granger_batch(series: Matrix, y: Ints, x: Ints, lags: Lags = "aic") -> EGBatch:
    """Engle-Granger test, with a constant, of each pair of rows: H0 is that they drift apart.

    Parameters
    ----------
    series : Matrix, shape (n_series, n)
        Finite, in the order of time; usually log prices, each a random walk by itself.
    y, x : Ints, shape (pairs,)
        Rows of ``series``: each y is explained by its x.
    lags : ``"aic"`` or int
        Lagged differences of the residual; ``"aic"`` tries up to ``12 * (n / 100) ** (1 / 4)``.

    Returns
    -------
    EGBatch

    Raises
    ------
    NotEnoughData
        With fewer than 20 observations, or than four for each coefficient of the longest
        regression (52 for ``"aic"``).
    UsageError
        If a value is not finite, or a series does not move.
    ShapeError
        If ``series`` is not two-dimensional.

    Notes
    -----
    Pair by pair the numbers of ``statsmodels.tsa.stattools.coint``, a thousand times faster: see
    :class:`Gram`. As there, all candidates of ``"aic"`` are fitted to the same last observations,
    and the chosen one again to all. The tests of many pairs are many tests: see
    :func:`false_discovery`.

    References
    ----------
    Engle and Granger (1987), Econometrica 55(2), 251-276. doi:10.2307/1913236
    MacKinnon (1994), J. Business & Economic Statistics 12(2), 167-176. doi:10.2307/1391481

    Examples
    --------
    >>> rng = np.random.default_rng(7)
    >>> x, other = rng.normal(size=(2, 500)).cumsum(axis=1)
    >>> rows = np.array([1 + 2 * x + rng.normal(size=500), x, other])
    >>> engle_granger_batch(rows, np.array([0, 2]), np.array([1, 1])).p < 0.05
    array([ True, False])
    """
    series = numbers("series", series)
    if series.ndim != 2:
        raise ShapeError("series", series.shape, "(n_series, n)")
    n = series.shape[1]
    named = {f"series {at}": row for at, row in enumerate(series)}
    admissible("engle_granger_batch", lags, sys.maxsize, **named)
    gram = Gram(series, longest_lag(lags, n))
    return judge(gram, np.asarray(y, np.int64), np.asarray(x, np.int64), lags)


def longest_lag(lags: Lags, n: int) -> int:
    """The most lagged differences that a test of ``n`` observations takes in.

    Examples
    --------
    >>> longest_lag("aic", 1_000), longest_lag(3, 1_000)
    (22, 3)
    """
    return longest(n) if lags == "aic" else lags


def judge(gram: Gram, y: Ints, x: Ints, lags: Lags) -> EGBatch:
    """The tests of some pairs of series whose products are made already.

    Parameters
    ----------
    gram : Gram
        Made with ``longest_lag(lags, n)`` lags.
    y, x : Ints, shape (pairs,)
    lags : ``"aic"`` or int

    Returns
    -------
    EGBatch

    Examples
    --------
    >>> gram = Gram(np.random.default_rng(7).normal(size=(2, 90)).cumsum(axis=1), n_lags=1)
    >>> judge(gram, np.array([0]), np.array([1]), lags=1).stat.round(2)
    array([-1.66])
    """
    stat, chosen = np.full(len(y), -np.inf), np.full(len(y), -1)
    apart = np.flatnonzero(gram.unexplained(y, x) > COLLINEAR)
    stat[apart] = np.nan
    most = longest_lag(lags, gram.n)
    chosen[apart] = _by_aic(gram, y[apart], x[apart], most) if lags == "aic" else most
    for lag in range(most + 1):
        these = np.flatnonzero(chosen == lag)
        stat[these] = _t(gram, y[these], x[these], lag)
    chosen[np.isnan(stat)] = -1
    return EGBatch(sealed(stat), sealed(p_values(stat, 2)), sealed(chosen))


def _t(gram: Gram, y: Ints, x: Ints, lags: int) -> Vector:
    """t of the lagged level: with it as the last regressor, a ratio of two entries."""
    *_, level, error = gram.factor(y, x, lags, level_last=True)
    freedom = gram.n - 2 * (lags + 1)
    ratio: Vector = level / error
    return math.sqrt(freedom) * ratio


def _by_aic(gram: Gram, y: Ints, x: Ints, most: int) -> Ints:
    """The number of lags with the lowest AIC, all fitted to the same observations; -1 for none."""
    explained = gram.factor(y, x, most, level_last=False)
    squares = np.cumsum(explained[::-1] ** 2, axis=0)[-2::-1]
    criterion = (gram.n - 1 - most) * np.log(squares) + 2 * np.arange(most + 1)[:, np.newaxis]
    best: Ints = np.where(np.isnan(squares[-1]), -1, criterion.argmin(axis=0))
    return best
