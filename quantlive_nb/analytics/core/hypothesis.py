"""Fields and verdict shared by the results of all hypothesis tests."""

from dataclasses import dataclass

__all__ = ["LEVEL", "HypothesisTest", "shown", "verdict"]

LEVEL = 0.05
"""H0 is rejected at p below this."""


@dataclass(frozen=True, slots=True, repr=False)
class HypothesisTest:
    """Fields common to the results of all tests."""

    stat: float
    p: float
    lags: int
    n: int
    critical: dict[str, float]
    h0: str

    def __repr__(self) -> str:
        """Statistic, p, hypothesis, verdict."""
        return f".stat={self.stat:.2f} {shown(self.p)}  H0: {self.h0} → {self.verdict}"

    @property
    def verdict(self) -> str:
        """What p says of H0 at 5 %."""
        return verdict(self.p)


def shown(p: float) -> str:
    """p with three decimals, never 0.

    Examples
    --------
    >>> shown(0.04), shown(1e-9)
    ('.p=0.040', '.p<0.001')
    """
    return f".p={p:.3f}" if p >= 0.0005 else ".p<0.001"


def verdict(p: float) -> str:
    """What p says of H0 at 5 %.

    Examples
    --------
    >>> verdict(0.05)
    'not rejected at 5 %'
    """
    return "rejected at 5 %" if p < LEVEL else "not rejected at 5 %"
