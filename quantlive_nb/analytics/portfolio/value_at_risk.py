"""Value at risk and expected shortfall, by three methods."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, get_args

import numpy as np

from quantlive_nb.analytics.core.argument import finite, one_of
from quantlive_nb.analytics.core.vector import NOISE, require_finite, vectors
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.types import Vector

__all__ = ["TailRisk", "value_at_risk"]

Method = Literal["historical", "gaussian", "cornish-fisher"]
LEAST_BEYOND = 5
"""Returns that have to lie beyond the level for a tail to be seen at all."""
N_NODES = 64
"""Quantiles at which a bent tail is looked at: Gauss-Legendre's."""


@dataclass(frozen=True, slots=True, repr=False)
class TailRisk:
    """A loss that is exceeded seldom, and what is lost on average when it is.

    Attributes
    ----------
    var : float
        Value at risk: the loss that the chosen part of bars does not exceed. Losses are above 0:
        0.02 is two percent. NaN where it is withheld.
    es : float
        Expected shortfall: the mean loss of the other bars; never below ``var``.
    level : float
        0.95 for the worst twentieth.
    method : str
    n : int
        Returns.
    withheld : str
        Why there is no answer; empty where there is one.

    Examples
    --------
    >>> TailRisk(0.021, 0.03, 0.95, "historical", 500)
    TailRisk(95 %: VaR 2.1 %, ES 3 %, historical, n=500)
    """

    var: float
    es: float
    level: float
    method: str
    n: int
    withheld: str = ""

    def __repr__(self) -> str:
        """Level, both losses or the reason, method, count."""
        losses = self.withheld or f"VaR {100 * self.var:.3g} %, ES {100 * self.es:.3g} %"
        return f"TailRisk({100 * self.level:g} %: {losses}, {self.method}, n={self.n})"


def value_at_risk(returns: Vector, level: float = 0.95, method: Method = "historical") -> TailRisk:
    """Value at risk and expected shortfall of the next bar.

    Parameters
    ----------
    returns : Vector, shape (n,)
        Simple returns of one bar, finite; NaN at the beginning are left out.
    level : float, between 0.5 and 1
    method : str
        - ``"historical"``: the returns as they were (default).
        - ``"gaussian"``: a normal distribution of their mean and deviation.
        - ``"cornish-fisher"``: one that is bent by their skewness and kurtosis.

    Returns
    -------
    TailRisk
        Cornish-Fisher's is withheld where the bent quantiles do not rise: then it is no
        distribution, however real its number looks.

    Raises
    ------
    NotEnoughData
        With so few returns that fewer than 5 lie beyond the level.
    UsageError
        If a return is not finite, nothing moves, or an argument cannot be.

    Notes
    -----
    The historical shortfall is the mean of the worst ``(1 - level) * n`` returns, the last of them
    in part. All take bars for independent and alike; volatility comes in clusters, so in a storm
    all are too low.

    References
    ----------
    Acerbi and Tasche (2002), J. Banking & Finance 26(7), 1487-1503.
    doi:10.1016/S0378-4266(02)00283-2
    Cornish and Fisher (1938), Revue de l'Institut International de Statistique 5(4), 307-320.
    doi:10.2307/1400905
    Maillard (2012), A User's Guide to the Cornish Fisher Expansion. doi:10.2139/ssrn.1997178

    Examples
    --------
    >>> returns = 0.01 * np.random.default_rng(7).normal(size=2_000)
    >>> value_at_risk(returns, method="gaussian")
    TailRisk(95 %: VaR 1.66 %, ES 2.07 %, gaussian, n=2000)
    """
    part = "a part between 0.5 and 1, such as 0.95"
    if not 0.5 < (level := finite("level", level, part)) < 1:
        raise UsageError(f"level is {level}: give {part}")
    one_of("method", method, get_args(Method))
    (returns,) = vectors(returns=returns)
    known = ~np.isnan(returns)
    returns = returns[int(known.argmax()) if known.any() else len(returns) :]
    need = math.ceil(LEAST_BEYOND / (1 - level) - 1e-9)
    if len(returns) < need:
        raise NotEnoughData("value_at_risk", len(returns), need)
    require_finite(returns=returns)
    if float(returns.std()) <= NOISE:
        raise UsageError("nothing moves: wait for trades, or hold something else")
    ways = {"historical": _historical, "gaussian": _gaussian, "cornish-fisher": _cornish_fisher}
    var, es, withheld = ways[method](returns, level)
    return TailRisk(var, es, level, method, len(returns), withheld)


def _historical(returns: Vector, level: float) -> tuple[float, float, str]:
    """Of the returns in their order."""
    losses = np.sort(-returns)[::-1]
    beyond = (1 - level) * len(losses)
    whole = math.floor(beyond + 1e-9)
    part = max(beyond - whole, 0.0)
    total = float(losses[:whole].sum()) + part * float(losses[min(whole, len(losses) - 1)])
    at = whole if part > 1e-9 else whole - 1
    return float(losses[at]), total / beyond, ""


def _gaussian(returns: Vector, level: float) -> tuple[float, float, str]:
    """Of the normal distribution."""
    normal, mean, deviation = NormalDist(), float(returns.mean()), float(returns.std(ddof=1))
    quantile = normal.inv_cdf(level)
    return (
        deviation * quantile - mean,
        deviation * normal.pdf(quantile) / (1 - level) - mean,
        "",
    )


def _cornish_fisher(returns: Vector, level: float) -> tuple[float, float, str]:
    """Of the bent one; its shortfall by integrating the quantiles beyond the level."""
    mean, deviation = float(returns.mean()), float(returns.std(ddof=1))
    unit = (returns - mean) / returns.std()
    skew, excess = float((unit**3).mean()), float((unit**4).mean()) - 3

    def bent(z: Vector) -> Vector:
        shift = (z**2 - 1) * skew / 6 + (z**3 - 3 * z) * excess / 24
        return np.asarray(z + shift - (2 * z**3 - 5 * z) * skew**2 / 36)

    grid = np.linspace(-4.0, 4.0, 801)
    if (np.diff(bent(grid)) <= 0).any():
        return math.nan, math.nan, "skewness and kurtosis are too large for the expansion"
    normal = NormalDist()
    nodes, weights = np.polynomial.legendre.leggauss(N_NODES)
    tail = (1 - level) / 2 * (nodes + 1)
    quantiles = bent(np.array([normal.inv_cdf(p) for p in tail]))
    shortfall = -float(weights @ quantiles) / 2
    var = -float(bent(np.array(normal.inv_cdf(1 - level))))
    return deviation * var - mean, deviation * shortfall - mean, ""
