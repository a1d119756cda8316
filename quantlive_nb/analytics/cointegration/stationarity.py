"""Two further tests of stationarity: KPSS and Phillips-Perron.

The H0 of KPSS is stationarity, the opposite of the other tests.
"""

import math
import operator
from dataclasses import dataclass

import numpy as np

from quantlive_nb.analytics.cointegration.dickey_fuller import admissible, dickey_fuller
from quantlive_nb.analytics.cointegration.mackinnon import critical_values, p_value, p_value_z
from quantlive_nb.analytics.core.hypothesis import LEVEL, HypothesisTest
from quantlive_nb.analytics.core.long_run import (
    Bandwidth,
    least_bandwidth,
    long_run_variance,
    newey_west_bandwidth,
)
from quantlive_nb.analytics.pair.ols import ols
from quantlive_nb.types import Vector

__all__ = ["KPSSResult", "PPResult", "kpss", "phillips_perron"]

KPSS_CRITICAL = {"10%": 0.347, "5%": 0.463, "2.5%": 0.574, "1%": 0.739}
"""Kwiatkowski et al. (1992), table 1, for a level."""
KPSS_P = {"10%": 0.10, "5%": 0.05, "2.5%": 0.025, "1%": 0.01}


@dataclass(frozen=True, slots=True, repr=False)
class KPSSResult(HypothesisTest):
    """A KPSS test.

    Attributes
    ----------
    stat : float
        The larger, the farther the series wanders.
    p : float
        Interpolated in the paper's table, which ends at 0.01 and 0.10: there it means "at most"
        and "at least".
    lags : int
        Autocovariances in the long-run variance.
    n : int
        Observations used: the last ones.
    critical : dict of str to float
        Values of ``stat`` above which H0 is rejected.
    h0 : str
        What the test tries to reject, in words.

    Examples
    --------
    >>> test = KPSSResult(0.9, 0.01, 7, 500, {"5%": 0.463}, "stationary around a constant")
    >>> test, test.word
    (.stat=0.90 .p≤0.010  H0: stationary around a constant → rejected at 5 %, 'not stationary')
    """

    def __repr__(self) -> str:
        """Statistic, p with the side it is open to, hypothesis, verdict."""
        mark = "≤" if self.p <= KPSS_P["1%"] else "≥" if self.p >= KPSS_P["10%"] else "="
        return f".stat={self.stat:.2f} .p{mark}{self.p:.3f}  H0: {self.h0} → {self.verdict}"

    @property
    def word(self) -> str:
        """``not stationary`` if H0 is rejected, else ``perhaps stationary``: nothing is shown."""
        return "not stationary" if self.p < LEVEL else "perhaps stationary"


@dataclass(frozen=True, slots=True, repr=False)
class PPResult(HypothesisTest):
    """A Phillips-Perron test; the attributes mean what those of :class:`ADFResult` mean.

    Attributes
    ----------
    stat, p : float
        Z_t, the corrected t of the lagged level, and its chance if H0 holds.
    lags : int
        Autocovariances in the long-run variance.
    n : int
    critical : dict of str to float
        Of ``stat``.
    h0 : str
    z_alpha, p_alpha : float
        Z_alpha, the corrected coefficient times the sample size, and its chance if H0 holds.

    Examples
    --------
    >>> test = PPResult(-3.1, 0.027, 7, 500, {"5%": -2.87}, "a unit root", -18.2, 0.017)
    >>> test, test.word
    (.stat=-3.10 .p=0.027  H0: a unit root → rejected at 5 %, 'stationary')
    """

    z_alpha: float
    p_alpha: float

    @property
    def word(self) -> str:
        """``stationary`` if H0 is rejected, else ``not stationary``: not shown to be."""
        return "stationary" if self.p < LEVEL else "not stationary"


def kpss(x: Vector, lags: Bandwidth = "auto", max_n: int = 2_000) -> KPSSResult:
    """KPSS test of the hypothesis that x is stationary around a constant.

    Parameters
    ----------
    x : Vector, shape (n,)
        Finite, in the order of time.
    lags : ``"auto"`` or int
        Autocovariances in the long-run variance; ``"auto"`` is the rule of Hobijn et al.
    max_n : int
        Only the last ``max_n`` observations are used.

    Returns
    -------
    KPSSResult
        ``h0`` is stationarity. Not rejecting it does not prove it: read it beside :func:`adf`,
        whose H0 is the opposite. When both reject, or neither does, the data cannot tell.

    Raises
    ------
    NotEnoughData
        With fewer than 20 observations, or than four for each lag and two more.
    UsageError
        If a value is not finite, or the series does not move or follows an exact rule.

    Notes
    -----
    The mean of the squared partial sums over ``n`` times the long-run variance; the numbers are
    those of ``statsmodels.tsa.stattools.kpss``. A slow but stationary spread is rejected too often.

    Repeated on a rolling window it is no test at 5 % any more: three in four series of white noise
    are rejected at least once by 101 windows of 250 bars, each 10 bars after the last.

    References
    ----------
    Kwiatkowski, Phillips, Schmidt and Shin (1992), J. Econometrics 54(1-3), 159-178.
    doi:10.1016/0304-4076(92)90104-Y
    Hobijn, Franses and Ooms (2004), Statistica Neerlandica 58(4), 483-502.
    doi:10.1111/j.1467-9574.2004.00272.x

    Examples
    --------
    >>> rng = np.random.default_rng(7)
    >>> kpss(rng.normal(size=500)).word, kpss(rng.normal(size=500).cumsum(), lags=5).word
    ('perhaps stationary', 'not stationary')
    """
    x = _judged("kpss", x, lags, max_n)
    error = x - x.mean()
    n_lags = _hobijn(error) if lags == "auto" else operator.index(lags)
    wandering = float(np.square(error.cumsum()).sum()) / len(x) ** 2
    stat = wandering / long_run_variance(error, n_lags)
    p = float(np.interp(stat, [*KPSS_CRITICAL.values()], [*KPSS_P.values()]))
    return KPSSResult(stat, p, n_lags, len(x), dict(KPSS_CRITICAL), "stationary around a constant")


