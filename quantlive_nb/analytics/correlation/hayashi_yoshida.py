"""The Hayashi-Yoshida correlation of two prices from asynchronous ticks, without alignment."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantlive_nb.analytics.core.argument import times
from quantlive_nb.analytics.core.vector import NOISE, require_finite, ticks
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.types import Ints, Vector

__all__ = ["HYResult", "hayashi_yoshida"]


@dataclass(frozen=True, slots=True, repr=False)
class HYResult:
    """Hayashi and Yoshida's estimate over the time that two prices have in common.

    Attributes
    ----------
    correlation : float
        May lie beyond -1 and 1: it is an estimate, and nothing forces it between.
    covariance : float
        Sum of products of overlapping log returns.
    variance_y, variance_x : float
        Realised variances: sums of squared log returns, tick by tick.
    n_y, n_x : int
        Ticks used; trades of one moment are one tick.

    Examples
    --------
    >>> HYResult(0.71, 7.1e-6, 1e-5, 1e-5, 6106, 9757)
    HYResult(correlation=0.710, n_y=6106, n_x=9757)
    """

    correlation: float
    covariance: float
    variance_y: float
    variance_x: float
    n_y: int
    n_x: int

    def __repr__(self) -> str:
        """Correlation and counts."""
        counts = f"n_y={self.n_y}, n_x={self.n_x}"
        return f"HYResult(correlation={self.correlation:.3f}, {counts})"


def hayashi_yoshida(ts_y: Ints, y: Vector, ts_x: Ints, x: Vector) -> HYResult:
    """Correlation of the log prices of two symbols from their trades.

    Parameters
    ----------
    ts_y, ts_x : Ints, shape (n,) and (m,), µs UTC, or datetime64 of any unit
        When each trade was made, never falling.
    y, x : Vector, shape (n,) and (m,)
        Prices, finite and above 0.

    Returns
    -------
    HYResult

    Raises
    ------
    NotEnoughData
        If a symbol has fewer than 3 ticks in the time they have in common.
    UsageError
        If times fall, a price is not finite and above 0, or a price does not move.
    ShapeError
        If a symbol has another number of times than of prices.

    Notes
    -----
    The sum of the products of all pairs of returns whose intervals overlap. Where each price is
    sampled at random moments it is unbiased, while returns of a fine grid are pulled towards 0
    (the Epps effect). Prices that bounce between bid and ask add noise to the variances and pull
    the correlation towards 0 again; so does a market that lags behind the other. O((n + m) log m).

    References
    ----------
    Hayashi and Yoshida (2005), Bernoulli 11(2), 359-379. doi:10.3150/bj/1116340299
    Griffin and Oomen (2011), J. Econometrics 160(1), 58-68. doi:10.1016/j.jeconom.2010.03.015

    Examples
    --------
    >>> rng = np.random.default_rng(7)
    >>> price = np.exp(1e-4 * rng.normal(size=20_000).cumsum())
    >>> ts_y, ts_x = (np.sort(rng.choice(20_000, 2_000, replace=False)) for _ in range(2))
    >>> hayashi_yoshida(ts_y, price[ts_y], ts_x, price[ts_x]).correlation.__round__(1)
    1.0
    """
    ts_y, log_y = _ticks("y", ts_y, y)
    ts_x, log_x = _ticks("x", ts_x, x)
    (ts_y, log_y), (ts_x, log_x) = _in_common((ts_y, log_y), (ts_x, log_x))
    steps_y, steps_x = np.diff(log_y), np.diff(log_x)
    variance_y, variance_x = float(steps_y @ steps_y), float(steps_x @ steps_x)
    for name, variance, n in (("y", variance_y, len(log_y)), ("x", variance_x, len(log_x))):
        if variance <= n * NOISE**2:
            raise UsageError(f"{name} does not move: wait for trades, or choose another symbol")
    # The returns of x that overlap a return of y begin at the last tick of x that is not after its
    # beginning, and end at the first one that is not before its end.
    begins = np.searchsorted(ts_x, ts_y[:-1], side="right") - 1
    ends = np.searchsorted(ts_x, ts_y[1:], side="left")
    overlapping = log_x[np.minimum(ends, len(log_x) - 1)] - log_x[np.maximum(begins, 0)]
    covariance = float(steps_y @ overlapping)
    correlation = covariance / math.sqrt(variance_y) / math.sqrt(variance_x)
    return HYResult(correlation, covariance, variance_y, variance_x, len(log_y), len(log_x))


def _ticks(name: str, ts: Ints, price: Vector) -> tuple[Ints, Vector]:
    """Times and log prices, of each moment the last."""
    columns: dict[str, Any] = {name: price, f"ts_{name}": times(f"ts_{name}", ts)}
    price, moments = ticks(**columns)
    ts = moments.astype(np.int64)
    require_finite(**{name: price})
    if (price <= 0).any():
        raise UsageError(f"a price of {name} is not above 0: leave it out")
    if (np.diff(ts) < 0).any():
        raise UsageError(f"the times of {name} fall: sort its trades by id")
    is_last = np.append(ts[1:] != ts[:-1], True)[: len(ts)]
    return ts[is_last], np.log(price[is_last])


def _in_common(
    y: tuple[Ints, Vector], x: tuple[Ints, Vector]
) -> tuple[tuple[Ints, Vector], tuple[Ints, Vector]]:
    """The ticks of the time in which both have been heard of."""
    if min(len(y[0]), len(x[0])) == 0:
        raise NotEnoughData("hayashi_yoshida", 0, 3)
    start, end = max(y[0][0], x[0][0]), min(y[0][-1], x[0][-1])
    parts = []
    for ts, price in (y, x):
        first = max(int(np.searchsorted(ts, start, side="right")) - 1, 0)
        last = min(int(np.searchsorted(ts, end, side="left")) + 1, len(ts))
        if last - first < 3:
            raise NotEnoughData("hayashi_yoshida", max(last - first, 0), 3)
        parts.append((ts[first:last], price[first:last]))
    return parts[0], parts[1]
