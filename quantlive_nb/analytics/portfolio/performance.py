"""Performance of a series of returns: annualized return, risk and ratios.

A market that never closes has years of 365 days.
"""

import math
from dataclasses import dataclass

import numpy as np

from quantlive_nb.analytics.core.argument import finite, length_us
from quantlive_nb.analytics.core.vector import NOISE, require_finite, vectors
from quantlive_nb.analytics.pair.ols import ols
from quantlive_nb.analytics.portfolio.drawdown import max_drawdown
from quantlive_nb.analytics.portfolio.portfolio import equity_curve
from quantlive_nb.analytics.volatility.volatility import YEAR_US
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.interval import Micros
from quantlive_nb.types import Vector

__all__ = ["LEAST", "Performance", "bars_per_year", "performance"]

LEAST = 20
RISK_FREE = "what money earns in a year, such as 0.04 for 4 %"
MOST = 700.0
"""The logarithm of a growth beyond which float64 has no number."""


@dataclass(frozen=True, slots=True, repr=False)
class Performance:
    """Returns of some bars, in figures of a year of 365 days.

    Attributes
    ----------
    total : float
        Of all bars together; 0.1 is 10 %.
    yearly : float
        What the mean log return would make of a year; of short stretches it is a guess, and
        infinite where no number is large enough.
    volatility : float
        Per root year.
    sharpe, sharpe_se : float
        Mean return above the risk-free one over the volatility, per root year, and its standard
        error. NaN where nothing moved.
    sortino : float
        The same over the root mean square of returns below the risk-free one; NaN where none is.
    calmar : float
        ``yearly`` over the deepest fall; NaN where it never fell.
    max_drawdown : float, in [0, 1]
    hit_rate : float, in [0, 1]
        Part of the bars with a return above 0, of those that moved.
    beta, beta_low, beta_high : float
        Return per return of the market, and its 95 % interval; NaN where no market was given.
    n : int
        Returns.
    bars_per_year : float

    Examples
    --------
    >>> nan = math.nan
    >>> Performance(0.02, 0.3, 0.2, 1.4, 0.9, 2.0, 5.0, 0.06, 0.53, nan, nan, nan, 600, 8_760.0)
    Performance(total=+2.0 %, volatility=20 %, sharpe=1.40 ± 1.76, drawdown=6.0 %, n=600)
    """

    total: float
    yearly: float
    volatility: float
    sharpe: float
    sharpe_se: float
    sortino: float
    calmar: float
    max_drawdown: float
    hit_rate: float
    beta: float
    beta_low: float
    beta_high: float
    n: int
    bars_per_year: float

    def __repr__(self) -> str:
        """Return, risk, their ratio with its 95 % interval, fall, count."""
        ratio = f"sharpe={self.sharpe:.2f} ± {1.96 * self.sharpe_se:.2f}"
        risk = f"volatility={100 * self.volatility:.0f} %, {ratio}"
        fall = f"drawdown={100 * self.max_drawdown:.1f} %, n={self.n}"
        return f"Performance(total={100 * self.total:+.1f} %, {risk}, {fall})"


