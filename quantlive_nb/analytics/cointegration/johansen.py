"""Johansen's likelihood ratio tests of the cointegration rank, for two prices or more."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from quantlive_nb.analytics.cointegration.dickey_fuller import LEAST, admissible
from quantlive_nb.analytics.cointegration.engle_granger import COLLINEAR
from quantlive_nb.analytics.cointegration.osterwald_lenum import MAX_EIGEN, TRACE
from quantlive_nb.analytics.core.argument import one_of, whole
from quantlive_nb.analytics.core.index import table
from quantlive_nb.analytics.core.vector import EXACT, sealed
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.requirement import needing
from quantlive_nb.types import Vector

__all__ = ["JohansenResult", "RankTest", "johansen"]

Matrix = NDArray[np.float64]
Constant = Literal["drift", "relation"]
"""Where the constant is: in the differences, so that prices may drift, or only in the relation."""

MOST = 11
"""Series that the tables reach."""
LEVELS = ("10%", "5%", "1%")


@dataclass(frozen=True, slots=True)
class RankTest:
    """One step: whether there are more than ``rank`` relations.

    Attributes
    ----------
    rank : int
        Relations under H0.
    trace, max_eigen : float
        The two statistics; H1 is "more", and "exactly one more".
    trace_critical, max_eigen_critical : dict of str to float
        Values above which H0 is rejected at ``"10%"``, ``"5%"`` and ``"1%"``.

    Examples
    --------
    >>> step = RankTest(0, 19.98, 16.0, {"5%": 15.49}, {"5%": 14.26})
    >>> step.h0, step.is_rejected
    ('at most 0 relations', True)
    """

    rank: int
    trace: float
    max_eigen: float
    trace_critical: dict[str, float]
    max_eigen_critical: dict[str, float]

    @property
    def h0(self) -> str:
        """The null hypothesis of the step in words."""
        return f"at most {self.rank} relation{'' if self.rank == 1 else 's'}"

    @property
    def is_rejected(self) -> bool:
        """Whether the trace is above its 5 % value."""
        return self.trace > self.trace_critical["5%"]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class JohansenResult:
    """Johansen's tests of one group of prices.

    Attributes
    ----------
    tests : tuple of RankTest
        For 0, 1, … relations, in this order.
    eigenvalues : Vector, shape (k,)
        Squared correlations of steps and levels, the largest first.
    relations : Matrix, shape (k, k), or (k + 1, k) with the constant last
        Each column makes one spread of the prices; the first price has weight 1. Only the first
        ``rank`` columns mean something.
    lags : int
        Lagged differences.
    n : int
        Observations used: the last ones.
    constant : ``"drift"`` or ``"relation"``
    source : str
        Whose critical values these are.

    Examples
    --------
    >>> tests = (
    ...     RankTest(0, 19.98, 16.00, {"5%": 15.49}, {"5%": 14.26}),
    ...     RankTest(1, 2.98, 2.98, {"5%": 3.84}, {"5%": 3.84}),
    ... )
    >>> JohansenResult(tests, np.array([0.01, 0.002]), np.eye(2), 1, 1500, "drift", "a table")
    .trace=19.98 (5 %: 15.49), 2.98 (5 %: 3.84)  rank 1 of 2: 1 relation holds them together
    """

    tests: tuple[RankTest, ...]
    eigenvalues: Vector
    relations: Matrix
    lags: int
    n: int
    constant: Constant
    source: str

    def __repr__(self) -> str:
        """Traces with their critical values, and the rank in words."""
        steps = (f"{test.trace:.2f} (5 %: {test.trace_critical['5%']:.2f})" for test in self.tests)
        return f".trace={', '.join(steps)}  rank {self.rank} of {len(self.tests)}: {self.word}"

    @property
    def rank(self) -> int:
        """The first number of relations that the trace does not reject at 5 %."""
        return next((test.rank for test in self.tests if not test.is_rejected), len(self.tests))

    @property
    def word(self) -> str:
        """The rank in words."""
        if self.rank == 0:
            return "no relation is shown"
        if self.rank == len(self.tests):
            return "full, as if each series were stationary by itself"
        return "1 relation holds them together" if self.rank == 1 else f"{self.rank} relations hold"


def johansen(
    *prices: Vector,
    lags: int = 1,
    constant: Constant = "relation",
    season: int | None = None,
    max_n: int = 2_000,
) -> JohansenResult:
    """Johansen's trace and largest-eigenvalue tests of the number of cointegrating relations.

    Parameters
    ----------
    *prices : Vector, shape (n,)
        Two to eleven, or one DataFrame of them: finite, usually log prices, each a random walk by
        itself.
    lags : int
        Lagged differences: one less than the lags of the levels (``K`` of R's ``ca.jo``).
    constant : ``"relation"`` or ``"drift"``
        Only in the relation, for prices that do not drift (``ecdet="const"``), or in the steps
        (statsmodels' ``det_order=0``).
    season : int, optional, bars
        Adds centred dummies of this period.
    max_n : int
        Only the last ``max_n`` observations are used.

    Returns
    -------
    JohansenResult
        The rank is read step by step from 0, at 5 % each. No p: the tables have three levels.

    Raises
    ------
    NotEnoughData
        With fewer than 20 observations, or than four for each coefficient of an equation.
    UsageError
        If a value is not finite, a price is constant, some are collinear, or follow an exact rule.
    ShapeError
        If the lengths differ.

    Notes
    -----
    Steps and levels are freed of lagged steps and dummies; their squared canonical correlations
    are the eigenvalues. Traces sum ``-(n - lags - 1) ln(1 - eigenvalue)`` from the smallest.
    Critical values of ``"drift"`` are MacKinnon, Haug and Michelis', of ``"relation"``
    Osterwald-Lenum's. They are asymptotic, and those of ``"drift"`` take one for granted: of pairs
    of unrelated walks without a drift they reject 13 % at 100 bars and 11 % at 1 000 for a nominal
    5 %, those of ``"relation"`` 6 % and 5 %. More series or lags need more bars. Repeated on a
    rolling window it rejects somewhere sooner or later: no evidence by itself.

    References
    ----------
    Johansen (1991), Econometrica 59(6), 1551-1580. doi:10.2307/2938278
    MacKinnon, Haug and Michelis (1999), J. Applied Econometrics 14(5), 563-577.
    Osterwald-Lenum (1992), Oxford Bulletin of Economics and Statistics 54(3), 461-472.
    doi:10.1111/j.1468-0084.1992.tb00013.x

    Examples
    --------
    >>> rng = np.random.default_rng(8)
    >>> x = rng.normal(size=500).cumsum()
    >>> y = 1 + 1.5 * x + rng.normal(size=500)
    >>> result = johansen(y, x)
    >>> result.word, result.relations[:, 0].round(2)
    ('1 relation holds them together', array([ 1.  , -1.49, -0.9 ]))
    """
    levels, n_lags = _admitted(prices, lags, constant, season, max_n)
    n, k = levels.shape
    centre, scale = levels.mean(axis=0), levels.std(axis=0)
    steps, before = _freed((levels - centre) / scale, n_lags, constant, season)
    eigenvalues, weights = _canonical(steps, before)
    weights[:k] /= scale[:, np.newaxis]
    if constant == "relation":
        weights[k] -= centre @ weights[:k]
    return JohansenResult(
        _steps(eigenvalues, len(steps), constant),
        sealed(eigenvalues),
        sealed(weights / weights[0]),
        n_lags,
        n,
        constant,
        "MacKinnon, Haug and Michelis (1999)" if constant == "drift" else "Osterwald-Lenum (1992)",
    )


def _admitted(
    prices: tuple[Vector, ...], lags: int, constant: str, season: int | None, max_n: int
) -> tuple[Matrix, int]:
    """The last prices as columns, checked to be testable, and the number of lags."""
    if len(prices) == 1 and getattr(prices[0], "columns", None) is not None:
        prices = tuple(table("prices", prices[0]).values())
    k = len(prices)
    if not 2 <= k <= MOST:
        raise UsageError(f"johansen was given {k} series: give 2 to {MOST}")
    n_lags = whole("lags", lags, 0)
    one_of("constant", constant, get_args(Constant), '"drift" or "relation"')
    n_dummies = 0 if season is None else whole("season", season, 2) - 1
    named = {f"series {at}": price for at, price in enumerate(prices, start=1)}
    levels = np.column_stack(admissible("johansen", n_lags, max_n, **named))
    need = max(LEAST, 4 * (k * (n_lags + 1) + 1 + n_dummies))
    if len(levels) < need:
        raise NotEnoughData("johansen", len(levels), need)
    if np.linalg.eigvalsh(np.corrcoef(levels.T))[0] <= COLLINEAR:
        raise UsageError("some of the series move as one: choose different markets")
    return levels, n_lags


def _freed(
    levels: Matrix, n_lags: int, constant: Constant, season: int | None
) -> tuple[Matrix, Matrix]:
    """Steps, and the levels before them, freed of lagged steps, dummies and a constant drift."""
    step = np.diff(levels, axis=0)
    n = len(step) - n_lags
    now, before = step[n_lags:], levels[n_lags:-1]
    known = [step[n_lags - lag : n_lags - lag + n] for lag in range(1, n_lags + 1)]
    if constant == "drift":
        known.append(np.ones((n, 1)))
    else:
        before = np.column_stack([before, np.ones(n)])
    if season is not None:
        phase = np.arange(n)[:, np.newaxis] % season
        known.append((phase == np.arange(season - 1)) - 1 / season)
    if not known:
        return now, before
    design = np.column_stack(known)
    weights, _, rank, _ = np.linalg.lstsq(design, np.column_stack([now, before]))
    freed = np.column_stack([now, before]) - design @ weights
    if rank < design.shape[1]:
        raise UsageError("a series hardly moves or repeats itself: take more bars")
    return freed[:, : now.shape[1]], freed[:, now.shape[1] :]


def _canonical(steps: Matrix, before: Matrix) -> tuple[Vector, Matrix]:
    """Squared canonical correlations, the largest first, and the levels' weights in columns."""
    q_step, r_step = np.linalg.qr(steps)
    q_before, r_before = np.linalg.qr(before)
    sizes = np.linalg.svd(r_step, compute_uv=False)
    _, correlation, turned = np.linalg.svd(q_step.T @ q_before)
    eigenvalues = correlation**2
    if sizes[-1] <= EXACT * sizes[0] or 1 - eigenvalues[0] <= EXACT:
        raise UsageError("a series hardly moves or repeats itself: take more bars")
    return eigenvalues, np.linalg.solve(r_before, turned[: len(correlation)].T)


def _steps(eigenvalues: Vector, n_rows: int, constant: Constant) -> tuple[RankTest, ...]:
    """The test of each rank with its critical values."""
    k = len(eigenvalues)
    likelihood = -n_rows * np.log1p(-eigenvalues)
    traces = likelihood[::-1].cumsum()[::-1]
    return tuple(
        RankTest(rank, float(traces[rank]), float(likelihood[rank]), *_critical(k - rank, constant))
        for rank in range(k)
    )


def _critical(n_left: int, constant: Constant) -> tuple[dict[str, float], dict[str, float]]:
    """Critical values of trace and largest eigenvalue with so many relations left to find."""
    with needing("stats", "johansen"):
        from statsmodels.tsa.coint_tables import c_sja, c_sjt

    if constant == "drift":
        tables = [c_sjt(n_left, 0), c_sja(n_left, 0)]
    else:
        tables = [[row[n_left - 1] for row in table] for table in (TRACE, MAX_EIGEN)]
    trace, max_eigen = (dict(zip(LEVELS, map(float, row), strict=True)) for row in tables)
    return trace, max_eigen
