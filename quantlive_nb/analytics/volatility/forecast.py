"""Evaluation of variance forecasts: walk-forward, losses, comparison."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quantlive_nb.analytics.core.argument import whole
from quantlive_nb.analytics.core.hypothesis import shown, verdict
from quantlive_nb.analytics.core.index import number
from quantlive_nb.analytics.core.long_run import long_run_variance, newey_west_bandwidth
from quantlive_nb.analytics.core.vector import NOISE, require_finite, sealed, vectors
from quantlive_nb.analytics.pair.ols import LEAST, ols
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.types import Vector

__all__ = ["DMResult", "ForecastErrors", "compare_forecasts", "forecast_errors", "walk_forward"]


@dataclass(frozen=True, slots=True, repr=False)
class ForecastErrors:
    """Errors of variance forecasts.

    Attributes
    ----------
    n : int
        Forecasts judged.
    bias : float, variance
        Mean of outcome minus forecast: above 0, forecasts were too low.
    mse : float, variance squared
    qlike : float
        Mean of ``outcome / forecast - log(outcome / forecast) - 1``: 0 is perfect. It ranks
        forecasts rightly even where the outcome is only measured with noise.
    alpha, beta, beta_low, beta_high : float
        Line of outcome on forecast, and the slope's 95 % interval: 0 and 1 of an honest forecast,
        NaN where all forecasts are the same.
    r2 : float
        Part of the outcome's variance that the line explains; NaN as the line.

    Examples
    --------
    >>> ForecastErrors(200, 0.01, 0.2, 0.05, 0.1, 0.9, 0.8, 1.0, 0.4)
    ForecastErrors(qlike=0.05, slope=0.900 [0.800, 1.000], r2=0.40, n=200)
    """

    n: int
    bias: float
    mse: float
    qlike: float
    alpha: float
    beta: float
    beta_low: float
    beta_high: float
    r2: float

    def __repr__(self) -> str:
        """Loss, slope with its interval, fit, count."""
        slope = f"slope={self.beta:.3f} [{self.beta_low:.3f}, {self.beta_high:.3f}]"
        return f"ForecastErrors(qlike={self.qlike:.3g}, {slope}, r2={self.r2:.2f}, n={self.n})"


@dataclass(frozen=True, slots=True, repr=False)
class DMResult:
    """Diebold and Mariano's test of two forecasts.

    Attributes
    ----------
    stat : float
        Mean difference of the losses in its standard errors; below 0 the first was better.
    p : float
        Chance of a difference as large if H0 holds.
    n, lags : int
        Forecasts, and autocovariances that the standard error allows for.
    h0 : str

    Examples
    --------
    >>> DMResult(-2.5, 0.012, 200, 4)
    .stat=-2.50 .p=0.012  H0: both forecasts are as good → rejected at 5 %
    """

    stat: float
    p: float
    n: int
    lags: int
    h0: str = "both forecasts are as good"

    def __repr__(self) -> str:
        """Statistic, p, hypothesis, verdict."""
        return f".stat={self.stat:.2f} {shown(self.p)}  H0: {self.h0} → {verdict(self.p)}"


def walk_forward(
    forecaster: Callable[[Vector], float], series: Vector, start: int, step: int = 1
) -> Vector:
    """Forecast each value from those before it.

    Parameters
    ----------
    forecaster : callable
        Takes the values so far, gives a forecast of the next one.
    series : Vector, shape (n,)
    start : int
        The first value that is forecast, at least 1: so many are seen before.
    step : int
        Only each ``step``-th value is forecast, where a forecaster is slow.

    Returns
    -------
    Vector, shape (n,)
        Entry t was made from ``series[:t]``; NaN where there is no forecast.

    Raises
    ------
    UsageError
        If ``start`` or ``step`` is below 1.

    Examples
    --------
    >>> walk_forward(np.mean, np.array([1.0, 3.0, 8.0]), start=1)
    array([nan,  1.,  2.])
    """
    words = "whole numbers from 1"
    start, step = (whole(*one, 1, words) for one in (("start", start), ("step", step)))
    (series,) = vectors(series=series)
    said = np.full(len(series), np.nan)
    for t in range(start, len(series), step):
        said[t] = number("the forecast", forecaster(series[:t].copy()))
    return sealed(said)


def forecast_errors(forecast: Vector, outcome: Vector) -> ForecastErrors:
    """Evaluate variance forecasts against outcomes.

    Parameters
    ----------
    forecast, outcome : Vector, shape (n,)
        Of the same moments; where one is NaN, neither is judged. Outcomes are at least 0, forecasts
        above 0.

    Returns
    -------
    ForecastErrors

    Raises
    ------
    NotEnoughData
        With fewer than 10 forecasts.
    UsageError
        If a forecast is not above 0 or an outcome is below 0.
    ShapeError
        If the lengths differ.

    Notes
    -----
    The line is Mincer and Zarnowitz's, with a Newey-West interval. The loss of an outcome of 0 is
    infinite: such outcomes are left out of ``qlike``, and of nothing else.

    References
    ----------
    Patton (2011), J. Econometrics 160(1), 246-256. doi:10.1016/j.jeconom.2010.03.034
    Mincer and Zarnowitz (1969), in: Economic Forecasts and Expectations, NBER, 3-46.

    Examples
    --------
    >>> outcome = np.arange(1.0, 21.0)
    >>> forecast_errors(outcome, outcome).qlike
    0.0
    """
    forecast, outcome = _judged(forecast, outcome)
    alpha, beta, low, high, r2 = _line(forecast, outcome)
    return ForecastErrors(
        n=len(outcome),
        bias=float((outcome - forecast).mean()),
        mse=float(np.square(outcome - forecast).mean()),
        qlike=float(_qlike(forecast, outcome)[outcome > 0].mean()),
        alpha=alpha,
        beta=beta,
        beta_low=low,
        beta_high=high,
        r2=r2,
    )


def compare_forecasts(first: Vector, second: Vector, outcome: Vector) -> DMResult:
    """Test whether one of two forecasts of a variance was better, by the QLIKE loss.

    Parameters
    ----------
    first, second, outcome : Vector, shape (n,)
        Of the same moments; where one is NaN, or the outcome 0, nothing is judged.

    Returns
    -------
    DMResult

    Raises
    ------
    NotEnoughData
        With fewer than 10 moments.
    UsageError
        If a forecast is not above 0, an outcome is below 0, or the losses do not differ.
    ShapeError
        If the lengths differ.

    Notes
    -----
    The standard error is Newey-West's; the statistic is held against the normal distribution. It
    compares forecasts, not models, and says nothing where one model contains the other.

    References
    ----------
    Diebold and Mariano (1995), J. Business & Economic Statistics 13(3), 253-263.
    doi:10.1080/07350015.1995.10524599

    Examples
    --------
    >>> rng = np.random.default_rng(7)
    >>> outcome = rng.exponential(size=300)
    >>> compare_forecasts(np.ones(300), np.full(300, 3.0), outcome).p < 0.05
    True
    """
    first, second, outcome = vectors(first=first, second=second, outcome=outcome)
    there = np.isfinite(first) & np.isfinite(second) & (outcome > 0)
    losses = [
        _qlike(*_judged(one[there], outcome[there], "compare_forecasts")) for one in (first, second)
    ]
    gap = losses[0] - losses[1]
    lags = newey_west_bandwidth("auto", len(gap))
    variance = long_run_variance(gap - gap.mean(), lags)
    if variance <= NOISE**2:
        raise UsageError("the two forecasts lose the same: compare different ones")
    stat = float(gap.mean()) * math.sqrt(len(gap) / variance)
    return DMResult(stat, math.erfc(abs(stat) / math.sqrt(2)), len(gap), lags)


def _judged(
    forecast: Vector, outcome: Vector, what: str = "forecast_errors"
) -> tuple[Vector, Vector]:
    """Forecasts and outcomes where both are there."""
    forecast, outcome = vectors(forecast=forecast, outcome=outcome)
    there = ~(np.isnan(forecast) | np.isnan(outcome))
    forecast, outcome = forecast[there], outcome[there]
    if len(forecast) < LEAST:
        raise NotEnoughData(what, len(forecast), LEAST)
    if not (np.isfinite(forecast).all() and np.isfinite(outcome).all()):
        raise UsageError("a forecast or an outcome is infinite: leave it out")
    require_finite(forecast=forecast, outcome=outcome)
    if (forecast <= 0).any() or (outcome < 0).any():
        raise UsageError("a forecast is not above 0, or an outcome below 0: these are variances")
    return forecast, outcome


def _line(forecast: Vector, outcome: Vector) -> tuple[float, float, float, float, float]:
    """Intercept, slope, the slope's interval and the part explained of outcome on forecast."""
    if min(forecast.std() / forecast.mean(), outcome.std()) <= NOISE:
        return (math.nan,) * 5
    line = ols(outcome, forecast)
    rest = line.residuals(outcome, forecast)
    explained = 1 - float(rest.var() / outcome.var())
    return line.alpha, line.beta, line.beta_low, line.beta_high, explained


def _qlike(forecast: Vector, outcome: Vector) -> Vector:
    """Loss of each forecast; infinite where the outcome is 0."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        ratio = outcome / forecast
        return np.asarray(ratio - np.log(ratio) - 1)
