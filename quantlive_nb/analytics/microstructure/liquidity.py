"""Which symbols trade enough for statistics of a pair."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from quantlive_nb.analytics.core.argument import finite
from quantlive_nb.analytics.microstructure.amihud import MILLION
from quantlive_nb.analytics.microstructure.roll_spread import LEAST, roll_spread
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.types import Bars

__all__ = ["Liquidity", "liquidity"]


@dataclass(frozen=True, slots=True, repr=False)
class Liquidity:
    """Liquidity of a symbol, and whether it is enough.

    Attributes
    ----------
    symbol : str
    traded : float, in [0, 1]
        Part of the bars in which it traded.
    quote_volume : float, quote units
        Median of a bar, empty ones included.
    unchanged : float, in [0, 1]
        Part of the closes that are the close before.
    spread_bps : float, 1/100 of a percent
        Roll's, of the closes; NaN where it is withheld.
    impact : float, per million quote units
        Amihud's, over all bars that traded; NaN where none did.
    n : int
        Closed bars.
    reason : str
        Why it is not liquid; empty where it is.

    Examples
    --------
    >>> Liquidity("AUSDT", 0.31, 0.0, 0.7, 12.0, 0.02, 600, "traded in 31 % of the bars").is_liquid
    False
    """

    symbol: str
    traded: float
    quote_volume: float
    unchanged: float
    spread_bps: float
    impact: float
    n: int
    reason: str = ""

    @property
    def is_liquid(self) -> bool:
        """Whether it passes."""
        return not self.reason

    def __repr__(self) -> str:
        """Symbol, verdict, the figures."""
        verdict = self.reason or "liquid"
        spread = "?" if math.isnan(self.spread_bps) else f"{self.spread_bps:.2g}"
        figures = (
            f"{100 * self.traded:.0f} % of bars, {self.quote_volume:.3g} a bar, spread {spread} bps"
        )
        return f"Liquidity({self.symbol}: {verdict}; {figures})"


def liquidity(
    bars: Iterable[Bars],
    *,
    traded: float = 0.5,
    quote_volume: float = 0.0,
    spread_bps: float = math.inf,
) -> tuple[Liquidity, ...]:
    """Classify each symbol by how it trades.

    Parameters
    ----------
    bars : iterable of Bars
        One for each symbol; only closed bars count.
    traded : float, in [0, 1]
        The least part of the bars in which it has to trade.
    quote_volume : float, quote units
        The least median volume of a bar.
    spread_bps : float, 1/100 of a percent
        The widest spread, where one can be estimated.

    Returns
    -------
    tuple of Liquidity
        In the order given.

    Raises
    ------
    UsageError
        If ``traded`` is not between 0 and 1.

    Notes
    -----
    A leg that trades in few bars stands still in the others: the pair then looks less alike than it
    is, and its spread seems to come back whenever the leg catches up.

    Examples
    --------
    >>> liquidity([Bars.empty("v", "AUSDT", 1_000_000)])[0].reason
    'no closed bars'
    """
    if not 0 <= finite("traded", traded, "a part of the bars, from 0 to 1") <= 1:
        raise UsageError(f"traded is {traded}: give a part of the bars, from 0 to 1")
    return tuple(_judged(one.closed, traded, quote_volume, spread_bps) for one in bars)


def _judged(bars: Bars, traded: float, quote_volume: float, spread_bps: float) -> Liquidity:
    """One symbol."""
    if len(bars) == 0:
        return Liquidity(bars.symbol, *(math.nan,) * 5, n=0, reason="no closed bars")
    has_traded = bars.n_trades > 0
    part, volume = float(has_traded.mean()), float(np.median(bars.quote_volume))
    spread, impact = _spread(bars), _impact(bars)
    reasons = [
        f"traded in {100 * part:.0f} % of the bars" if part < traded else "",
        f"trades {volume:.3g} a bar" if volume < quote_volume else "",
        f"its spread is {spread:.1f} bps" if spread > spread_bps else "",
    ]
    same = float((np.diff(bars.close) == 0).mean()) if len(bars) > 1 else math.nan
    reason = ", ".join(filter(None, reasons))
    return Liquidity(bars.symbol, part, volume, same, spread, impact, len(bars), reason)


def _spread(bars: Bars) -> float:
    """Roll's, or NaN."""
    if len(bars) < LEAST + 1:
        return math.nan
    try:
        return roll_spread(bars.close).bps
    except (NotEnoughData, UsageError):
        return math.nan


def _impact(bars: Bars) -> float:
    """Amihud's over all bars that traded, or NaN."""
    move, volume = np.abs(np.diff(np.log(bars.close))), bars.quote_volume[1:]
    there = volume > 0
    return float((move[there] / volume[there]).mean()) * MILLION if there.any() else math.nan
