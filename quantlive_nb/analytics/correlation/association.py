"""The correlation of a whole sample of returns: value, interval and test."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from quantlive_nb.analytics.core.argument import one_of
from quantlive_nb.analytics.core.hypothesis import shown, verdict
from quantlive_nb.analytics.core.summary import summary
from quantlive_nb.analytics.core.vector import NOISE, require_finite, vectors
from quantlive_nb.analytics.correlation.correlation import NORMAL_975, fisher_band, returns
from quantlive_nb.analytics.correlation.rank import PLACES
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.types import Vector

__all__ = ["CorrelationResult", "correlate"]

LEAST = 10
"""Returns below which an interval covers nearly everything."""
Method = Literal["pearson", "spearman"]


@dataclass(frozen=True, slots=True, repr=False)
class CorrelationResult:
    """A correlation of returns, and how far it can be trusted.

    Attributes
    ----------
    rho : float, in [-1, 1]
    low, high : float
        Ends of the 95 % interval.
    p : float
        Chance of a correlation as far from 0 as this if H0 holds.
    n : int
        Pairs of returns.
    method : str
        ``pearson`` or ``spearman``.
    h0 : str
        What the test tries to reject, in words.

    Examples
    --------
    >>> CorrelationResult(0.82, 0.78, 0.85, 0.0, 400, "pearson")
    0.820 [0.780, 0.850] (pearson, n=400) .p<0.001  H0: no correlation → rejected at 5 %
    """

    rho: float
    low: float
    high: float
    p: float
    n: int
    method: str
    h0: str = "no correlation"

    def __repr__(self) -> str:
        """Value, interval, count, test."""
        value = f"{self.rho:.3f} [{self.low:.3f}, {self.high:.3f}] ({self.method}, n={self.n})"
        return f"{value} {shown(self.p)}  H0: {self.h0} → {verdict(self.p)}"


def correlate(y: Vector, x: Vector, method: Method = "pearson") -> CorrelationResult:
    """Correlation of the log returns of two prices over all bars.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        Prices, finite and above 0, in the order of time.
    method : ``"pearson"`` or ``"spearman"``
        Of the returns, or of their ranks.

    Returns
    -------
    CorrelationResult

    Raises
    ------
    NotEnoughData
        With fewer than 11 prices.
    UsageError
        If a price is not finite and above 0, a price does not move, or there is no such method.
    ShapeError
        If the lengths differ.

    Notes
    -----
    The interval is Fisher's, ``tanh(atanh(rho) ± 1.96 s)``, with ``s = 1 / sqrt(n - 3)``, and for
    ranks ``s = sqrt((1 + rho**2 / 2) / (n - 3))``. The test is Student's t of ``n - 2`` degrees of
    freedom. Both take the pairs for independent of one another; returns that follow each other or
    have fat tails make them too narrow.

    References
    ----------
    Fisher (1915), Biometrika 10(4), 507-521. doi:10.2307/2331838
    Bonett and Wright (2000), Psychometrika 65(1), 23-28. doi:10.1007/BF02294183

    Examples
    --------
    >>> walks = np.random.default_rng(7).normal(size=(2, 400)).cumsum(axis=1)
    >>> x, own = np.exp(1e-3 * walks)
    >>> correlate(x * own**0.5, x)
    0.881 [0.857, 0.902] (pearson, n=399) .p<0.001  H0: no correlation → rejected at 5 %
    """
    from scipy.special import stdtr

    one_of("method", method, get_args(Method), '"pearson" or "spearman"')
    y, x = vectors(y=y, x=x)
    if len(y) < LEAST + 1:
        raise NotEnoughData("correlate", len(y), LEAST + 1)
    require_finite(y=y, x=x)
    of_y, of_x = (_moving(name, returns(price)[1:]) for name, price in (("y", y), ("x", x)))
    if method == "spearman":
        of_y, of_x = _ranks(of_y), _ranks(of_x)
    n = len(of_y)
    rho = float(np.clip(np.corrcoef(of_y, of_x)[0, 1], -1.0, 1.0))
    low, high = fisher_band(rho, n) if method == "pearson" else _rank_band(rho, n)
    rest = 1 - rho * rho
    t = rho * math.sqrt((n - 2) / rest) if rest > 0 else math.inf
    return CorrelationResult(rho, low, high, 2 * float(stdtr(n - 2, -abs(t))), n, method)


def _moving(name: str, change: Vector) -> Vector:
    """The returns, if they are not all the same."""
    if summary(change).std <= NOISE:
        raise UsageError(f"{name} does not move: wait for trades, or choose another symbol")
    return change


def _ranks(change: Vector) -> Vector:
    """Ranks of the returns; what differs by rounding is a tie."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(change.round(PLACES)), np.float64)


def _rank_band(rho: float, n: int) -> tuple[float, float]:
    """The interval of a correlation of ranks."""
    if abs(rho) == 1:
        return rho, rho
    half = NORMAL_975 * math.sqrt((1 + rho * rho / 2) / (n - 3))
    return math.tanh(math.atanh(rho) - half), math.tanh(math.atanh(rho) + half)
