"""All series drawn for a pair, on one grid: hedge ratio, spread, bands, z-score, correlation."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from quantlive_nb.analytics.core.vector import sealed, vectors
from quantlive_nb.analytics.correlation.correlation import correlation
from quantlive_nb.analytics.pair.ols import rolling_ols
from quantlive_nb.analytics.pair.zscore import bands
from quantlive_nb.errors import ShapeError
from quantlive_nb.settings import Windows
from quantlive_nb.types import Bools, Ints, Pair, Vector

__all__ = ["PairSeries", "SeriesMemo", "pair_series"]


@dataclass(frozen=True, slots=True)
class PairSeries:
    """The rolling statistics of a pair, bar by bar; NaN until warm.

    Attributes
    ----------
    ts : Ints, shape (n,), µs UTC
        Opening times of the bars.
    alpha, beta : Vector, shape (n,)
        Line of log y on log x over the hedge window before each bar.
    spread : Vector, shape (n,), log price
        ``log y - alpha - beta * log x``; 0.01 is one percent.
    mean, std : Vector, shape (n,), log price
        Of the spread over the z window before each bar.
    zscore : Vector, shape (n,), dimensionless
    correlation : Vector, shape (n,), in [-1, 1]
        Of the log returns over the correlation window that ends with each bar.

    Examples
    --------
    >>> len(PairSeries.empty())
    0
    """

    ts: Ints
    alpha: Vector
    beta: Vector
    spread: Vector
    mean: Vector
    std: Vector
    zscore: Vector
    correlation: Vector

    @classmethod
    def empty(cls) -> Self:
        """No bars at all."""
        return cls(np.empty(0, np.int64), *(np.empty(0) for _ in fields(cls)[1:]))

    def __len__(self) -> int:
        """How many bars."""
        return len(self.ts)

    def select(self, which: "Bools | Ints | slice") -> Self:
        """The bars that a mask, an index or a slice names, in that order."""
        return type(self)(*(sealed(getattr(self, field.name)[which]) for field in fields(self)))


def pair_series(pair: Pair, windows: Windows) -> PairSeries:
    """The rolling statistics of a pair's log prices, each from the bars before it.

    Parameters
    ----------
    pair : Pair
        Closes above 0, in the order of time.
    windows : Windows

    Returns
    -------
    PairSeries
        As long as the pair. The line exists from bar ``hedge`` on, bands and z-score from bar
        ``hedge + z``, the correlation from bar ``correlation``.

    Raises
    ------
    UsageError
        If a price is not above 0.

    Notes
    -----
    :func:`spread`, :func:`bands` and :func:`correlation` in a row. A bar is judged by the line and
    the bands that the bars before it gave.

    Examples
    --------
    >>> from quantlive_nb.types import PairSpec
    >>> wave = np.exp(np.sin(np.arange(40.0)))
    >>> pair = Pair(PairSpec("Y", "X", 1), np.arange(40), wave**2, wave, 0, 0)
    >>> pair_series(pair, Windows(hedge=10, z=5, correlation=5)).beta[8:12].round(6)
    array([nan, nan,  2.,  2.])
    """
    return _series(pair.ts, pair.y, pair.x, windows)


class SeriesMemo:
    """:func:`pair_series` with a cache: for a pair seen before, only new bars are computed.

    Created once and called at each refresh. The result equals that of :func:`pair_series` bit for
    bit, whatever changed: bars added, the start moved, prices repaired, other windows or another
    pair. If nothing changed, it is the same object. The cost of a new bar depends on the windows,
    not on the length of the pair.

    Examples
    --------
    >>> from quantlive_nb.types import PairSpec
    >>> wave = np.exp(np.sin(np.arange(40.0)))
    >>> pair = Pair(PairSpec("Y", "X", 1), np.arange(40), wave**2, wave, 0, 0)
    >>> series = SeriesMemo()
    >>> first = series(pair, Windows(hedge=10, z=5, correlation=5))
    >>> series(pair, Windows(hedge=10, z=5, correlation=5)) is first
    True
    """

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: tuple[Pair, PairSeries, Windows] | None = None

    def __call__(self, pair: Pair, windows: Windows) -> PairSeries:
        """The rolling statistics of a pair; see :func:`pair_series`."""
        if self._last is None or self._last[2] != windows or len(pair) == 0:
            series = pair_series(pair, windows)
        else:
            series = _continued(*self._last, pair)
        self._last = pair, series, windows
        return series


def _continued(old: Pair, series: PairSeries, windows: Windows, pair: Pair) -> PairSeries:
    """The statistics of a pair, given those of an older one that may share bars with it."""
    offset = int(np.searchsorted(old.ts, pair.ts[0]))
    n_shared = _n_shared(old, offset, pair)
    if offset == 0 and n_shared == len(old) == len(pair):
        return series
    first = dict.fromkeys(("alpha", "beta", "spread"), windows.hedge)
    first |= dict.fromkeys(("mean", "std", "zscore"), windows.hedge + windows.z)
    first |= {"correlation": windows.correlation}
    start = max(n_shared - max(first.values()), 0)
    tail = _series(pair.ts[start:], pair.y[start:], pair.x[start:], windows)
    columns = {}
    for name, warmup in first.items():
        kept = getattr(series, name)[offset : offset + n_shared]
        column = np.concatenate([kept, getattr(tail, name)[n_shared - start :]])
        column[:warmup] = np.nan  # what an older start knew, this pair does not
        columns[name] = sealed(column)
    return PairSeries(ts=sealed(pair.ts.view()), **columns)


def _n_shared(old: Pair, offset: int, pair: Pair) -> int:
    """How many bars two pairs have in common, from the first of the new one on."""
    n = min(len(old) - offset, len(pair))
    was, now = slice(offset, offset + n), slice(n)
    same = old.ts[was] == pair.ts[now]
    same &= (old.y[was] == pair.y[now]) & (old.x[was] == pair.x[now])
    return n if same.all() else int(same.argmin())


def _series(ts: Ints, y: Vector, x: Vector, windows: Windows) -> PairSeries:
    """The statistics of two columns of prices."""
    y, x = vectors(y=y, x=x)
    if len(y) != len(ts):
        raise ShapeError("ts", ts.shape, y.shape)
    rho = correlation(y, x, windows.correlation)
    log_y, log_x = np.log(y), np.log(x)
    line = rolling_ols(log_y, log_x, windows.hedge)
    spread = line.residuals(log_y, log_x)
    band = bands(spread, windows.z)
    return PairSeries(
        ts=sealed(ts.view()),
        alpha=line.alpha,
        beta=line.beta,
        spread=spread,
        mean=band.mean,
        std=band.std,
        zscore=band.zscore(spread),
        correlation=rho,
    )
