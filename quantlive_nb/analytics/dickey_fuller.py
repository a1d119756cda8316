"""The augmented Dickey-Fuller regression by statsmodels, and what it may be asked to judge.

This room does not know whether the series was observed or estimated: its callers name H0 and p.
"""

import math
import operator
from typing import TYPE_CHECKING, Literal, SupportsIndex

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from quantlive_nb.analytics.vector import NOISE, require_finite, vectors
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.types import Vector

if TYPE_CHECKING:
    from statsmodels.tsa.stattools import ADFullerResult

__all__ = ["Lags", "admissible", "dickey_fuller", "longest"]

Lags = Literal["aic"] | int
"""How many lagged differences a test takes in: a number, or the one with the lowest AIC."""
Deterministic = Literal["c", "n"]
"""Whether the regression has a constant, in statsmodels' letters."""

EXACT = 1e-9
"""A regression error this small beside the movement it explains is an exact rule, not chance."""
LEAST = 20
"""Observations below which MacKinnon's tables do not reach."""


def admissible(what: str, lags: Lags, max_n: int, **series: Vector) -> tuple[Vector, ...]:
    """The last ``max_n`` values of each series, if a test of them can mean anything.

    Parameters
    ----------
    what : str
        The test, as an error should call it.
    lags : ``"aic"`` or int
    max_n : int
    **series : Vector, shape (n,)
        Each under its name.

    Returns
    -------
    tuple of Vector, shape (min(n, max_n),)

    Raises
    ------
    NotEnoughData
        With fewer than 20 observations, or than four for each coefficient of the longest
        regression (52 for ``"aic"``).
    UsageError
        If ``lags`` or ``max_n`` cannot be, a value is not finite, or a series does not move.

    Examples
    --------
    >>> admissible("adf", 8, 2_000, x=np.arange(30.0))
    Traceback (most recent call last):
    quantlive_nb.errors.NotEnoughData: adf needs 40 observations, has 30
    """
    need = _need(lags)
    if max_n < need:
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


def dickey_fuller(x: Vector, lags: Lags, deterministic: Deterministic) -> "ADFullerResult":
    """The regression of each step on the level before it and on the last steps.

    Parameters
    ----------
    x : Vector, shape (n,)
        As :func:`admissible` gives it. It is tested in standard units, which changes nothing but
        rounding.
    lags : ``"aic"`` or int
    deterministic : ``"c"`` or ``"n"``
        With a constant, or without one for the residuals of a regression that had one.

    Returns
    -------
    ADFullerResult
        Its p and critical values are those of an observed series.

    Raises
    ------
    UsageError
        If the steps follow an exact rule, or are so rare that a coefficient has nothing to go by:
        the statistic would be made of rounding.

    Examples
    --------
    >>> dickey_fuller(np.arange(60.0) ** 2, 1, "c")
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: the series hardly moves or repeats itself: take more bars
    """
    from statsmodels.tsa.stattools import adfuller

    deviation = x.std()
    rounding = NOISE * np.abs(x).max() / deviation
    x = (x - x.mean()) / deviation
    most = longest(len(x)) if lags == "aic" else lags
    _require_chance(x, most, deterministic, rounding)
    autolag = "AIC" if lags == "aic" else None
    return adfuller(x, maxlag=most, regression=deterministic, autolag=autolag, result_object=True)


def _require_chance(x: Vector, n_lags: int, deterministic: Deterministic, rounding: float) -> None:
    """Refuse a longest regression that leaves no error, or whose columns repeat one another."""
    steps = np.diff(x)
    windows = sliding_window_view(steps, n_lags + 1)
    now = windows[:, -1]
    constant = [np.ones_like(now)] if deterministic == "c" else []
    design = np.column_stack([x[n_lags:-1], *constant, windows[:, :-1]])
    weights, _, rank, _ = np.linalg.lstsq(design, now)
    error = np.sqrt(np.mean((now - design @ weights) ** 2))
    if rank < design.shape[1] or error <= EXACT * np.sqrt(np.mean(steps**2)) + rounding:
        raise UsageError("the series hardly moves or repeats itself: take more bars")


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
    if lags == "aic":
        return 1 + max(n for n in range(LEAST, 200) if n < 4 * (longest(n) + 2))
    if not isinstance(lags, SupportsIndex) or operator.index(lags) < 0:
        raise UsageError(f'lags is {lags!r}: give "aic" or a whole number from 0')
    return max(LEAST, 4 * (operator.index(lags) + 2))
