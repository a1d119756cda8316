"""Tests of mean reversion (ADF) and of cointegration (Engle-Granger).

Failing to reject proves nothing.
"""

from dataclasses import dataclass

from quantlive_nb.analytics.cointegration.dickey_fuller import Lags, admissible, dickey_fuller
from quantlive_nb.analytics.cointegration.mackinnon import critical_values, p_value
from quantlive_nb.analytics.core.hypothesis import LEVEL, HypothesisTest
from quantlive_nb.analytics.pair.ols import ols
from quantlive_nb.errors import UsageError
from quantlive_nb.types import Vector

__all__ = ["ADFResult", "EGResult", "adf", "engle_granger", "residual_of"]

COLLINEAR = 1.5e-6
"""Unexplained part of y's variance at which statsmodels' coint, too, gives no statistic."""
ESTIMATED = "p is too small: the spread was estimated; read Engle-Granger"


@dataclass(frozen=True, slots=True, repr=False)
class ADFResult(HypothesisTest):
    """An augmented Dickey-Fuller test.

    Attributes
    ----------
    stat : float
        t of the lagged level; the more negative, the further from a unit root.
    p : float
        Probability of a statistic at most this low if H0 holds (MacKinnon's approximation).
    lags : int
        Lagged differences in the regression.
    n : int
        Observations used: the last ones.
    critical : dict of str to float
        Values of ``stat`` below which H0 is rejected at ``"1%"``, ``"5%"`` and ``"10%"``.
    h0 : str
        What the test tries to reject, in words.
    caveat : str
        Why p is unreliable; empty if it is not.

    Examples
    --------
    >>> critical = {"1%": -3.43, "5%": -2.86, "10%": -2.57}
    >>> test = ADFResult(-1.86, 0.3496, 1, 1500, critical, "a unit root")
    >>> test, test.word
    (.stat=-1.86 .p=0.350  H0: a unit root → not rejected at 5 %, 'not stationary')
    """

    caveat: str = ""

    def __repr__(self) -> str:
        """Statistic, p, hypothesis, verdict, caveat."""
        text = HypothesisTest.__repr__(self)
        return f"{text} ({self.caveat})" if self.caveat else text

    @property
    def word(self) -> str:
        """``stationary`` if H0 is rejected, else ``not stationary`` (not shown to be)."""
        return "stationary" if self.p < LEVEL else "not stationary"


@dataclass(frozen=True, slots=True, repr=False)
class EGResult(HypothesisTest):
    """An Engle-Granger test; attributes as those of :class:`ADFResult`.

    Attributes
    ----------
    stat, p : float
        t of the residual's lagged level, and its p-value if H0 holds, given that the line was
        fitted.
    lags, n : int
    critical : dict of str to float
    h0 : str

    Examples
    --------
    >>> critical = {"1%": -3.90, "5%": -3.34, "10%": -3.05}
    >>> test = EGResult(-3.81, 0.011, 4, 1440, critical, "no cointegration")
    >>> test, test.word
    (.stat=-3.81 .p=0.011  H0: no cointegration → rejected at 5 %, 'cointegrated')
    """

    @property
    def word(self) -> str:
        """``cointegrated`` if H0 is rejected, else ``not cointegrated`` (not shown to be)."""
        return "cointegrated" if self.p < LEVEL else "not cointegrated"


