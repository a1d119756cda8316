"""Checks whether an analytic reads the future: later bars must not change earlier values."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quantlive_nb.analytics.core.argument import whole
from quantlive_nb.analytics.core.index import aligned, column
from quantlive_nb.analytics.core.vector import vectors
from quantlive_nb.errors import NotEnoughData, ShapeError
from quantlive_nb.types import Vector

__all__ = ["CausalResult", "check_causal"]

N_BARS, N_CUTS = 600, 12
"""Bars of a synthetic pair, and the number of cuts tried."""
EARLY = (1, 2, 3, 5, 8, 13)
"""Very short cuts: they find analytics that read ahead only in the first bars."""
N_LEVELS = 4
"""Number of cuts within runs of equal values, which may have been back-filled."""
LEAST = 20
RTOL = 1e-9
"""Rounding may depend on the length; look-ahead changes more."""
NEAR = 32
"""Bars whose median size scales the tolerance, so that a distant large value does not."""


@dataclass(frozen=True, slots=True, repr=False)
class CausalResult:
    """The result of removing later bars.

    Attributes
    ----------
    is_causal : bool
        No value changed, and at least one cut could be evaluated.
    n, n_cuts : int
        Bars, and number of cuts.
    bar, cut : int
        The first bar whose value changed, and the number of bars kept then; -1 if none.
    n_failed : int
        Cuts on which the analytic raised an error.
    failure : str
        The error of the longest such cut.

    Examples
    --------
    >>> CausalResult(is_causal=True, n=600, n_cuts=12)
    causal ✓ (600 bars, cut 12 times)
    >>> CausalResult(is_causal=False, n=600, n_cuts=0, n_failed=18, failure="it needs 600 bars")
    not checked: it failed on all 18 shorter pasts (it needs 600 bars)
    """

    is_causal: bool
    n: int
    n_cuts: int
    bar: int = -1
    cut: int = -1
    n_failed: int = 0
    failure: str = ""

    def __repr__(self) -> str:
        """The verdict in words."""
        if not self.is_checked:
            return f"not checked: it failed on all {self.n_failed} shorter pasts ({self.failure})"
        if not self.is_causal:
            return f"reads the future: its value at bar {self.bar} needs bars from {self.cut} on"
        failed = f", failed on {self.n_failed} more" if self.n_failed else ""
        return f"causal ✓ ({self.n} bars, cut {self.n_cuts} times{failed})"

    def __bool__(self) -> bool:
        """Whether it was checked and no value changed."""
        return self.is_causal

    @property
    def is_checked(self) -> bool:
        """Whether any cut could be evaluated."""
        return self.n_cuts > 0


def check_causal(
    analytic: Callable[..., ArrayLike], *series: ArrayLike, n_cuts: int = N_CUTS
) -> CausalResult:
    """Compute an analytic on shorter histories, and check that no value changes.

    Parameters
    ----------
    analytic : callable
        Takes series of one length and gives one value for each bar: a function such as a panel's
        ``def z(y, x): ...``.
    *series : array_like, shape (n,)
        Test data, at least 20 bars. Default: two synthetic cointegrated walks.
    n_cuts : int
        Number of evenly spaced cuts of 20 bars and more. Up to ten others, most of them very short,
        are added.

    Returns
    -------
    CausalResult
        True in a condition when the analytic is causal, as far as these cuts show. An error on a
        shorter past is counted; when there is nothing but errors, it says "not checked".

    Raises
    ------
    ShapeError
        If the analytic does not give one value for each bar.
    NotEnoughData
        With fewer than 20 bars.

    Notes
    -----
    The law is prefix invariance: ``f(x[:k])`` equals ``f(x)[:k]``. NaN must stay NaN; numbers may
    differ by rounding (1e-9 of the typical size nearby). The check can show look-ahead but cannot
    prove its absence: look-ahead that depends on a rare event may be missed.

    Examples
    --------
    >>> from quantlive_nb.analytics import spread, zscore
    >>> check_causal(lambda y, x: zscore(spread(y, x, 60), 60))
    causal ✓ (600 bars, cut 18 times)
    >>> check_causal(lambda y, x: (y - y.mean()) / y.std())
    reads the future: its value at bar 0 needs bars from 20 on
    """
    n_cuts = whole("n_cuts", n_cuts, 1)
    given = vectors(**{f"series {k}": s for k, s in enumerate(series)}) or _made_up()
    n = len(given[0])
    if n < LEAST:
        raise NotEnoughData("check_causal", n, LEAST)
    values = _values(analytic, given)
    slack = _slack(values)
    n_tried, n_failed, failure = 0, 0, ""
    for cut in _cuts(values, n_cuts):
        try:
            part = _values(analytic, tuple(one[:cut] for one in given))
        except (Exception, SystemExit) as exc:  # noqa: BLE001  a user's function may raise anything
            n_failed, failure = n_failed + 1, str(exc) or type(exc).__name__
            continue
        n_tried += 1
        same = np.isclose(part, values[:cut], rtol=RTOL, atol=slack[:cut], equal_nan=True)
        if not same.all():
            bar = int(np.argmin(same))
            return CausalResult(False, n, n_tried, bar, cut, n_failed)  # noqa: FBT003  is_causal
    return CausalResult(n_tried > 0, n, n_tried, n_failed=n_failed, failure=failure)


def _cuts(values: Vector, n_cuts: int) -> list[int]:
    """Numbers of bars kept, in the order of evaluation."""
    n = len(values)
    spread = np.unique(np.linspace(LEAST, n, min(n_cuts, n) + 1).astype(int)[:-1]).tolist()
    level = np.flatnonzero(values[1:] == values[:-1]) + 1
    picked = np.linspace(0, len(level) - 1, min(N_LEVELS, len(level))).astype(int)
    return list(dict.fromkeys([*spread, *level[picked].tolist(), *EARLY]))


def _values(analytic: Callable[..., ArrayLike], series: tuple[Vector, ...]) -> Vector:
    """One value per bar; the analytic gets copies, which it may modify."""
    answer = column("its answer", analytic(*(one.copy() for one in series)))
    if answer.values.shape != series[0].shape:
        raise ShapeError("the analytic's answer", answer.values.shape, series[0].shape)
    return aligned({"its answer": answer})[0]


def _slack(values: Vector) -> Vector:
    """What rounding may change of each value: by the median size of those in its stretch."""
    sizes = np.abs(values)
    starts = range(0, len(values), NEAR)
    stretches = (sizes[at : at + NEAR] for at in starts)
    usual = [
        float(np.median(part[np.isfinite(part)])) if np.isfinite(part).any() else 0.0
        for part in stretches
    ]
    return RTOL * np.repeat(usual, NEAR)[: len(values)]


def _made_up() -> tuple[Vector, Vector]:
    """Log prices of two cointegrated markets, deterministic."""
    chance = np.random.default_rng(20_240_809)
    x = 11.0 + 1e-3 * chance.normal(size=N_BARS).cumsum()
    return 1.0 + 0.6 * x + 1e-3 * chance.normal(size=N_BARS), x
