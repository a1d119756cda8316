"""Roll's estimate of the bid-ask spread, from trades alone."""

import math
from dataclasses import dataclass

import numpy as np

from quantlive_nb.analytics.core.vector import NOISE, require_finite, ticks
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.types import Vector

__all__ = ["RollSpread", "roll_spread"]

LEAST = 20


@dataclass(frozen=True, slots=True, repr=False)
class RollSpread:
    """Roll's estimate of the effective spread.

    Attributes
    ----------
    bps : float, 1/100 of a percent of the price
        NaN where it is withheld.
    covariance : float
        Of each log price change with the one before.
    n : int
        Price changes.
    withheld : str
        Why there is no estimate; empty where there is one.

    Examples
    --------
    >>> RollSpread(1.52, -5.8e-9, 4_000)
    RollSpread(1.52 bps, n=4000)
    >>> RollSpread(math.nan, 1e-9, 4_000, "prices go on in their direction")
    RollSpread(withheld: prices go on in their direction, n=4000)
    """

    bps: float
    covariance: float
    n: int
    withheld: str = ""

    def __repr__(self) -> str:
        """The spread or the reason, and the count."""
        said = f"withheld: {self.withheld}" if self.withheld else f"{self.bps:.3g} bps"
        return f"RollSpread({said}, n={self.n})"


def roll_spread(price: Vector) -> RollSpread:
    """Effective spread from the prices of successive trades.

    Parameters
    ----------
    price : Vector, shape (n,)
        Of trades (or closes of short bars), finite and above 0, in the order of time.

    Returns
    -------
    RollSpread
        Withheld where changes do not turn back: then the model does not hold, and 0 would be a
        guess.

    Raises
    ------
    NotEnoughData
        With fewer than 21 prices.
    UsageError
        If a price is not finite and above 0, or the price does not move.

    Notes
    -----
    ``2 sqrt(-cov(r[t], r[t-1]))`` of log changes: a price that jumps between bid and ask at random
    has this covariance. One order that takes many trades, and trends, push it up, and so the
    estimate down or away.

    References
    ----------
    Roll (1984), J. Finance 39(4), 1127-1139. doi:10.1111/j.1540-6261.1984.tb03897.x

    Examples
    --------
    >>> bounce = 1e-4 * np.random.default_rng(7).choice([-1, 1], size=4_000)
    >>> roll_spread(np.exp(bounce))
    RollSpread(2.03 bps, n=3999)
    """
    (price,) = ticks(price=price)
    if len(price) < LEAST + 1:
        raise NotEnoughData("roll_spread", len(price), LEAST + 1)
    require_finite(price=price)
    if (price <= 0).any():
        raise UsageError("a price is not above 0: leave it out")
    change = np.diff(np.log(price))
    if float(change.std()) <= NOISE:
        raise UsageError("the price does not move: wait for trades, or choose another symbol")
    centred = change - change.mean()
    covariance = float(centred[1:] @ centred[:-1]) / (len(change) - 1)
    if covariance >= 0:
        why = "prices go on in their direction"
        return RollSpread(math.nan, covariance, len(change), why)
    return RollSpread(2e4 * math.sqrt(-covariance), covariance, len(change))
