"""What the steps of a price remember: the Hurst exponent and the variance ratio.

This room knows no second series. Both ask of a walk whether its steps follow or undo each other.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from quantlive_nb.analytics.cointegration.dickey_fuller import admissible, dickey_fuller
from quantlive_nb.analytics.core.argument import whole
from quantlive_nb.analytics.core.hypothesis import LEVEL, HypothesisTest, shown, verdict
from quantlive_nb.analytics.correlation.correlation import NORMAL_975
from quantlive_nb.errors import NotEnoughData
from quantlive_nb.types import Vector

__all__ = ["Hurst", "VarianceRatio", "hurst", "variance_ratio"]

LEAST = 100
"""Observations below which a Hurst exponent has too few frequencies to be told from 1/2."""
TWO_SIDED = {"1%": 2.5758293035489004, "5%": NORMAL_975, "10%": 1.6448536269514722}
"""Sizes above which a standard normal statistic rejects."""

Word = Literal["mean-reverting", "trending", "not told from a random walk"]


@dataclass(frozen=True, slots=True, repr=False)
class Hurst:
    """A Hurst exponent and the test of a random walk's 1/2.

    Attributes
    ----------
    h : float, in [0, 1]
        Below 1/2 steps undo each other, above they follow each other. 0 and 1 are the ends of the
        search: "at most" and "at least".
    low, high : float, in [0, 1]
        Ends of the 95 % interval.
    p : float
        Chance of an ``h`` as far from 1/2 if H0 holds.
    n : int
        Observations used: the last ones.
    n_frequencies : int
        Of the periodogram, from the lowest.
    h0 : str
        The null hypothesis in words.

    Examples
    --------
    >>> Hurst(0.41, 0.33, 0.49, 0.028, n=1440, n_frequencies=112)
    Hurst(0.41 [0.33, 0.49], n=1440) .p=0.028  H0: a random walk, H = 1/2 → rejected at 5 %
    """

    h: float
    low: float
    high: float
    p: float
    n: int
    n_frequencies: int
    h0: str = "a random walk, H = 1/2"

    def __repr__(self) -> str:
        """Exponent with its interval, p, hypothesis, verdict."""
        number = f"Hurst({self.h:.2f} [{self.low:.2f}, {self.high:.2f}], n={self.n})"
        return f"{number} {shown(self.p)}  H0: {self.h0} → {self.verdict}"

    @property
    def verdict(self) -> str:
        """What p says of H0 at 5 %."""
        return verdict(self.p)

    @property
    def word(self) -> Word:
        """What the exponent says, if H0 is rejected."""
        return _word(self.p, self.h - 0.5)


@dataclass(frozen=True, slots=True, repr=False)
class VarianceRatio(HypothesisTest):
    """A Lo-MacKinlay variance ratio test.

    Attributes
    ----------
    stat, p : float
        z that allows for unequal variance, and its two-sided chance if H0 holds.
    lags : int, bars
        The horizon q.
    n : int
        Observations used: the last ones.
    critical : dict of str to float
        Sizes of ``stat`` above which H0 is rejected.
    h0 : str
        What the test tries to reject, in words.
    ratio : float
        Variance of steps of q bars over q times that of steps of one bar; of a random walk, 1.
    stat_iid, p_iid : float
        z and p if the variance were known not to change.

    Examples
    --------
    >>> ratio = VarianceRatio(-2.4, 0.016, 4, 500, {"5%": 1.96}, "a random walk", 0.8, -3.1, 0.002)
    >>> ratio, ratio.word
    (VR(4)=0.800 .stat=-2.40 .p=0.016  H0: a random walk → rejected at 5 %, 'mean-reverting')
    """

    ratio: float
    stat_iid: float
    p_iid: float

    def __repr__(self) -> str:
        """Horizon, ratio, statistic, p, hypothesis, verdict."""
        return f"VR({self.lags})={self.ratio:.3f} {HypothesisTest.__repr__(self)}"

    @property
    def word(self) -> Word:
        """What the ratio says, if H0 is rejected."""
        return _word(self.p, self.ratio - 1)


def hurst(x: Vector, max_n: int = 10_000) -> Hurst:
    """Hurst exponent of a price or spread, by the local Whittle estimate of its steps' memory.

    Parameters
    ----------
    x : Vector, shape (n,)
        Levels, usually log prices or a spread: finite, in the order of time.
    max_n : int
        Only the last ``max_n`` observations are used.

    Returns
    -------
    Hurst

    Raises
    ------
    NotEnoughData
        With fewer than 100 observations.
    UsageError
        If a value is not finite, or the series does not move or follows an exact rule.

    Notes
    -----
    H = d + 1/2, where d in [-1/2, 1/2] fits the steps' periodogram to ``frequency ** (-2 d)`` over
    the lowest ``(n - 1) ** 0.65`` frequencies. The interval is H ± 1.96 / (2 √s), s being the
    squared spread of the logarithms of these frequencies, which tends to their number.

    A walk whose steps remember only the last few bars has H = 1/2, yet the estimate leans to their
    side; a spread that is stationary has steps that undo each other wholly, so H is near 0. Of
    random walks 7 % are rejected at 100 observations for a nominal 5 %, 6 % at 250 and at 1 000.
    Repeated on a rolling window it rejects somewhere sooner or later: no evidence by itself.

    References
    ----------
    Robinson (1995), Annals of Statistics 23(5), 1630-1661. doi:10.1214/aos/1176324317

    Examples
    --------
    >>> hurst(np.random.default_rng(7).normal(size=1_000).cumsum()).word
    'not told from a random walk'
    >>> hurst(np.random.default_rng(7).normal(size=1_000)).word
    'mean-reverting'
    """
    (x,) = admissible("hurst", 1, max_n, x=x)
    if len(x) < LEAST:
        raise NotEnoughData("hurst", len(x), LEAST)
    dickey_fuller(x, 1, "c")  # refuses an exact rule
    step = np.diff(x)
    n_frequencies = int(len(step) ** 0.65)
    power = np.abs(np.fft.rfft(step / step.std())[1 : n_frequencies + 1]) ** 2
    log_frequency = np.log(np.arange(1, n_frequencies + 1))
    log_frequency -= log_frequency.mean()
    h = _local_whittle(power, log_frequency) + 0.5
    error = 0.5 / math.sqrt(float(log_frequency @ log_frequency))
    half = NORMAL_975 * error
    p = _two_sided((h - 0.5) / error)
    return Hurst(h, max(h - half, 0.0), min(h + half, 1.0), p, len(x), n_frequencies)


def variance_ratio(x: Vector, q: int = 2, max_n: int = 10_000) -> VarianceRatio:
    """Lo-MacKinlay test of the hypothesis that x is a random walk, by the variance of q-bar steps.

    Parameters
    ----------
    x : Vector, shape (n,)
        Levels, usually log prices or a spread: finite, in the order of time.
    q : int, bars
        At least 2. Choose it beforehand: the best of many is not a test at 5 %.
    max_n : int
        Only the last ``max_n`` observations are used.

    Returns
    -------
    VarianceRatio
        ``h0`` is a random walk, with drift and a variance that may change. Below 1 steps undo each
        other, above 1 they follow each other.

    Raises
    ------
    NotEnoughData
        With fewer than 20 observations, or than four for each bar of q.
    UsageError
        If ``q < 2``, a value is not finite, or the series does not move or follows an exact rule.

    Notes
    -----
    Overlapping steps, both variances without bias; ``stat`` is their z2 (robust), ``stat_iid``
    their z1. Prices that bounce between bid and ask give a ratio below 1 which nobody can trade.

    Repeated on a rolling window it is no test at 5 % any more: half of all random walks are
    rejected at least once by 101 windows of 250 bars, each 10 bars after the last.

    References
    ----------
    Lo and MacKinlay (1988), Review of Financial Studies 1(1), 41-66. doi:10.1093/rfs/1.1.41

    Examples
    --------
    >>> variance_ratio(np.random.default_rng(7).normal(size=1_000), q=2).word
    'mean-reverting'
    """
    q = whole("q", q, 2, "a whole number of bars, at least 2")
    (x,) = admissible("variance_ratio", q - 2, max_n, x=x)
    dickey_fuller(x, 1, "c")  # refuses an exact rule
    x = (x - x.mean()) / x.std()
    n = len(x) - 1
    drift = (x[-1] - x[0]) / n
    squares = np.square(np.diff(x) - drift)
    long = float(np.square(x[q:] - x[:-q] - q * drift).sum()) / ((n - q + 1) * (1 - q / n))
    ratio = long / q / (float(squares.sum()) / (n - 1))
    robust, iid = _spread_of_ratio(squares, q)
    stat, stat_iid = (math.sqrt(n) * (ratio - 1) / math.sqrt(var) for var in (robust, iid))
    both = _two_sided(stat), _two_sided(stat_iid)
    h0 = "a random walk"
    return VarianceRatio(stat, both[0], q, len(x), dict(TWO_SIDED), h0, ratio, stat_iid, both[1])


def _local_whittle(power: Vector, log_frequency: Vector) -> float:
    """The d that minimises Robinson's objective; its slope rises in d, so halving finds it."""
    low, high = -0.5, 0.5
    for _ in range(60):
        d = (low + high) / 2
        weight = power * np.exp(2 * d * log_frequency)
        if float(weight @ log_frequency) > 0:
            high = d
        else:
            low = d
    return (low + high) / 2


def _spread_of_ratio(squares: Vector, q: int) -> tuple[float, float]:
    """n times the variance of the ratio: with steps of unequal variance, and of equal."""
    n, total = len(squares), float(squares.sum()) ** 2
    robust = sum(
        4 * (1 - lag / q) ** 2 * n * float(squares[lag:] @ squares[:-lag]) / total
        for lag in range(1, q)
    )
    return robust, 2 * (2 * q - 1) * (q - 1) / (3 * q)


def _two_sided(z: float) -> float:
    """Chance of a standard normal number as far from 0."""
    return math.erfc(abs(z) / math.sqrt(2))


def _word(p: float, side: float) -> Word:
    """Which way a rejected random walk leans."""
    if not p < LEVEL:
        return "not told from a random walk"
    return "trending" if side > 0 else "mean-reverting"