def adf(x: Vector, lags: Lags = "aic", max_n: int = 2_000, *, estimated: bool = False) -> ADFResult:
    """Augmented Dickey-Fuller test, with a constant, of the hypothesis that x has a unit root.

    Parameters
    ----------
    x : Vector, shape (n,)
        Finite, in the order of time.
    lags : ``"aic"`` or int
        Lagged differences; ``"aic"`` tries up to ``12 * (n / 100) ** (1 / 4)`` of them.
    max_n : int
        Only the last ``max_n`` observations are used.
    estimated : bool
        True when ``x`` is a spread whose line was fitted to the same data; p is then too small,
        and the result says so.

    Returns
    -------
    ADFResult
        ``h0`` is a unit root. Not rejecting it does not prove it.

    Raises
    ------
    NotEnoughData
        With fewer than 20 observations, or than four for each coefficient of the longest
        regression (52 for ``"aic"``).
    UsageError
        If a value is not finite, or the series does not move or follows an exact rule.

    Notes
    -----
    The verdict uses p alone. With ``"aic"`` short series are rejected too often: of random
    walks about 10 % at 50 observations and 7 % at 100, for a nominal 5 %; ``lags=1`` is nearer.
    Costs some milliseconds: run it off the render thread.

    A spread is estimated, and was made to look stationary. For a nominal 5 % the residual of one
    line through two unrelated walks is rejected in 15 % of cases; a rolling :func:`spread`, whose
    line follows the prices, in 86 % (1 000 bars, window 120).

    References
    ----------
    Said and Dickey (1984), Biometrika 71(3), 599-607. doi:10.1093/biomet/71.3.599
    MacKinnon (1994), J. Business & Economic Statistics 12(2), 167-176. doi:10.2307/1391481

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(7)
    >>> adf(rng.normal(size=500)).word, adf(rng.normal(size=500).cumsum(), lags=1).verdict
    ('stationary', 'not rejected at 5 %')
    """
    (x,) = admissible("adf", lags, max_n, x=x)
    test = dickey_fuller(x, lags, "c")
    p, critical = p_value(test.stat, 1), critical_values(1, test.n)
    caveat = ESTIMATED if estimated else ""
    return ADFResult(test.stat, p, test.lags, len(x), critical, "a unit root", caveat)


def engle_granger(y: Vector, x: Vector, lags: Lags = "aic", max_n: int = 2_000) -> EGResult:
    """Engle-Granger test, with a constant, of the hypothesis that y and x drift apart.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        Finite, usually log prices, each a random walk by itself. y is explained by x; the other
        order is another test, so choose it beforehand.
    lags : ``"aic"`` or int
        Lagged differences of the residual, as in :func:`adf`.
    max_n : int
        Only the last ``max_n`` observations are used.

    Returns
    -------
    EGResult
        ``h0`` is no cointegration. Not rejecting it does not prove it.

    Raises
    ------
    NotEnoughData
        As :func:`adf`.
    UsageError
        If a value is not finite, a leg is constant, or the legs are collinear: the residual would
        be rounding noise.
    ShapeError
        If the lengths differ.

    Notes
    -----
    A plain ADF test of the residual ignores that the line was fitted to make it small, and rejects
    15 % of unrelated pairs at a nominal 5 %; here p and the critical values allow for the fit.
    Statistic and p are those of ``statsmodels.tsa.stattools.coint``, which does not report its
    lags.
    The verdict goes by p alone: p is asymptotic and the critical values are of finite samples, so
    near the edge they may disagree.

    References
    ----------
    Engle and Granger (1987), Econometrica 55(2), 251-276. doi:10.2307/1913236
    MacKinnon (2010), Queen's Economics Department Working Paper 1227.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(7)
    >>> x = rng.normal(size=500).cumsum()
    >>> engle_granger(1 + 2 * x + rng.normal(size=500), x).word
    'cointegrated'
    """
    y, x = admissible("engle_granger", lags, max_n, y=y, x=x)
    test = dickey_fuller(residual_of(y, x), lags, "n")
    p, critical = p_value(test.stat, 2), critical_values(2, len(y) - 1)
    return EGResult(test.stat, p, test.lags, len(y), critical, "no cointegration")


def residual_of(y: Vector, x: Vector) -> Vector:
    """Residual of y on x, after a check that the two are not collinear.

    Raises
    ------
    UsageError
        If the legs move as one: a residual made of rounding would pass for a spread.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(12.0)
    >>> residual_of(2 * x + np.tile([0.5, -0.5], 6), x).round(1)[:2]
    array([ 0.4, -0.6])
    """
    residual = ols(y, x).residuals(y, x)
    unexplained = float(residual.var() / y.var())
    if unexplained <= COLLINEAR:
        raise UsageError(
            f"y and x move as one (1 - R² = {unexplained:.0e}): choose two different markets"
        )
    return residual
