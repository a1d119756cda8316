"""Risk contributions: what each symbol adds to the volatility of a portfolio."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from quantlive_nb.analytics.core.vector import NOISE, require_finite
from quantlive_nb.analytics.portfolio.portfolio import by_symbol, weighed
from quantlive_nb.analytics.volatility.volatility import per_root_year
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.interval import Micros
from quantlive_nb.types import Vector

__all__ = ["RiskContributions", "risk_contributions"]


@dataclass(frozen=True, slots=True, repr=False)
class RiskContributions:
    """A portfolio's volatility, divided among its positions.

    Attributes
    ----------
    volatility : float
        Of the portfolio, per root bar, or per root year of 365 days.
    parts : dict of str to float
        What each symbol contributes; they add up to ``volatility``. Below 0: it hedges.
    marginal : dict of str to float
        How the volatility grows per unit of weight.
    n : int
        Returns.

    Examples
    --------
    >>> RiskContributions(0.2, {"A": 0.25, "B": -0.05}, {"A": 0.25, "B": 0.1}, 500)
    RiskContributions(volatility=0.2: A 125 %, B -25 %, n=500)
    """

    volatility: float
    parts: dict[str, float]
    marginal: dict[str, float]
    n: int

    def __repr__(self) -> str:
        """Volatility, each share, count."""
        shares = (f"{s} {100 * part / self.volatility:.0f} %" for s, part in self.parts.items())
        return (
            f"RiskContributions(volatility={self.volatility:.3g}: {', '.join(shares)}, n={self.n})"
        )


def risk_contributions(
    returns: Mapping[str, Vector], weights: Mapping[str, float], every_us: "Micros | None" = None
) -> RiskContributions:
    """Divide the volatility of a portfolio by Euler's theorem.

    Parameters
    ----------
    returns : mapping or DataFrame of symbol to Vector, shape (n,) each
        Simple returns of each symbol on one grid; bars in which one is NaN are left out.
    weights : mapping of str to float, or a Series
        Part of the equity in each, below 0 where it is sold short.
    every_us : int, µs, optional
        Length of a bar: everything is then per root year.

    Returns
    -------
    RiskContributions

    Raises
    ------
    NotEnoughData
        With no more bars than symbols, or fewer than 20.
    UsageError
        If a weight has no returns, or the portfolio does not move.
    ShapeError
        If the lengths differ.

    Notes
    -----
    ``w * (C w) / sqrt(w' C w)`` with the sample covariance C.

    References
    ----------
    Litterman (1996), J. Portfolio Management 23(5), 28-41. doi:10.3905/jpm.1996.052

    Examples
    --------
    >>> a, b = 0.01 * np.random.default_rng(7).normal(size=(2, 500))
    >>> shares = risk_contributions({"A": a, "B": b}, {"A": 0.5, "B": 0.5})
    >>> bool(np.isclose(sum(shares.parts.values()), shares.volatility))
    True
    """
    scale = per_root_year(every_us)
    weights = by_symbol(weights)
    rows, parts = weighed(returns, weights)
    rows = rows[:, ~np.isnan(rows).any(axis=0)]
    need = max(20, len(parts) + 1)
    if rows.shape[1] < need:
        raise NotEnoughData("risk_contributions", rows.shape[1], need)
    require_finite(**dict(zip(weights, rows, strict=True)))
    covariance = np.atleast_2d(np.cov(rows))
    variance = float(parts @ covariance @ parts)
    if variance <= NOISE**2 * max(float(np.abs(parts).sum()) ** 2, 1.0):
        raise UsageError("the portfolio does not move: there is no risk to share out")
    marginal = covariance @ parts / np.sqrt(variance) * scale
    return RiskContributions(
        volatility=float(np.sqrt(variance)) * scale,
        parts=dict(zip(weights, (parts * marginal).tolist(), strict=True)),
        marginal=dict(zip(weights, marginal.tolist(), strict=True)),
        n=rows.shape[1],
    )