def phillips_perron(x: Vector, lags: Bandwidth = "auto", max_n: int = 2_000) -> PPResult:
    """Phillips-Perron test, with a constant, of the hypothesis that x has a unit root.

    Parameters
    ----------
    x : Vector, shape (n,)
        Finite, in the order of time; observed, not the residual of a fitted line (for that see
        :func:`phillips_ouliaris`).
    lags : ``"auto"`` or int
        Autocovariances in the long-run variance; ``"auto"`` is Newey and West's
        ``floor(4 * (n / 100) ** (2 / 9))``.
    max_n : int
        Only the last ``max_n`` observations are used.

    Returns
    -------
    PPResult
        ``h0`` is a unit root. Not rejecting it does not prove it.

    Raises
    ------
    NotEnoughData
        With fewer than 20 observations, or than four for each lag and two more.
    UsageError
        If a value is not finite, or the series does not move or follows an exact rule.

    Notes
    -----
    One regression without lagged differences; what the steps remember is taken out of its t and
    its coefficient by their long-run variance (Bartlett weights). Where steps turn back, as prices
    bounce between bid and ask, it rejects a unit root far too often: believe :func:`adf` there.
    The p of both statistics are MacKinnon's of 1994, the critical values his of 2010.

    Repeated on a rolling window it is no test at 5 % any more: five in six random walks are called
    stationary at least once by 101 windows of 250 bars, each 10 bars after the last.

    References
    ----------
    Phillips and Perron (1988), Biometrika 75(2), 335-346. doi:10.1093/biomet/75.2.335
    MacKinnon (1994), J. Business & Economic Statistics 12(2), 167-176. doi:10.2307/1391481

    Examples
    --------
    >>> rng = np.random.default_rng(7)
    >>> phillips_perron(rng.normal(size=500)).word
    'stationary'
    >>> phillips_perron(rng.normal(size=500).cumsum()).word
    'not stationary'
    """
    x = _judged("phillips_perron", x, lags, max_n)
    now, before = x[1:], x[:-1]
    n_lags = newey_west_bandwidth(lags, len(x))
    z_t, z_alpha = _corrected(now, before, n_lags)
    p, critical = p_value(z_t, 1), critical_values(1, len(now))
    return PPResult(z_t, p, n_lags, len(x), critical, "a unit root", z_alpha, p_value_z(z_alpha, 1))


def _judged(what: str, x: Vector, lags: Bandwidth, max_n: int) -> Vector:
    """The last values, in standard units, if chance had a part in them."""
    (x,) = admissible(what, least_bandwidth(lags), max_n, x=x)
    dickey_fuller(x, 1, "c")  # refuses an exact rule
    standard: Vector = (x - x.mean()) / x.std()
    return standard


def _corrected(now: Vector, before: Vector, n_lags: int) -> tuple[float, float]:
    """Z_t and Z_alpha of the regression of each level on the one before, with a constant."""
    n = len(now)
    line = ols(now, before)
    error = line.residuals(now, before)
    squares = float(np.square(before - before.mean()).sum())
    short, long = float(error @ error) / n, long_run_variance(error, n_lags)
    t = (line.beta - 1) / math.sqrt(short * n / (n - 2) / squares)
    excess = (long - short) / 2
    z_t = math.sqrt(short / long) * t - excess / math.sqrt(long) * n / math.sqrt(squares)
    return z_t, n * (line.beta - 1) - excess * n**2 / squares


def _hobijn(error: Vector) -> int:
    """The lags that the series' own first autocovariances ask for (Hobijn et al., as published)."""
    n = len(error)
    lags = range(1, int(n ** (2 / 9)) + 1)
    products = [2 * float(error[lag:] @ error[:-lag]) / n for lag in lags]
    level = float(error @ error) / n + sum(products)
    slope = sum(lag * product for lag, product in zip(lags, products, strict=True))
    return min(int(1.1447 * ((slope / level) ** 2) ** (1 / 3) * n ** (1 / 3)), n - 1)
