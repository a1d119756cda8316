"""The augmented Dickey-Fuller regression, and checks of its input.

Callers name H0 and compute p, as these depend on whether the series was observed or estimated.
"""

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from quantlive_nb.analytics.core.argument import whole
from quantlive_nb.analytics.core.vector import EXACT, NOISE, require_finite, vectors
from quantlive_nb.analytics.core.window import Matrix
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.types import Vector

__all__ = ["Lags", "Regression", "admissible", "dickey_fuller", "longest"]

Lags = Literal["aic"] | int
"""Number of lagged differences of a test, or the one with the lowest AIC."""
Deterministic = Literal["c", "n"]
"""Whether the regression has a constant (c) or none (n)."""

LEAST = 20
"""Fewest observations for MacKinnon's tables."""


def admissible(what: str, lags: Lags, max_n: int, **series: Vector) -> tuple[Vector, ...]:
    """The last ``max_n`` values of each series, after checks that a test is meaningful.

    Parameters
    ----------
    what : str
        Name of the test, for errors.
    lags : ``"aic"`` or int
    max_n : int
    **series : Vector, shape (n,)
        By name, for errors.

    Returns
    -------
    tuple of Vector, shape (min(n, max_n),)

    Raises
    ------
    NotEnoughData
        With fewer than 20 observations, or than four for each coefficient of the longest
        regression (52 for ``"aic"``).
    UsageError
        If ``lags`` or ``max_n`` is invalid, a value is not finite, or a series is constant.

    Examples
    --------
    >>> admissible("adf", 8, 2_000, x=np.arange(30.0))
    Traceback (most recent call last):
    quantlive_nb.errors.NotEnoughData: adf needs 40 observations, has 30
    """
    need = _need(lags)
    if whole("max_n", max_n, 1) < need:
        raise UsageError(f"max_n is {max_n}: give at least {need} for these lags")
    tails = {n: v[-max_n:] for n, v in zip(series, vectors(**series), strict=True)}
    have = len(next(iter(tails.values())))
    if have < need:
        raise NotEnoughData(what, have, need)
    require_finite(**tails)
    for name, values in tails.items():
        if values.std() <= NOISE * np.abs(values).max():
            raise UsageError(f"{name} does not move: wait for trades, or choose another symbol")
    return tuple(tails.values())


class Regression(NamedTuple):
    """The t of the lagged level, the number of lagged differences, and of observations.

    Examples
    --------
    >>> Regression(stat=-2.1, lags=1, n=298).n
    298
    """

    stat: float
    lags: int
    n: int


def dickey_fuller(x: Vector, lags: Lags, deterministic: Deterministic) -> Regression:
    """Regress each difference on the lagged level and on lagged differences.

    Parameters
    ----------
    x : Vector, shape (n,)
        As returned by :func:`admissible`. It is standardized, which changes only rounding.
    lags : ``"aic"`` or int
    deterministic : ``"c"`` or ``"n"``
        With a constant, or without one for the residuals of a regression that had one.

    Returns
    -------
    Regression

    Raises
    ------
    UsageError
        If the differences follow an exact rule, or are too rare to estimate a coefficient: the
        statistic would be rounding noise.

    Notes
    -----
    The numbers of ``statsmodels.tsa.stattools.adfuller``: all candidates of ``"aic"`` are fitted to
    the same last observations, and the chosen one again to all. One QR decomposition holds the
    errors of every candidate, where a search fits each anew. A page needs no more than this, so it
    need not load statsmodels, which takes a kernel two seconds and 70 MB.

    Examples
    --------
    >>> walk = np.random.default_rng(7).normal(size=300).cumsum()
    >>> dickey_fuller(walk, 1, "c")._replace(stat=0.0)
    Regression(stat=0.0, lags=1, n=298)
    >>> dickey_fuller(np.arange(60.0) ** 2, 1, "c")
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: the series hardly moves or repeats itself: take more bars
    """
    deviation = x.std()
    rounding = NOISE * np.abs(x).max() / deviation
    x = (x - x.mean()) / deviation
    most = longest(len(x)) if lags == "aic" else lags
    constant, level, before, now = _columns(x, most, deterministic)
    triangle = _triangle(constant, level, before, now)
    _require_chance(triangle, len(now), float(np.square(np.diff(x)).mean()), rounding)
    if lags == "aic":
        most = _by_aic(triangle, len(now), most)
        constant, level, before, now = _columns(x, most, deterministic)
    (own, explained), (_, error) = _triangle(constant, before, level, now)[-2:, -2:]
    freedom = len(now) - constant.shape[1] - most - 1
    return Regression(
        float(np.sign(own) * explained / abs(error) * math.sqrt(freedom)), most, len(now)
    )


def _columns(x: Vector, lags: int, deterministic: Deterministic) -> tuple[Matrix, ...]:
    """Columns: constant, lagged level, lagged differences (the last first), difference."""
    windows = sliding_window_view(np.diff(x), lags + 1)
    constant = np.ones((len(windows), int(deterministic == "c")))
    return constant, x[lags:-1, np.newaxis], windows[:, -2::-1][:, :lags], windows[:, -1:]


def _triangle(*columns: Matrix) -> Matrix:
    """R of the QR decomposition of the columns side by side.

    Its last column holds the part explained by each other column, and finally the residual.
    """
    return np.asarray(np.linalg.qr(np.hstack(columns), mode="r"), np.float64)


def _require_chance(triangle: Matrix, n: int, mean_square: float, rounding: float) -> None:
    """Raise if the longest regression has no residual, or collinear columns."""
    own, length = np.abs(np.diag(triangle)), np.sqrt(np.square(triangle).sum(axis=0))
    repeats = (own <= n * np.finfo(np.float64).eps * length)[:-1].any()
    if repeats or own[-1] / math.sqrt(n) <= EXACT * math.sqrt(mean_square) + rounding:
        raise UsageError("the series hardly moves or repeats itself: take more bars")


def _by_aic(triangle: Matrix, n: int, most: int) -> int:
    """The number of lags with the lowest AIC; the columns of the longest stand last."""
    squares = np.cumsum(np.square(triangle[::-1, -1]))[: most + 1][::-1]
    return int(np.argmin(n * np.log(squares) + 2 * np.arange(most + 1)))


def longest(n: int) -> int:
    """The most lags that the search by AIC tries (Schwert's rule, as statsmodels has it).

    Examples
    --------
    >>> longest(1_000)
    22
    """
    return math.ceil(12.0 * math.sqrt(math.sqrt(n / 100.0)))


def _need(lags: object) -> int:
    """The fewest observations: four for each coefficient of the longest regression."""
    if isinstance(lags, str) and lags == "aic":
        return 1 + max(n for n in range(LEAST, 200) if n < 4 * (longest(n) + 2))
    return max(LEAST, 4 * (whole("lags", lags, 0, '"aic" or a whole number from 0') + 2))
