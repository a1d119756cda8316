"""How much a price moves, from the high and low of its bars: the same precision from fewer bars.

This room knows no closes alone and no forecast.
"""

import math
from typing import Literal, get_args

import numpy as np

from quantlive_nb.analytics.core.argument import one_of
from quantlive_nb.analytics.core.moment import moments, placed
from quantlive_nb.analytics.core.vector import NOISE, vectors
from quantlive_nb.analytics.core.window import require_window
from quantlive_nb.analytics.volatility.volatility import per_root_year
from quantlive_nb.errors import UsageError
from quantlive_nb.interval import Micros
from quantlive_nb.types import Vector

__all__ = ["range_volatility"]

Method = Literal["parkinson", "garman-klass", "rogers-satchell", "yang-zhang"]


def range_volatility(
    open: Vector,  # noqa: A002  what every table of bars calls it
    high: Vector,
    low: Vector,
    close: Vector,
    window: int = 60,
    *,
    method: Method = "yang-zhang",
    every_us: "Micros | None" = None,
) -> Vector:
    """Volatility of the last ``window`` bars from their opens, highs, lows and closes.

    Parameters
    ----------
    open, high, low, close : Vector, shape (n,)
        Above 0. A NaN spoils every window that reads it.
    window : int, bars
        At least 2; it ends with the current bar.
    method : str
        - ``"parkinson"``: the range alone; no drift, no gaps between bars.
        - ``"garman-klass"``: range and close; no drift, no gaps.
        - ``"rogers-satchell"``: allows for drift; no gaps.
        - ``"yang-zhang"``: allows for both (default).
    every_us : int, µs, optional
        Length of a bar: the answer is then per root year.

    Returns
    -------
    Vector, shape (n,)
        Per root bar, or per root year of 365 days. The first ``window - 1`` entries are NaN, for
        Yang-Zhang, which reads the close before, the first ``window``; 0 where nothing moved.

    Raises
    ------
    UsageError
        If a price is not above 0, a bar's high is below its low or does not hold its open and
        close, there is no such method, ``window < 2``, or ``every_us`` is not above 0.
    ShapeError
        If the lengths differ.

    Notes
    -----
    Of a price that is watched all the time, Parkinson needs a fifth of the bars that closes need,
    the others about a seventh. Of bars with few trades highs are too low and lows too high, and all
    of them too small: with 20 trades a bar by 13 % (Parkinson) to 21 %, with 1 000 by 3 or 4 %.
    Reads nothing after t.

    References
    ----------
    Parkinson (1980), J. Business 53(1), 61-65. doi:10.1086/296071
    Garman and Klass (1980), J. Business 53(1), 67-78. doi:10.1086/296072
    Rogers and Satchell (1991), Annals of Applied Probability 1(4), 504-512.
    doi:10.1214/aoap/1177005835
    Yang and Zhang (2000), J. Business 73(3), 477-492. doi:10.1086/209650

    Examples
    --------
    >>> bars = np.exp([[0.0, 0.0], [0.1, 0.1], [0.0, 0.0], [0.0, 0.0]])
    >>> range_volatility(*bars, window=2, method="parkinson").round(4)
    array([   nan, 0.0601])
    """
    require_window(window)
    one_of("method", method, get_args(Method))
    scale = per_root_year(every_us)
    bars = vectors(open=open, high=high, low=low, close=close)
    _require_bars(*bars)
    log_open, log_high, log_low, log_close = map(np.log, bars)
    if method == "yang-zhang":
        variance = _yang_zhang(log_open, log_high, log_low, log_close, window)
    else:
        each = _each(log_open, log_high, log_low, log_close, method)
        variance = moments(window, (each,), ())[0][0]
    first = len(bars[0]) - len(variance)
    root = np.where(variance <= NOISE**2, 0.0, np.sqrt(np.maximum(variance, 0.0)))
    return placed(root * scale, len(bars[0]), first)


def _each(opens: Vector, highs: Vector, lows: Vector, closes: Vector, method: Method) -> Vector:
    """What each bar says of the variance."""
    span, move = highs - lows, closes - opens
    if method == "parkinson":
        return span * span / (4 * math.log(2))
    if method == "garman-klass":
        return span * span / 2 - (2 * math.log(2) - 1) * move * move
    return np.asarray((highs - closes) * (highs - opens) + (lows - closes) * (lows - opens))


def _yang_zhang(opens: Vector, highs: Vector, lows: Vector, closes: Vector, window: int) -> Vector:
    """Variance between bars and inside them, weighed for the least error."""
    if len(opens) == 0:
        return np.empty(0)
    gap, move = opens[1:] - closes[:-1], (closes - opens)[1:]
    drift_free = _each(opens, highs, lows, closes, "rogers-satchell")[1:]
    means, products = moments(window, (gap, move, drift_free), ((0, 0), (1, 1)))
    between, inside = products / (window - 1)
    weight = 0.34 / (1.34 + (window + 1) / (window - 1))
    return np.asarray(between + weight * inside + (1 - weight) * means[2])


def _require_bars(opens: Vector, highs: Vector, lows: Vector, closes: Vector) -> None:
    """Refuse bars that no market made."""
    edges = np.array([opens, closes])
    impossible = ~(np.isnan(edges).any(axis=0) | np.isnan(highs) | np.isnan(lows)) & (
        (lows <= 0) | np.isinf(highs) | (edges < lows).any(axis=0) | (edges > highs).any(axis=0)
    )
    if impossible.any():
        at = int(impossible.argmax())
        bar = f"{opens[at]:g}, {highs[at]:g}, {lows[at]:g}, {closes[at]:g}"
        raise UsageError(f"bar {at} is impossible: open, high, low, close are {bar}")
