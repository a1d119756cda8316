"""Lines other than least squares: total least squares, Huber, Theil-Sen.

An intercept is always fitted and used.
"""

import math

import numpy as np

from quantlive_nb.analytics.core.vector import NOISE
from quantlive_nb.analytics.correlation.correlation import NORMAL_975
from quantlive_nb.analytics.pair.line_fit import Cloud, LineFit, cloud
from quantlive_nb.errors import UsageError
from quantlive_nb.types import Vector

__all__ = ["huber", "theil_sen", "total_least_squares"]

HUBER_K = 1.345
"""Residuals beyond this many deviations pull with a fixed force: 95 % as efficient if normal."""
MAD_NORMAL = 0.6744897501960817
"""Median distance from the middle of a normal distribution, in its deviations."""
MOST_STEPS = 200
"""Reweightings after which Huber's line is taken as it is."""
MOST_PAIRS = 500_000
"""Slopes of which Theil and Sen's median is taken: all pairs of 1 000 observations."""


def total_least_squares(y: Vector, x: Vector) -> LineFit:
    """The line from which the points are nearest at right angles: neither leg explains the other.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        In comparable units, as log prices are: the angle of a line depends on them. NaN is refused.

    Returns
    -------
    LineFit
        Of x on y it is the same line: the slopes' product is 1.

    Raises
    ------
    NotEnoughData
        With fewer than 10 observations.
    UsageError
        If a value is not finite, x does not move, or the points have no direction.
    ShapeError
        If the lengths differ.

    Notes
    -----
    Least squares of y on x takes x as exact, and comes out too flat where it is not. This is right
    when both legs are equally noisy. The interval is of the line's angle, ``± t * se`` with a
    Newey-West error of ``across * along``, the coordinates of each point beside and along the line,
    over the difference of their sums of squares; so it too is the same for both orders. An
    interval that holds the vertical sets beta no bound.

    References
    ----------
    Gleser (1981), Annals of Statistics 9(1), 24-44. doi:10.1214/aos/1176345330
    Newey and West (1987), Econometrica 55(3), 703-708. doi:10.2307/1913610

    Examples
    --------
    >>> x = np.arange(12.0)
    >>> total_least_squares(1 + 2 * x + np.tile([0.1, -0.1], 6), x)
    LineFit(beta=1.996 in 1.986..2.007, n=12, total least squares)
    """
    data = cloud("total_least_squares", y, x)
    twice, wider = 2 * float(data.from_y @ data.from_x), data.squares_x - data.squares_y
    elongation = math.hypot(twice, wider)
    is_vertical = twice == 0 and wider < 0
    if is_vertical or elongation <= NOISE * (data.squares_x + data.squares_y):
        raise UsageError("y and x have no common direction: choose two markets that move together")
    angle = math.atan2(twice, wider) / 2
    cos, sin = math.cos(angle), math.sin(angle)
    across, along = cos * data.from_y - sin * data.from_x, cos * data.from_x + sin * data.from_y
    half = data.half(across * along) / elongation
    beta = math.tan(angle)
    low, high = math.tan(angle - half), math.tan(angle + half)
    if abs(angle) + half >= math.pi / 2:
        low, high = -math.inf, math.inf
    return LineFit(data.alpha(beta), beta, low, high, len(data.y), "total least squares")


def huber(y: Vector, x: Vector) -> LineFit:
    """Least squares in which what lies far off pulls no harder than what lies a little off.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        Usually log prices. NaN is refused.

    Returns
    -------
    LineFit

    Raises
    ------
    NotEnoughData
        With fewer than 10 observations.
    UsageError
        If a value is not finite, x does not move, or most points, but not all, lie on one line
        exactly, so that nothing says what far is.
    ShapeError
        If the lengths differ.

    Notes
    -----
    Residuals pull in full up to 1.345 deviations, and as much as that beyond; the deviation is the
    median absolute residual over 0.6745, measured anew in each step. The line is that of
    ``statsmodels.RLM`` with ``HuberT``, whose textbook interval forgets that residuals of prices
    follow each other; this one is Newey-West, of the clipped residuals times x. It bounds the pull
    of a bad y, not that of a bad x.

    References
    ----------
    Huber (1964), Annals of Mathematical Statistics 35(1), 73-101. doi:10.1214/aoms/1177703732
    Croux, Dhaene and Hoorelbeke (2003), Robust standard errors for robust estimators, K.U. Leuven
    Discussion Paper 03.16.

    Examples
    --------
    >>> x = np.arange(12.0)
    >>> y = 1 + 2 * x + np.tile([0.1, -0.1], 6)
    >>> y[11] = 100.0
    >>> huber(y, x)
    LineFit(beta=2.012 in 1.980..2.043, n=12, huber)
    """
    data = cloud("huber", y, x)
    beta = float(data.from_y @ data.from_x) / data.squares_x
    error = data.from_y - beta * data.from_x
    rounding = NOISE * float(np.abs(data.y).max())
    if float(np.abs(error).max()) <= rounding:
        return LineFit(data.alpha(beta), beta, beta, beta, len(data.y), "huber")
    for _ in range(MOST_STEPS):
        limit = HUBER_K * float(np.median(np.abs(error))) / MAD_NORMAL
        if limit <= rounding:
            raise UsageError("most of y lies on one line exactly: use ols, or take more bars")
        weight = limit / np.maximum(np.abs(error), limit)
        was, (beta, error) = error, _weighted(data, weight)
        if float(np.abs(error - was).max()) <= 1e-12 * limit:
            break
    is_inside = np.abs(error) <= limit
    from_x = data.from_x - data.from_x[is_inside].mean()
    scores = np.clip(error, -limit, limit) * from_x
    information = float(np.sum(from_x[is_inside] ** 2))
    half = data.half(scores) / information
    alpha = float(np.mean(weight * (data.y - beta * data.x)) / np.mean(weight))
    return LineFit(alpha, beta, beta - half, beta + half, len(data.y), "huber")


