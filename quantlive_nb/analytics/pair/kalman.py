"""A time-varying line of y on x, estimated by a Kalman filter.

The noise of the line is estimated on a warm-up, then kept.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from quantlive_nb.analytics.core.argument import finite
from quantlive_nb.analytics.core.vector import EXACT, NOISE, sealed, vectors
from quantlive_nb.analytics.core.window import require_window
from quantlive_nb.analytics.pair.kalman_recursion import Matrix, filtered
from quantlive_nb.analytics.pair.ols import LEAST, ols
from quantlive_nb.errors import UsageError
from quantlive_nb.types import Vector

__all__ = ["KalmanFit", "kalman"]

N_STATES = 2
"""Innovations that only replace ignorance: they say nothing of the noise."""
SEARCH = (-9.0, 1.0)
"""Powers of ten of the state's noise between which the likelihood is searched."""
SEARCH_ENDS = {"xatol": 1e-3, "fatol": 1e-8}
"""When the search is over: a thousandth of a power of ten is far below what a warm-up can tell."""


@dataclass(frozen=True, slots=True, repr=False)
class KalmanFit:
    """A line for every bar, known before that bar, and how far the bar surprised it.

    Attributes
    ----------
    alpha, beta : Vector, shape (n,)
        The line before its bar: from data strictly before it. NaN while warming.
    innovation : Vector, shape (n,), in y's unit
        ``y - (alpha + beta * x)``: the spread.
    variance : Vector, shape (n,)
        What the filter expected of its square.
    zscore : Vector, shape (n,), dimensionless
        ``innovation / sqrt(variance)``.
    q_level, q_beta : float
        Variance of the line's shift after a bar, and of its turn about the bar's x.
    r : float
        Variance of y around the line.
    warmup : int, bars

    Examples
    --------
    >>> column = np.array([np.nan, 1.25])
    >>> KalmanFit(column, column, column, column, column, 0.0, 0.0, 1.0, warmup=1)
    KalmanFit(beta=1.25, z=1.25, n=2, warmup=1)
    """

    alpha: Vector
    beta: Vector
    innovation: Vector
    variance: Vector
    zscore: Vector
    q_level: float
    q_beta: float
    r: float
    warmup: int

    def __repr__(self) -> str:
        """The newest slope and surprise, and counts."""
        beta, z = (float(c[-1]) if len(c) else math.nan for c in (self.beta, self.zscore))
        return f"KalmanFit(beta={beta:.4g}, z={z:.3g}, n={len(self.beta)}, warmup={self.warmup})"

    def residuals(self, y: Vector, x: Vector) -> Vector:
        """Distance of each y above its own line: the innovation, if y and x are the data fitted."""
        y, x, _ = vectors(y=y, x=x, line=self.beta)
        return y - (self.alpha + self.beta * x)


@dataclass(frozen=True, slots=True)
class _Units:
    """What a warm-up makes of a bar: y's distance from its line, and x's from its mean."""

    mean_y: float
    mean_x: float
    beta: float
    size_y: float
    size_x: float

    def standard(self, y: Vector, x: Vector) -> tuple[Vector, Vector]:
        """The data in standard units."""
        from_x = x - self.mean_x
        return (y - self.mean_y - self.beta * from_x) / self.size_y, from_x / self.size_x


