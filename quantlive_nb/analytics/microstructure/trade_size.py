"""The distribution of trade sizes: quantiles, concentration, tail."""

import math
from dataclasses import dataclass

import numpy as np

from quantlive_nb.analytics.core.vector import require_finite, rows
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.types import Vector

__all__ = ["TradeSizes", "trade_sizes"]

LEAST = 100
"""Trades below which the last percent is one trade."""


@dataclass(frozen=True, slots=True, repr=False)
class TradeSizes:
    """The distribution of trade sizes.

    Attributes
    ----------
    n : int
        Trades.
    mean, median, q90, q99, largest : float, in the sizes' unit
    top_share : float, in (0, 1]
        Part of all volume that the largest percent of trades makes up; 0.01 if all are alike.
    tail, tail_se : float
        Hill's index of the largest tenth and its standard error: below 2 the variance has no limit.
        NaN where they are all alike.

    Examples
    --------
    >>> TradeSizes(1_000, 1.0, 0.2, 2.0, 9.0, 40.0, 0.2, 1.6, 0.16)
    TradeSizes(median=0.2, q99=9, largest 1 % make up 20 %, tail=1.60 ± 0.16, n=1000)
    """

    n: int
    mean: float
    median: float
    q90: float
    q99: float
    largest: float
    top_share: float
    tail: float
    tail_se: float

    def __repr__(self) -> str:
        """Middle, edge, concentration, tail, count."""
        top = f"largest 1 % make up {100 * self.top_share:.0f} %"
        tail = f"tail={self.tail:.2f} ± {self.tail_se:.2f}"
        return (
            f"TradeSizes(median={self.median:.3g}, q99={self.q99:.3g}, {top}, {tail}, n={self.n})"
        )


def trade_sizes(qty: Vector) -> TradeSizes:
    """Describe the sizes of some trades.

    Parameters
    ----------
    qty : Vector, shape (n,)
        Above 0, in any unit.

    Returns
    -------
    TradeSizes

    Raises
    ------
    NotEnoughData
        With fewer than 100 trades.
    UsageError
        If a size is not finite and above 0.

    Notes
    -----
    Hill's estimate over the ``k = n // 10`` largest: ``1 / mean(log(x[i] / x[k + 1]))``, with the
    standard error ``tail / sqrt(k)`` of independent trades. Exchanges cut one order into many
    trades, which are not.

    References
    ----------
    Hill (1975), Annals of Statistics 3(5), 1163-1174. doi:10.1214/aos/1176343247

    Examples
    --------
    >>> trade_sizes(np.arange(1.0, 1_001.0)).median
    500.5
    """
    (qty,) = rows(qty=qty)
    n = len(qty)
    if n < LEAST:
        raise NotEnoughData("trade_sizes", n, LEAST)
    require_finite(qty=qty)
    if (qty <= 0).any():
        raise UsageError("a size is not above 0: give what each trade traded")
    ordered = np.sort(qty)
    k = n // 10
    excess = float(np.log(ordered[-k:] / ordered[-k - 1]).mean())
    tail = 1 / excess if excess > 0 else math.nan
    median, q90, q99 = np.quantile(ordered, (0.5, 0.9, 0.99)).tolist()
    top = float(ordered[-(n // 100) :].sum() / ordered.sum())
    mean = float(ordered.mean())
    return TradeSizes(n, mean, median, q90, q99, float(ordered[-1]), top, tail, tail / math.sqrt(k))
