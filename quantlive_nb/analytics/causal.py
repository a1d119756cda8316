"""Whether an analytic reads the future: its past values must not change when more bars come.

This room knows no particular analytic.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quantlive_nb.analytics.vector import vectors
from quantlive_nb.errors import NotEnoughData, ShapeError
from quantlive_nb.types import Vector

__all__ = ["CausalResult", "check_causal"]

N_BARS, N_CUTS = 600, 12
"""Bars of a made-up pair, and how many shorter ones of it are tried."""
LEAST = 20
RTOL = 1e-9
"""Rounding may differ with the length; a look ahead changes more."""


@dataclass(frozen=True, slots=True, repr=False)
class CausalResult:
    """What came of cutting the future off.

    Attributes
    ----------
    is_causal : bool
        No value changed.
    n, n_cuts : int
        Bars, and how often they were cut.
    bar, cut : int
        The first bar found whose value changed, and the number of bars that were left when it did;
        -1 where none did.

    Examples
    --------
    >>> CausalResult(is_causal=True, n=600, n_cuts=12)
    causal ✓ (600 bars, cut 12 times)
    """

    is_causal: bool
    n: int
    n_cuts: int
    bar: int = -1
    cut: int = -1

    def __repr__(self) -> str:
        """The verdict in words."""
        if self.is_causal:
            return f"causal ✓ ({self.n} bars, cut {self.n_cuts} times)"
        return f"reads the future: its value at bar {self.bar} needs bars from {self.cut} on"

    def __bool__(self) -> bool:
        """Whether no value changed."""
        return self.is_causal


def check_causal(analytic: Callable[..., ArrayLike], *series: ArrayLike) -> CausalResult:
    """Compute an analytic on ever shorter pasts, and see whether a value changes.

    Parameters
    ----------
    analytic : callable
        Takes series of one length and gives one value for each bar: a function such as a panel's
        ``def z(y, x): ...``.
    *series : array_like, shape (n,)
        What to try it on, at least 20 bars. Default: two made-up walks that hang together.

    Returns
    -------
    CausalResult
        True in a condition when the analytic is causal, as far as these cuts show.

    Raises
    ------
    ShapeError
        If the analytic does not give one value for each bar.
    NotEnoughData
        With fewer than 20 bars.

    Notes
    -----
    The law is prefix invariance: ``f(x[:k])`` equals ``f(x)[:k]``. A value that was NaN must stay
    NaN; numbers may differ by rounding (1e-9). It can show that the future is read, and cannot
    prove that it never is: a look ahead that needs a rare event may not be met.

    Examples
    --------
    >>> from quantlive_nb.analytics import spread, zscore
    >>> check_causal(lambda y, x: zscore(spread(y, x, 60), 60))
    causal ✓ (600 bars, cut 12 times)
    >>> check_causal(lambda y, x: (y - y.mean()) / y.std())
    reads the future: its value at bar 0 needs bars from 20 on
    """
    given = vectors(**{f"series {k}": s for k, s in enumerate(series)}) or _made_up()
    n = len(given[0])
    if n < LEAST:
        raise NotEnoughData("check_causal", n, LEAST)
    whole = _values(analytic, given)
    cuts = np.unique(np.linspace(LEAST, n, N_CUTS + 1).astype(int)[:-1])
    for cut in cuts:
        part = _values(analytic, tuple(one[:cut] for one in given))
        same = np.isclose(part, whole[:cut], rtol=RTOL, atol=RTOL * _size(whole), equal_nan=True)
        if not same.all():
            return CausalResult(
                is_causal=False, n=n, n_cuts=len(cuts), bar=int(np.argmin(same)), cut=int(cut)
            )
    return CausalResult(is_causal=True, n=n, n_cuts=len(cuts))


def _values(analytic: Callable[..., ArrayLike], series: tuple[Vector, ...]) -> Vector:
    """One value for each bar; the analytic gets copies, which it may spoil."""
    values = np.asarray(analytic(*(one.copy() for one in series)), np.float64)
    if values.shape != series[0].shape:
        raise ShapeError("the analytic's answer", values.shape, series[0].shape)
    return values


def _size(values: Vector) -> float:
    """The largest finite value."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0.0))


def _made_up() -> tuple[Vector, Vector]:
    """Log prices of two markets that hang together, the same each time."""
    chance = np.random.default_rng(20_240_809)
    x = 11.0 + 1e-3 * chance.normal(size=N_BARS).cumsum()
    return 1.0 + 0.6 * x + 1e-3 * chance.normal(size=N_BARS), x