def performance(
    returns: Vector,
    every_us: Micros,
    *,
    risk_free: float = 0.0,
    market: "Vector | None" = None,
) -> Performance:
    """Return, risk and their ratios of a portfolio or of a backtest's equity.

    Parameters
    ----------
    returns : Vector, shape (n,)
        Simple returns, a bar apart. NaN at the beginning are left out; later ones are refused.
    every_us : int, µs, or str
        Length of a bar: 60_000_000 or ``"1min"``.
    risk_free : float
        What money earns in a year without risk; 0.04 is 4 %.
    market : Vector, shape (n,), optional
        Simple returns of the market, for ``beta``.

    Returns
    -------
    Performance

    Raises
    ------
    NotEnoughData
        With fewer than 20 returns.
    UsageError
        If a return is not finite or below -1, ``every_us`` is not above 0, or ``risk_free`` not
        above -1.
    ShapeError
        If the market has another length.

    Notes
    -----
    ``sharpe = mean(r - f) / std(r, ddof=1) * sqrt(bars a year)``; its standard error is Mertens',
    ``sqrt((1 + s²/2 - s skew + s² (kurtosis - 3) / 4) / n)`` of the ratio s of a bar, for returns
    that do not follow each other. A ratio of a few days, brought to a year, has an error larger
    than itself: the error is shown for that reason. The best of many tried strategies is better
    than it is.

    References
    ----------
    Sharpe (1994), J. Portfolio Management 21(1), 49-58. doi:10.3905/jpm.1994.409501
    Lo (2002), Financial Analysts Journal 58(4), 36-52. doi:10.2469/faj.v58.n4.2453
    Sortino and Price (1994), J. Investing 3(3), 59-64. doi:10.3905/joi.3.3.59

    Examples
    --------
    >>> day = 86_400_000_000
    >>> returns = 0.01 * np.random.default_rng(7).normal(size=365)
    >>> performance(returns, day).n
    365
    """
    risk_free = finite("risk_free", risk_free, RISK_FREE, above=-1)
    series = _known((returns,) if market is None else (returns, market))
    per_year = bars_per_year(every_us)
    change = series[0]
    if len(change) < LEAST:
        raise NotEnoughData("performance", len(change), LEAST)
    equity = equity_curve(change)
    if equity[-1] <= 0:
        raise UsageError("everything was lost: there is no yearly return")
    n, deviation = len(change), float(change.std(ddof=1))
    excess = change - ((1 + risk_free) ** (1 / per_year) - 1)
    below = math.sqrt(float(np.square(np.minimum(excess, 0.0)).mean()))
    growth = math.log(float(equity[-1])) * per_year / n
    yearly = math.expm1(growth) if growth < MOST else math.inf
    depth = max_drawdown(np.r_[1.0, equity]).depth
    moved = change[change != 0]
    ratio, error = _sharpe(excess, deviation)
    root = math.sqrt(per_year)
    return Performance(
        total=float(equity[-1]) - 1,
        yearly=yearly,
        volatility=deviation * root,
        sharpe=ratio * root,
        sharpe_se=error * root,
        sortino=float(excess.mean()) / below * root if below > NOISE else math.nan,
        calmar=yearly / depth if depth > NOISE else math.nan,
        max_drawdown=depth,
        hit_rate=float((moved > 0).mean()) if len(moved) else math.nan,
        **_beta(series),
        n=n,
        bars_per_year=per_year,
    )


def bars_per_year(every_us: Micros) -> float:
    """Bars in a year of 365 days.

    Raises
    ------
    UsageError
        If ``every_us`` is not above 0.

    Examples
    --------
    >>> bars_per_year(3_600_000_000)
    8760.0
    """
    return YEAR_US / length_us("every_us", every_us)


def _known(given: tuple[Vector, ...]) -> tuple[Vector, ...]:
    """The returns from the first one on that all have; no hole after it."""
    series = vectors(**dict(zip(("returns", "market"), given, strict=False)))
    known = np.flatnonzero(~np.isnan(np.stack(series)).any(axis=0))
    first = int(known[0]) if len(known) else len(series[0])
    rest = tuple(one[first:] for one in series)
    require_finite(**dict(zip(("returns", "market"), rest, strict=False)))
    return rest


def _sharpe(excess: Vector, deviation: float) -> tuple[float, float]:
    """The ratio of a bar and its standard error."""
    if deviation <= NOISE:
        return math.nan, math.nan
    n, ratio = len(excess), float(excess.mean()) / deviation
    unit = (excess - excess.mean()) / excess.std()
    skew, kurtosis = float((unit**3).mean()), float((unit**4).mean())
    square = 1 + ratio**2 / 2 - ratio * skew + ratio**2 * (kurtosis - 3) / 4
    return ratio, math.sqrt(max(square, 0.0) / n)


def _beta(series: tuple[Vector, ...]) -> dict[str, float]:
    """Slope of the returns on the market's, if there is one that moves."""
    if len(series) < 2 or float(series[1].std()) <= NOISE:
        return dict.fromkeys(("beta", "beta_low", "beta_high"), math.nan)
    line = ols(series[0], series[1])
    return {"beta": line.beta, "beta_low": line.beta_low, "beta_high": line.beta_high}
