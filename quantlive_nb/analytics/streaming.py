"""Streaming twins: a value at a time, the same bits as from the whole series at once.

This room knows no series: each twin keeps its window and nothing more. One update costs the same
however much came before, and nothing drifts, because no value is ever taken out of a sum.
"""

import math

import numpy as np

from quantlive_nb.analytics.ewma import require_half_life
from quantlive_nb.analytics.sliding_moment import SlidingMoments
from quantlive_nb.analytics.vector import NOISE
from quantlive_nb.analytics.window import require_window
from quantlive_nb.errors import UsageError

__all__ = ["EWMAStream", "RollingCorrelation", "RollingLine", "RollingZScore"]

NAN = math.nan


class RollingZScore:
    """:func:`zscore` and :func:`bands`, a value at a time.

    Parameters
    ----------
    window : int, values
        At least 2: those before the current one.

    Attributes
    ----------
    mean, std : float
        Of the window before the last value; NaN until warm.
    value : float
        The last value's distance from that mean, in deviations; NaN where nothing moved.

    Raises
    ------
    UsageError
        If ``window < 2``.

    Notes
    -----
    An update is O(log window), however many came before; so is that of the other rolling twins.

    Examples
    --------
    >>> z = RollingZScore(3)
    >>> [round(z.update(x), 2) for x in (1.0, 2.0, 3.0, 10.0)]
    [nan, nan, nan, 8.0]
    """

    __slots__ = ("_moments", "mean", "std", "value")

    def __init__(self, window: int) -> None:
        require_window(window)
        self._moments = SlidingMoments(window, n_series=1)
        self.mean = self.std = self.value = NAN

    def update(self, x: float) -> float:
        """Judge a value by those before it, then take it in; the z-score."""
        x = float(x)
        self.mean, squares = self._moments.value
        self.std = math.sqrt(squares / (self._moments.window - 1))
        self.value = _finite((x - self.mean) / self.std) if self.std else NAN
        self._moments.update(x)
        return self.value


class RollingLine:
    """:func:`rolling_ols` and :func:`spread`, a pair at a time.

    Parameters
    ----------
    window : int, pairs
        At least 3: those before the current one.

    Attributes
    ----------
    alpha, beta : float
        Of the line before the last pair; NaN until warm and where x did not move.
    value : float
        Distance of the last y above that line.

    Raises
    ------
    UsageError
        If ``window < 3``.

    Examples
    --------
    >>> line = RollingLine(3)
    >>> spreads = [line.update(1 + 2 * x, x) for x in (1.0, 2.0, 4.0, 3.0)]
    >>> line.beta, spreads[-1]
    (2.0, 0.0)
    """

    __slots__ = ("_moments", "alpha", "beta", "value")

    def __init__(self, window: int) -> None:
        require_window(window, least=3)
        self._moments = SlidingMoments(window, n_series=2)
        self.alpha = self.beta = self.value = NAN

    def update(self, y: float, x: float) -> float:
        """Judge a pair by the line of those before it, then take it in; the spread."""
        y, x = float(y), float(x)
        mean_y, mean_x, _, squares, product = self._moments.value
        if abs(product) <= NOISE * abs(mean_y) * math.sqrt(self._moments.window * squares):
            product = 0.0
        self.beta = product / squares if squares else NAN
        self.alpha = mean_y - self.beta * mean_x
        slope = self.beta * x
        distance = _finite(y - (self.alpha + slope))
        if abs(distance) <= NOISE * (abs(y) + abs(self.alpha) + abs(slope)):
            distance = 0.0
        self.value = distance
        self._moments.update(y, x)
        return self.value


class RollingCorrelation:
    """:func:`correlation`, a pair of prices at a time.

    Parameters
    ----------
    window : int, returns
        At least 3; it ends with the current return.

    Attributes
    ----------
    value : float, in [-1, 1]
        NaN until warm and where a price did not move.

    Raises
    ------
    UsageError
        If ``window < 3``; from :meth:`update`, which then takes nothing in, if a price is not
        above 0.

    Examples
    --------
    >>> rho = RollingCorrelation(3)
    >>> [round(rho.update(y, 1 / y), 6) for y in (1.0, 2.0, 1.0, 4.0)]
    [nan, nan, nan, -1.0]
    """

    __slots__ = ("_last", "_moments", "value")

    def __init__(self, window: int = 30) -> None:
        require_window(window, least=3)
        self._moments = SlidingMoments(window, n_series=2)
        self._last = NAN, NAN
        self.value = NAN

    def update(self, y: float, x: float) -> float:
        """Take in a pair of prices; the correlation of their last returns."""
        log_y, log_x = _log(y), _log(x)
        was_y, was_x = self._last
        self._last = log_y, log_x
        *_, squares_y, squares_x, product = self._moments.update(log_y - was_y, log_x - was_x)
        deviation_y, deviation_x = math.sqrt(squares_y), math.sqrt(squares_x)
        # A return is a ratio near 1, and is rounded as 1 is.
        moves = min(deviation_y, deviation_x) > NOISE * math.sqrt(self._moments.window)
        rho = product / (deviation_y * deviation_x) if moves else NAN
        self.value = min(max(rho, -1.0), 1.0)  # in this order NaN stays NaN
        return self.value


class EWMAStream:
    """:func:`ewma`, a value at a time.

    Parameters
    ----------
    half_life : float, bars
        Above 0.

    Attributes
    ----------
    value : float
        NaN until the first value that is not.

    Raises
    ------
    UsageError
        If ``half_life`` is not above 0.

    Examples
    --------
    >>> mean = EWMAStream(1)
    >>> [mean.update(x) for x in (float("nan"), 1.0, 4.0)]
    [nan, 1.0, 3.0]
    """

    __slots__ = ("_keep", "_total", "_weight", "value")

    def __init__(self, half_life: float) -> None:
        require_half_life(half_life)
        self._keep = 0.5 ** (1 / half_life)
        self._total = self._weight = 0.0
        self.value = NAN

    def update(self, x: float) -> float:
        """Take in a value; the mean."""
        x = float(x)
        if self._weight or x == x:
            self._total = self._keep * self._total + x
            self._weight = self._keep * self._weight + 1.0
            self.value = self._total / self._weight
        return self.value


def _finite(value: float) -> float:
    """The value, or NaN for what is no number."""
    return value if math.isfinite(value) else NAN


def _log(price: float) -> float:
    """Numpy's logarithm, whose last bit is not always that of :mod:`math`."""
    if price <= 0 or math.isinf(price):
        raise UsageError(f"the price is {price:g}: returns need finite prices above 0")
    return float(np.log(price))