def theil_sen(y: Vector, x: Vector) -> LineFit:
    """The median of the slopes between pairs of points; up to 29 % of them may be arbitrarily bad.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        Usually log prices. NaN is refused.

    Returns
    -------
    LineFit
        Half of the points lie above the line.

    Raises
    ------
    NotEnoughData
        With fewer than 10 observations.
    UsageError
        If a value is not finite, or x does not move.
    ShapeError
        If the lengths differ.

    Notes
    -----
    All pairs up to 1 000 observations. Of more, all pairs at evenly spaced distances in time, about
    500 000 of them: at 10 000 observations each point is in 100 pairs, near and far ones, so that
    hardly anything is lost, and the answer is the same each time. The cost hardly grows.

    The interval is Sen's: from the slope of one rank to that of another. Sen's ranks take the
    errors as independent; here Kendall's variance is replaced by the Newey-West variance of the
    product of the ranks of x and of the residual wherever that is larger; and where not all pairs
    are seen it grows by what the others might have said.

    References
    ----------
    Sen (1968), JASA 63(324), 1379-1389. doi:10.1080/01621459.1968.10480934
    Blom (1976), Biometrika 63(3), 573-580. doi:10.1093/biomet/63.3.573

    Examples
    --------
    >>> x = np.arange(12.0)
    >>> y = 1 + 2 * x + np.tile([0.1, -0.1], 6)
    >>> y[11] = 100.0
    >>> theil_sen(y, x)
    LineFit(beta=2.000 in 2.000..2.067, n=12, theil-sen)
    """
    data = cloud("theil_sen", y, x)
    n = len(data.y)
    slopes, n_seen = _slopes(data.from_y, data.from_x)
    if not len(slopes):
        raise UsageError("x repeats itself: take a longer window, or another symbol for X")
    beta = float(np.median(slopes))
    offset = NORMAL_975 / 2 * _rank_error(data, beta, n_seen) * n_seen
    low = max(round(len(slopes) / 2 - offset) - 1, 0)
    high = min(round(len(slopes) / 2 + offset), len(slopes) - 1)
    ends = np.partition(slopes, [low, high])
    alpha = float(np.median(data.y - beta * data.x))
    return LineFit(alpha, beta, float(ends[low]), float(ends[high]), n, "theil-sen")


def _weighted(data: Cloud, weight: Vector) -> tuple[float, Vector]:
    """Slope and residuals of weighted least squares."""
    total = float(weight.sum())
    from_y = data.from_y - float(weight @ data.from_y) / total
    from_x = data.from_x - float(weight @ data.from_x) / total
    beta = float((weight * from_x) @ from_y) / float((weight * from_x) @ from_x)
    return beta, from_y - beta * from_x


def _slopes(y: Vector, x: Vector) -> tuple[Vector, int]:
    """Slopes between points some or all distances in time apart, and how many pairs were seen."""
    n = len(y)
    stride = math.ceil(n * (n - 1) / 2 / MOST_PAIRS)
    lags = range(stride // 2 + 1, n, stride)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        slopes: Vector = np.concatenate([(y[k:] - y[:-k]) / (x[k:] - x[:-k]) for k in lags])
    finite: Vector = slopes[np.isfinite(slopes)]
    return finite, len(slopes)


def _rank_error(data: Cloud, beta: float, n_seen: int) -> float:
    """Standard error of the share of slopes below the true one, less the share above."""
    n = len(data.y)
    n_pairs = n * (n - 1) / 2
    kendall = math.sqrt(n_pairs * (2 * n + 5) / 9)
    scores = _ranks(data.from_y - beta * data.from_x) * _ranks(data.from_x)
    of_all = max(kendall, (n - 1) * data.error(scores)) / n_pairs
    return math.hypot(of_all, 1 / math.sqrt(n_seen) if n_seen < n_pairs else 0.0)


def _ranks(values: Vector) -> Vector:
    """Ranks from -1 to 1; equal values share theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    rank = np.cumsum(count) - (count - 1) / 2
    return np.asarray(2 * rank[place] / (len(values) + 1) - 1)
