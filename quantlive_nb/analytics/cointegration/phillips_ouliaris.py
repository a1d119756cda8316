"""The Phillips-Ouliaris test of cointegration, which needs no choice of lagged differences."""

import math
from dataclasses import dataclass

from quantlive_nb.analytics.cointegration.dickey_fuller import admissible, dickey_fuller
from quantlive_nb.analytics.cointegration.engle_granger import residual_of
from quantlive_nb.analytics.cointegration.mackinnon import critical_values, p_value, p_value_z
from quantlive_nb.analytics.core.hypothesis import LEVEL, HypothesisTest
from quantlive_nb.analytics.core.long_run import (
    Bandwidth,
    least_bandwidth,
    long_run_variance,
    newey_west_bandwidth,
)
from quantlive_nb.types import Vector

__all__ = ["POResult", "phillips_ouliaris"]


@dataclass(frozen=True, slots=True, repr=False)
class POResult(HypothesisTest):
    """A Phillips-Ouliaris test; the attributes mean what those of :class:`PPResult` mean.

    Attributes
    ----------
    stat, p : float
        Z_t of the residual, and its chance if H0 holds, given that the line was fitted.
    lags, n : int
    critical : dict of str to float
        Of ``stat``.
    h0 : str
    z_alpha, p_alpha : float
        Z_alpha of the residual, and its chance if H0 holds.

    Examples
    --------
    >>> test = POResult(-3.81, 0.013, 7, 1440, {"5%": -3.34}, "no cointegration", -28.1, 0.011)
    >>> test, test.word
    (.stat=-3.81 .p=0.013  H0: no cointegration → rejected at 5 %, 'cointegrated')
    """

    z_alpha: float
    p_alpha: float

    @property
    def word(self) -> str:
        """``cointegrated`` if H0 is rejected, else ``not cointegrated``: not shown to be."""
        return "cointegrated" if self.p < LEVEL else "not cointegrated"


def phillips_ouliaris(
    y: Vector, x: Vector, lags: Bandwidth = "auto", max_n: int = 2_000
) -> POResult:
    """Phillips-Ouliaris test, with a constant, of the hypothesis that y and x drift apart.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        Finite, usually log prices, each a random walk by itself. y is explained by x; the other
        order is another test, so choose it beforehand.
    lags : ``"auto"`` or int
        Autocovariances in the long-run variance of the residual's shocks; ``"auto"`` is Newey and
        West's ``floor(4 * (n / 100) ** (2 / 9))``.
    max_n : int
        Only the last ``max_n`` observations are used.

    Returns
    -------
    POResult
        ``h0`` is no cointegration. Not rejecting it does not prove it.

    Raises
    ------
    NotEnoughData
        With fewer than 20 observations, or than four for each lag and two more.
    UsageError
        If a value is not finite, a leg does not move, the legs move as one, or the residual
        follows an exact rule.
    ShapeError
        If the lengths differ.

    Notes
    -----
    The regression of each residual on the one before, its coefficient and t corrected for the
    memory of the shocks. Z_t has the limit of Engle-Granger's t, so p and the critical values are
    MacKinnon's for a fitted line through two series (1994, 2010); p of Z_alpha is his of 1994.
    The verdict goes by Z_t. As :func:`phillips_perron` it rejects too often where steps turn back.

    Repeated on a rolling window it is no test at 5 % any more: nine in ten pairs of unrelated walks
    are called cointegrated at least once by 101 windows of 250 bars, each 10 bars after the last.

    References
    ----------
    Phillips and Ouliaris (1990), Econometrica 58(1), 165-193. doi:10.2307/2938339
    MacKinnon (1994), J. Business & Economic Statistics 12(2), 167-176. doi:10.2307/1391481

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(7)
    >>> x = rng.normal(size=500).cumsum()
    >>> phillips_ouliaris(1 + 2 * x + rng.normal(size=500), x).word
    'cointegrated'
    """
    y, x = admissible("phillips_ouliaris", least_bandwidth(lags), max_n, y=y, x=x)
    residual = residual_of(y, x)
    dickey_fuller(residual, 1, "c")  # refuses an exact rule
    n_lags = newey_west_bandwidth(lags, len(y))
    z_t, z_alpha = _corrected(residual / residual.std(), n_lags)
    p, critical = p_value(z_t, 2), critical_values(2, len(y) - 1)
    p_alpha = p_value_z(z_alpha, 2)
    return POResult(z_t, p, n_lags, len(y), critical, "no cointegration", z_alpha, p_alpha)


def _corrected(residual: Vector, n_lags: int) -> tuple[float, float]:
    """Z_t and Z_alpha of the regression of each residual on the one before, without a constant."""
    n, now, before = len(residual), residual[1:], residual[:-1]
    squares = float(before @ before)
    alpha = float(now @ before) / squares
    shock = now - alpha * before
    long = long_run_variance(shock, n_lags) * (n - 1)
    gap = alpha - 1 - (long - float(shock @ shock)) / 2 / squares
    return gap / math.sqrt(long / n / squares), n * gap
