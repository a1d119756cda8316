"""Which of two prices moves first: cross-correlation of returns at each lag.

The one that moves first need not be the cause.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from quantlive_nb.analytics.core.argument import whole
from quantlive_nb.analytics.core.vector import NOISE, require_finite, sealed, vectors
from quantlive_nb.analytics.correlation.correlation import NORMAL_975, returns
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.types import Ints, Vector

__all__ = ["LeadLag", "lead_lag"]


@dataclass(frozen=True, slots=True, repr=False)
class LeadLag:
    """Correlation of y's returns with x's earlier and later ones.

    Attributes
    ----------
    lags : Ints, shape (2 k + 1,), bars
        Above 0: x so many bars before y.
    rho : Vector, shape (2 k + 1,), in [-1, 1]
    band : float
        One lag, chosen beforehand, lies beyond ±band in 5 % of cases if the two are unrelated.
    band_all : float
        Any of the lags does (Šidák): what the largest has to pass.
    n : int
        Returns.

    Examples
    --------
    >>> LeadLag(np.array([-1, 0, 1]), np.array([0.1, 0.5, 0.8]), 0.1, 0.12, 400)
    LeadLag(x leads y by 1 bar: rho=0.800, band=0.120, n=400)
    """

    lags: Ints
    rho: Vector
    band: float
    band_all: float
    n: int

    def __repr__(self) -> str:
        """The verdict, its correlation, its band and the count."""
        return f"LeadLag({self.word}: rho={self.peak:.3f}, band={self.band_all:.3f}, n={self.n})"

    @property
    def lag(self) -> int:
        """The lag at which the correlation is furthest from 0, in bars."""
        return int(self.lags[np.abs(self.rho).argmax()])

    @property
    def peak(self) -> float:
        """The correlation there."""
        return float(self.rho[np.abs(self.rho).argmax()])

    @property
    def word(self) -> str:
        """Who leads, if anything passes the band of all lags."""
        if abs(self.peak) <= self.band_all:
            return "nothing passes the band of all lags"
        if self.lag == 0:
            return "neither leads"
        first, second = ("x", "y") if self.lag > 0 else ("y", "x")
        unit = "bar" if abs(self.lag) == 1 else "bars"
        return f"{first} leads {second} by {abs(self.lag)} {unit}"


def lead_lag(y: Vector, x: Vector, max_lag: int = 20) -> LeadLag:
    """Cross-correlation of the log returns of two prices.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        Prices, finite and above 0, a bar apart.
    max_lag : int, bars
        At least 1, at most a quarter of the returns.

    Returns
    -------
    LeadLag

    Raises
    ------
    NotEnoughData
        With fewer than ``4 * max_lag + 1`` prices, or than 21.
    UsageError
        If a price is not finite and above 0 or does not move, or ``max_lag`` is below 1.
    ShapeError
        If the lengths differ.

    Notes
    -----
    ``rho(k) = sum(y[t] x[t-k]) / sqrt(sum(y²) sum(x²))`` of returns without their means, the sums
    of squares over all bars. The bands, ``1.96 / sqrt(n)`` and its Šidák version, hold for returns
    that do not remember. A market that trades seldom seems to lag behind one that trades often.

    References
    ----------
    Bartlett (1946), J. Royal Statistical Society Supplement 8(1), 27-41. doi:10.2307/2983611
    Šidák (1967), JASA 62(318), 626-633. doi:10.1080/01621459.1967.10482935

    Examples
    --------
    >>> x = np.exp(1e-3 * np.random.default_rng(7).normal(size=500).cumsum())
    >>> lead_lag(np.r_[x[:3], x[:-3]], x).word
    'x leads y by 3 bars'
    """
    max_lag = whole("max_lag", max_lag, 1, "a whole number of bars from 1")
    y, x = vectors(y=y, x=x)
    need = max(4 * max_lag, 20) + 1
    if len(y) < need:
        raise NotEnoughData("lead_lag", len(y), need)
    require_finite(y=y, x=x)
    of_y, of_x = _centred("y", y), _centred("x", x)
    n = len(of_y)
    size = math.sqrt(of_y @ of_y) * math.sqrt(of_x @ of_x)
    lags = range(-max_lag, max_lag + 1)
    later = [of_y[max(lag, 0) : n + min(lag, 0)] for lag in lags]
    sooner = [of_x[max(-lag, 0) : n - max(lag, 0)] for lag in lags]
    products = np.array([float(a @ b) for a, b in zip(later, sooner, strict=True)])
    quantile = NormalDist().inv_cdf((1 + 0.95 ** (1 / len(lags))) / 2)
    rho = np.clip(products / size, -1.0, 1.0)
    root = math.sqrt(n)
    return LeadLag(sealed(np.array(lags)), sealed(rho), NORMAL_975 / root, quantile / root, n)


def _centred(name: str, price: Vector) -> Vector:
    """Log returns without their mean, if they move."""
    change = returns(price)[1:]
    change = np.asarray(change - change.mean())
    if math.sqrt(float(change @ change) / len(change)) <= NOISE:
        raise UsageError(f"{name} does not move: wait for trades, or choose another symbol")
    return change