def kalman(
    y: Vector, x: Vector, warmup: int = 120, *, delta: "float | Literal['ml']" = 1e-4
) -> KalmanFit:
    """Follow a line whose intercept and slope are random walks.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        Usually log prices. A NaN makes everything after it NaN: leave those bars out.
    warmup : int, bars
        At least 10. Nothing but these bars decides how noisy line and data are.
    delta : float in (0, 1), or ``"ml"``
        How much of the noise is the line's: it remembers about ``1 / sqrt(delta)`` bars. ``"ml"``
        asks the warm-up for the noise under which its innovations are most likely; give it 200.

    Returns
    -------
    KalmanFit
        The first ``warmup`` entries are NaN; so are all if in the warm-up x does not move, or y
        lies on an exact line.

    Raises
    ------
    UsageError
        If ``warmup < 10``, or delta cannot be.
    ShapeError
        If the lengths differ.

    Notes
    -----
    ``y[t] = alpha[t] + beta[t] * x[t] + error`` of variance r. After each bar the line shifts, by
    a step of variance q_level, and turns about the bar's own x, its slope by a step of variance
    q_beta; so beta is a random walk, and alpha one that lets the line turn where the price is.
    Least squares over the warm-up gives ``r``, its residual variance, and the noise
    ``q_level = r * delta / (1 - delta)``, ``q_beta = q_level / var(x)``. No price unit matters:
    x times 1 000 shifts log x, and the line with it. Were alpha and beta to walk each for itself,
    the line would turn about x = 0, far from any price, and beta become the ratio of the prices.

    The filter starts knowing nothing, and runs through the warm-up before it is shown. Covariances
    are updated in Joseph's symmetric form. Costs O(1) a bar; alpha, beta and variance of a bar read
    nothing of y at it, and nothing reads what follows. z is a surprise, not a distance from a mean:
    the line follows a spread that stays wide.

    References
    ----------
    Kalman (1960), J. Basic Engineering 82(1), 35-45. doi:10.1115/1.3662552
    Bucy and Joseph (1968), Filtering for Stochastic Processes, Interscience.
    Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter, 3.4 and 4.2.

    Examples
    --------
    >>> rng = np.random.default_rng(7)
    >>> x = 11 + 1e-3 * rng.normal(size=500).cumsum()
    >>> kalman(0.5 + 0.7 * x + 1e-4 * rng.normal(size=500), x)
    KalmanFit(beta=0.7002, z=-0.965, n=500, warmup=120)
    """
    require_window(warmup, least=LEAST)
    words = 'a number between 0 and 1, or "ml"'
    is_asked = isinstance(delta, str) and delta == "ml"
    if not is_asked and not 0 < finite("delta", delta, words) < 1:
        raise UsageError(f"delta is {delta!r}: give {words}")
    y, x = vectors(y=y, x=x)
    units = _units(y[:warmup], x[:warmup]) if len(y) >= warmup else None
    if units is None:
        none = sealed(np.full(len(y), np.nan))
        return KalmanFit(none, none, none, none, none, math.nan, math.nan, math.nan, warmup)
    with np.errstate(invalid="ignore", over="ignore"):
        u, h = units.standard(y, x)
    if isinstance(delta, str):
        q_level, q_beta, r = _likeliest(u[:warmup], h[:warmup])
    else:
        q_level = q_beta = delta / (1 - delta)
        r = 1.0
    steps = filtered(u, h, q_level, q_beta)
    return _in_units(units, steps, (q_level * r, q_beta * r, r), warmup)


@np.errstate(invalid="ignore", over="ignore")
def _units(y: Vector, x: Vector) -> "_Units | None":
    """Units from least squares over the warm-up; None where there is no line, or no error."""
    try:
        fit = ols(y, x)
    except UsageError:
        return None
    size_y = math.sqrt(float(np.sum(fit.residuals(y, x) ** 2)) / (fit.n - 2))
    if size_y <= EXACT * float(y.std()) + NOISE * float(np.abs(y).max()):
        return None
    return _Units(float(y.mean()), float(x.mean()), fit.beta, size_y, float(x.std()))


def _likeliest(u: Vector, h: Vector) -> tuple[float, float, float]:
    """The noise of level, slope and data under which the innovations are most likely."""
    from scipy.optimize import minimize

    def surprise(power: Vector) -> float:
        return _fit(u, h, *(10.0**power))[0]

    grid = np.linspace(*SEARCH, 6)
    start = min((np.array([a, b]) for a in grid for b in grid), key=surprise)
    best = minimize(surprise, start, method="Nelder-Mead", bounds=[SEARCH] * 2, options=SEARCH_ENDS)
    q_level, q_beta = (float(value) for value in 10.0**best.x)
    return q_level, q_beta, _fit(u, h, q_level, q_beta)[1]


def _fit(u: Vector, h: Vector, q_level: float, q_beta: float) -> tuple[float, float]:
    """Minus twice the log likelihood of a bar but for a constant, and the likeliest r."""
    _, _, innovation, variance = filtered(u, h, q_level, q_beta)[:, N_STATES:]
    r = float(np.mean(innovation**2 / variance))
    return math.log(r) + float(np.mean(np.log(variance))), r


def _in_units(
    units: _Units, steps: Matrix, noise: tuple[float, float, float], warmup: int
) -> KalmanFit:
    """The filter's steps in the data's units, the warm-up left out."""
    q_level, q_beta, r = noise
    square = units.size_y * units.size_y
    with np.errstate(invalid="ignore", over="ignore"):
        level, slope, innovation, variance = steps
        beta = units.beta + slope * (units.size_y / units.size_x)
        alpha = units.mean_y + level * units.size_y - beta * units.mean_x
        variance = np.where(np.isnan(slope), np.nan, variance * (r * square))
        innovation = innovation * units.size_y
        zscore = innovation / np.sqrt(variance)
    for column in (alpha, beta, innovation, variance, zscore):
        column[:warmup] = np.nan
        column[~np.isfinite(column)] = np.nan
        sealed(column)
    q_level, q_beta = q_level * square, q_beta * square / units.size_x**2
    return KalmanFit(alpha, beta, innovation, variance, zscore, q_level, q_beta, r * square, warmup)
