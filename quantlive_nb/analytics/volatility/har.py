"""The heterogeneous autoregression: tomorrow's variance from that of the last day, week and month.

This room knows no price: it takes a series of realised variances. The fit is arch's.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from quantlive_nb.analytics.core.argument import wholes
from quantlive_nb.analytics.core.vector import NOISE, require_finite, vectors
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.requirement import needing
from quantlive_nb.types import Vector

__all__ = ["HARFit", "har"]

HORIZONS = (1, 5, 22)
EXACT = 1e-12
"""What is left unexplained of a series that follows a rule."""


@dataclass(frozen=True, slots=True, repr=False)
class HARFit:
    """A regression of each variance on the mean of those before it, over several horizons.

    Attributes
    ----------
    horizons : tuple of int, periods
    const, const_se : float, variance
    weights, weights_se : tuple of float
        Of the mean over each horizon, and its standard error, robust to unequal variance.
    r2 : float
        Of the fit; out of sample it is less.
    forecast : float, variance
        Of the next period; at least 0.
    n : int
        Periods fitted.

    Examples
    --------
    >>> HARFit((1, 5), 0.1, 0.02, (0.3, 0.5), (0.1, 0.1), 0.4, 1.2, 500)
    HARFit(next=1.2, weights=(0.300, 0.500) over (1, 5), r2=0.40, n=500)
    """

    horizons: tuple[int, ...]
    const: float
    const_se: float
    weights: tuple[float, ...]
    weights_se: tuple[float, ...]
    r2: float
    forecast: float
    n: int

    def __repr__(self) -> str:
        """Forecast, weights, fit, count."""
        weights = ", ".join(f"{weight:.3f}" for weight in self.weights)
        over = f"weights=({weights}) over {self.horizons}"
        return f"HARFit(next={self.forecast:.3g}, {over}, r2={self.r2:.2f}, n={self.n})"


def har(variance: Vector, horizons: tuple[int, ...] = HORIZONS) -> HARFit:
    """Fit the heterogeneous autoregression to a series of realised variances.

    Parameters
    ----------
    variance : Vector, shape (n,)
        Realised variance of each period, such as the sum of a day's squared returns; finite, at
        least 0, in the order of time.
    horizons : tuple of int, periods
        Rising, from 1. A market that never closes has weeks of 7 and months of 30 days.

    Returns
    -------
    HARFit

    Raises
    ------
    NotEnoughData
        With fewer than the longest horizon and 20 more periods.
    UsageError
        If a variance is negative or not finite, none differs or they follow an exact rule, or
        horizons do not rise from 1 on.

    Notes
    -----
    Least squares of each variance on a constant and the mean of the last h, for each horizon h. A
    forecast below 0, which the line may give after very calm periods, is 0.

    References
    ----------
    Corsi (2009), J. Financial Econometrics 7(2), 174-196. doi:10.1093/jjfinec/nbp001

    Examples
    --------
    >>> rng = np.random.default_rng(7)
    >>> har(1 + rng.exponential(size=500)).weights[0] < 0.2
    True
    """
    words = "rising whole numbers of periods from 1"
    horizons = wholes("horizons", horizons, words)
    if any(np.diff(horizons) <= 0):
        raise UsageError(f"horizons are {horizons}: give {words}")
    (variance,) = vectors(variance=variance)
    need = horizons[-1] + 20
    if len(variance) < need:
        raise NotEnoughData("har", len(variance), need)
    require_finite(variance=variance)
    if (variance < 0).any():
        raise UsageError("a variance is below 0: give sums of squared returns")
    size = float(variance.mean())
    if float(variance.std()) <= NOISE * size:
        raise UsageError("the variance does not move: take more periods")
    with needing("stats", "har"):
        from arch.univariate import HARX

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = HARX(variance / size, lags=list(horizons), rescale=False)
        fit = model.fit(disp="off", cov_type="robust")
        ahead = float(np.asarray(fit.forecast(horizon=1).mean)[-1, 0])
        params, errors = (np.asarray(values)[:-1] for values in (fit.params, fit.std_err))
    if not (np.isfinite(errors).all() and fit.rsquared < 1 - EXACT):
        raise UsageError("the variances follow an exact rule: take more periods")
    return HARFit(
        horizons=tuple(horizons),
        const=float(params[0]) * size,
        const_se=float(errors[0]) * size,
        weights=tuple(params[1:].tolist()),
        weights_se=tuple(errors[1:].tolist()),
        r2=float(fit.rsquared),
        forecast=max(ahead, 0.0) * size,
        n=len(variance) - horizons[-1],
    )
