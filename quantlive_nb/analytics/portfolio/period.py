"""Performance over rolling windows, and per day, week or other period."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantlive_nb.analytics.core.argument import length_us, times
from quantlive_nb.analytics.core.moment import moments, placed
from quantlive_nb.analytics.core.vector import NOISE, vectors
from quantlive_nb.analytics.core.window import require_window
from quantlive_nb.analytics.portfolio.performance import (
    LEAST,
    Performance,
    bars_per_year,
    performance,
)
from quantlive_nb.errors import UsageError
from quantlive_nb.interval import Micros
from quantlive_nb.types import Ints, Vector

__all__ = ["RollingPerformance", "performance_by", "rolling_performance"]


@dataclass(frozen=True, slots=True)
class RollingPerformance:
    """Volatility and Sharpe ratio of the last bars, at every bar.

    Attributes
    ----------
    volatility, sharpe : Vector, shape (n,)
        Per root year of 365 days; NaN until warm. The ratio is NaN where nothing moved.

    Examples
    --------
    >>> RollingPerformance(np.array([0.2]), np.array([1.4])).sharpe
    array([1.4])
    """

    volatility: Vector
    sharpe: Vector


def performance_by(
    returns: Vector, ts: Ints, span_us: Micros, every_us: Micros
) -> dict[int, Performance]:
    """:func:`performance` of each day, week or other span.

    Parameters
    ----------
    returns : Vector, shape (n,)
    ts : Ints, shape (n,), µs UTC, or datetime64 of any unit
        Opening times of the bars, rising.
    span_us : int, µs, or str
        Length of a span; the first begins at a whole number of spans since the epoch.
    every_us : int, µs, or str
        Length of a bar.

    Returns
    -------
    dict of int to Performance
        By the beginning of the span, µs UTC; spans with fewer than 20 returns are left out.

    Raises
    ------
    UsageError
        As :func:`performance`, and if ``span_us`` is not above 0.
    ShapeError
        If the lengths differ.

    Examples
    --------
    >>> returns, hour = 0.01 * np.random.default_rng(7).normal(size=96), 3_600_000_000
    >>> [one.n for one in performance_by(returns, np.arange(96) * hour, 24 * hour, hour).values()]
    [24, 24, 24, 24]
    """
    span_us = length_us("span_us", span_us, "span")
    moments_us = times("ts", ts)
    if moments_us.index is None:
        _require_own_times(returns, moments_us.values)
    returns, opened = vectors(returns=returns, ts=moments_us)
    if (np.diff(opened) < 0).any():
        raise UsageError("ts falls: sort the bars by time")
    begins = opened // span_us * span_us  # whole numbers, which float64 holds exactly
    parts = {int(begin): returns[begins == begin] for begin in np.unique(begins)}
    return {
        begin: performance(part, every_us)
        for begin, part in parts.items()
        if np.count_nonzero(~np.isnan(part)) >= LEAST
    }


def _require_own_times(returns: object, opened: Vector) -> None:
    """Refuse times that are not those of the returns' own index, if it is one of times."""
    index: Any = getattr(returns, "index", None)
    if not str(getattr(index, "inferred_type", "")).startswith("datetime"):
        return
    if not np.array_equal(times("the index of returns", index).values, opened):
        raise UsageError("ts is not the index of returns: give the opening times of the same bars")


def rolling_performance(returns: Vector, window: int, every_us: Micros) -> RollingPerformance:
    """Volatility and Sharpe ratio of the last ``window`` returns.

    Parameters
    ----------
    returns : Vector, shape (n,)
        Simple returns. A NaN spoils every window that holds it.
    window : int, bars
        At least 2; it ends with the current return.
    every_us : int, µs
        Length of a bar.

    Returns
    -------
    RollingPerformance

    Raises
    ------
    UsageError
        If ``window < 2`` or ``every_us`` is not above 0.

    Examples
    --------
    >>> rolling_performance(np.array([0.1, -0.1, 0.1]), 2, 3_600_000_000).sharpe
    array([nan,  0.,  0.])
    """
    require_window(window)
    root = math.sqrt(bars_per_year(every_us))
    (returns,) = vectors(returns=returns)
    (mean,), (squares,) = moments(window, (returns,), ((0, 0),))
    deviation = np.sqrt(squares / (window - 1))
    ratio = np.full(len(mean), np.nan)
    np.divide(mean, deviation, out=ratio, where=deviation > NOISE)
    columns = (placed(one * root, len(returns), window - 1) for one in (deviation, ratio))
    return RollingPerformance(*columns)
