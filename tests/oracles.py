"""Slow, obvious twins of the analytics: plain Python loops over plain numbers.

They say what an analytic means, not how it is computed: no window is shared with the next one, and
sums are exactly rounded (:func:`math.fsum`).
"""

import itertools
import math
from collections.abc import Callable, Sequence

Numbers = Sequence[float]
NAN = math.nan


def mean(x: Numbers) -> float:
    """Sum over count."""
    return math.fsum(x) / len(x)


def std(x: Numbers) -> float:
    """Root of the mean squared distance from the mean, ``ddof=1``."""
    centre = mean(x)
    return math.sqrt(math.fsum((value - centre) ** 2 for value in x) / (len(x) - 1))


def line(y: Numbers, x: Numbers) -> tuple[float, float]:
    """Intercept and slope of the least-squares line."""
    mean_y, mean_x = mean(y), mean(x)
    product = math.fsum((a - mean_y) * (b - mean_x) for a, b in zip(y, x, strict=True))
    beta = product / math.fsum((b - mean_x) ** 2 for b in x)
    return mean_y - beta * mean_x, beta


def pearson(y: Numbers, x: Numbers) -> float:
    """Covariance over the product of the deviations."""
    mean_y, mean_x = mean(y), mean(x)
    product = math.fsum((a - mean_y) * (b - mean_x) for a, b in zip(y, x, strict=True))
    return product / (len(y) - 1) / std(y) / std(x)


def before(statistic: Callable[..., float], window: int, *series: Numbers) -> list[float]:
    """A statistic of the values before each value; NaN until there are enough."""
    return [
        statistic(*(x[t - window : t] for x in series)) if t >= window else NAN
        for t in range(len(series[0]))
    ]


def zscore(x: Numbers, window: int) -> list[float]:
    """Distance from the mean of the values before, in their deviations."""
    means, deviations = before(mean, window, x), before(std, window, x)
    return [(x[t] - means[t]) / deviations[t] for t in range(len(x))]


def spread(y: Numbers, x: Numbers, window: int) -> list[float]:
    """Distance of y from the line through the values before."""
    alpha = before(lambda a, b: line(a, b)[0], window, y, x)
    beta = before(lambda a, b: line(a, b)[1], window, y, x)
    return [y[t] - (alpha[t] + beta[t] * x[t]) for t in range(len(y))]


def returns(price: Numbers) -> list[float]:
    """Logarithm of each price over the one before it."""
    return [NAN, *(math.log(now / was) for was, now in itertools.pairwise(price))]


def correlation(y: Numbers, x: Numbers, window: int) -> list[float]:
    """Pearson correlation of the last ``window`` returns."""
    of_y, of_x = returns(y), returns(x)
    return [
        pearson(of_y[t - window + 1 : t + 1], of_x[t - window + 1 : t + 1]) if t >= window else NAN
        for t in range(len(y))
    ]


def newey_west(y: Numbers, x: Numbers, n_lags: int) -> float:
    """Standard error of the slope, allowing for ``n_lags`` lags of autocorrelation."""
    n, mean_x = len(y), mean(x)
    alpha, beta = line(y, x)
    score = [(x[t] - mean_x) * (y[t] - alpha - beta * x[t]) for t in range(n)]
    total = 0.0
    for i in range(n):
        for j in range(n):
            total += max(0.0, 1 - abs(i - j) / (n_lags + 1)) * score[i] * score[j]
    return math.sqrt(total * n / (n - 2)) / math.fsum((b - mean_x) ** 2 for b in x)
