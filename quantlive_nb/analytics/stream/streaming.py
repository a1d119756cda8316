"""Streaming versions of analytics, with the same numbers as the batch.

Each keeps only its window. The amortized cost of an update does not depend on the window, and
nothing drifts, because no value is ever subtracted from a sum.
"""

import math
from collections import deque
from typing import NamedTuple

from quantlive_nb.analytics.core.index import number
from quantlive_nb.analytics.core.vector import NOISE
from quantlive_nb.analytics.core.window import require_window
from quantlive_nb.analytics.correlation.ewma import require_half_life
from quantlive_nb.errors import UsageError

__all__ = ["EWMAStream", "RollingCorrelation", "RollingLine", "RollingZScore"]

NAN = math.nan


class Sums(NamedTuple):
    """Count, means, and sums of products of distances from the means, of pairs (y, x)."""

    n: int = 0
    y: float = 0.0
    x: float = 0.0
    yy: float = 0.0
    xx: float = 0.0
    yx: float = 0.0

    def joined(self, other: "Sums") -> "Sums":
        """Of both together (Chan, Golub and LeVeque)."""
        if not self.n or not other.n:
            return other if not self.n else self
        n = self.n + other.n
        part, weight = other.n / n, self.n * other.n / n
        gap_y, gap_x = other.y - self.y, other.x - self.x
        return Sums(
            n,
            self.y + gap_y * part,
            self.x + gap_x * part,
            self.yy + other.yy + gap_y * gap_y * weight,
            self.xx + other.xx + gap_x * gap_x * weight,
            self.yx + other.yx + gap_y * gap_x * weight,
        )


class Window:
    """The last so many pairs: a queue of two stacks, so that nothing is subtracted.

    What came lately is summed as it comes. When the oldest are to go and none is left in front, all
    are moved there, each with the sum of itself and those after it: once a window's length.
    """

    __slots__ = ("_back", "_front", "_sum", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self._front: list[Sums] = []
        self._back: deque[Sums] = deque()
        self._sum = Sums()

    @property
    def is_full(self) -> bool:
        """Whether so many have come."""
        return len(self._front) + len(self._back) == self.size

    @property
    def sums(self) -> Sums:
        """Of all pairs in it."""
        return self._front[-1].joined(self._sum) if self._front else self._sum

    def push(self, y: float, x: float = 0.0) -> None:
        """Take one in; the oldest goes when it is full."""
        if self.is_full:
            if not self._front:
                self._turn()
            self._front.pop()
        one = Sums(1, *(value if math.isfinite(value) else NAN for value in (y, x)))
        self._back.append(one)
        self._sum = self._sum.joined(one)

    def _turn(self) -> None:
        total = Sums()
        while self._back:
            total = self._back.pop().joined(total)
            self._front.append(total)
        self._sum = Sums()


class RollingZScore:
    """:func:`zscore`, :func:`bands` of a value at a time.

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

    Examples
    --------
    >>> z = RollingZScore(3)
    >>> [round(z.update(x), 2) for x in (1.0, 2.0, 3.0, 10.0)]
    [nan, nan, nan, 8.0]
    """

    __slots__ = ("_window", "mean", "std", "value")

    def __init__(self, window: int) -> None:
        require_window(window)
        self._window = Window(window)
        self.mean = self.std = self.value = NAN

    def update(self, x: float) -> float:
        """Return the z-score of a value against those before it, then add it."""
        x = number("x", x)  # a numpy scalar is slow, and warns of infinities
        if self._window.is_full:
            sums = self._window.sums
            n = self._window.size
            self.mean, self.std = sums.y, math.sqrt(_squares(sums.yy, sums.y, n) / (n - 1))
            z = (x - self.mean) / self.std if self.std > 0 else NAN
            self.value = z if math.isfinite(z) else NAN
        self._window.push(x)
        return self.value


class RollingLine:
    """:func:`rolling_ols` and :func:`spread` of a pair at a time.

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

    __slots__ = ("_window", "alpha", "beta", "value")

    def __init__(self, window: int) -> None:
        require_window(window, least=3)
        self._window = Window(window)
        self.alpha = self.beta = self.value = NAN

    def update(self, y: float, x: float) -> float:
        """Return the spread of a pair from the line of those before it, then add it."""
        y, x = number("y", y), number("x", x)
        if self._window.is_full:
            sums, n = self._window.sums, self._window.size
            squares = _squares(sums.xx, sums.x, n)
            product = sums.yx
            if abs(product) <= NOISE * abs(sums.y) * math.sqrt(n * squares):
                product = 0.0
            self.beta = product / squares if squares > 0 else NAN
            self.alpha = sums.y - self.beta * sums.x
            slope = self.beta * x
            distance = y - (self.alpha + slope)
            size = abs(y) + abs(self.alpha) + abs(slope)
            if abs(distance) <= NOISE * size:
                distance = 0.0
            self.value = distance if math.isfinite(size) else NAN
        self._window.push(y, x)
        return self.value


class RollingCorrelation:
    """:func:`correlation` of a pair of prices at a time.

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
        If ``window < 3``; from :meth:`update`, if a price is not above 0.

    Examples
    --------
    >>> rho = RollingCorrelation(3)
    >>> [round(rho.update(y, 1 / y), 6) for y in (1.0, 2.0, 1.0, 4.0)]
    [nan, nan, nan, -1.0]
    """

    __slots__ = ("_last", "_window", "value")

    def __init__(self, window: int) -> None:
        require_window(window, least=3)
        self._window = Window(window)
        self._last: tuple[float, float] | None = None
        self.value = NAN

    def update(self, y: float, x: float) -> float:
        """Add a pair of prices; return the correlation of the last returns."""
        y, x = number("y", y), number("x", x)
        if y <= 0 or x <= 0 or math.isinf(y) or math.isinf(x):
            raise UsageError(f"the prices are {y:g} and {x:g}: returns need finite prices above 0")
        now = math.log(y), math.log(x)
        if self._last is not None:
            self._window.push(now[0] - self._last[0], now[1] - self._last[1])
        self._last = now
        if self._window.is_full:
            sums = self._window.sums
            deviations = math.sqrt(sums.yy), math.sqrt(sums.xx)
            moves = min(deviations) > NOISE * math.sqrt(self._window.size)
            rho = sums.yx / deviations[0] / deviations[1] if moves else NAN
            self.value = max(-1.0, min(1.0, rho)) if rho == rho else NAN
        return self.value


class EWMAStream:
    """:func:`ewma` of a value at a time.

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
        """Add a value; return the mean."""
        x = number("x", x)
        if self._weight or x == x:
            self._total = self._keep * self._total + x
            self._weight = self._keep * self._weight + 1.0
            self.value = self._total / self._weight
        return self.value


def _squares(squares: float, mean: float, n: int) -> float:
    """A sum of squares; 0 where its movement is no larger than rounding."""
    return 0.0 if math.sqrt(squares / n) <= NOISE * abs(mean) else squares
