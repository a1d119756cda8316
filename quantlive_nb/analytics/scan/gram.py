"""Regressions of each pair's residual on its own past, from cross-products of the series."""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from quantlive_nb.analytics.core.vector import EXACT
from quantlive_nb.analytics.core.window import Matrix, deviations
from quantlive_nb.types import Bools, Ints, Vector

__all__ = ["Gram"]

BLOCK = 1 << 19
"""Numbers of normal equations held at a time (4 MB), however many pairs are asked for."""
CLOSE = 1e-4
"""Where a subtraction leaves less than this part, it has cost four digits: do it anew."""
NARROW = 1e-4
"""A column explained by the others but for this part: its factor is found without squaring."""
FAINT = 1e-8
"""A column whose squares are this small beside another's has lost digits too."""
NOTHING = 1e-11
"""A column this small beside another is rounding: where it should have moved, nothing did."""


class Gram:
    """Lagged cross-products of many series, made once and asked for any of their pairs.

    Parameters
    ----------
    series : Matrix, shape (n_series, n)
        Finite and moving, in the order of time; usually log prices.
    n_lags : int
        The longest lag that will be asked for.

    Attributes
    ----------
    n : int
        Observations.
    mean, norm : Vector, shape (n_series,)
        Of each series; ``norm`` is the root of the sum of squared distances from the mean.
    r : Matrix, shape (n_series, n_series)
        Correlations of the levels: each series is held in units of its own norm, so ``r[y, x]`` is
        the slope of y on x.

    Notes
    -----
    In these units the residual is ``u = y - r * x``. With ``d`` the steps of u, all sums of
    ``d[k-a] * d[k-b]`` are the ``b - a``-th autocovariance but for a few terms at both ends; the
    autocovariances are ``yy - r (yx + xy) + r² xx`` of the lagged cross-products of the series'
    steps, which one product of matrices gives for all pairs; and ``sum(u * d)`` telescopes to
    ``(u[-1]² - u[0]² - sum(d²)) / 2``. So a pair costs O(n_lags²) and not O(n * n_lags²); memory
    is ``8 * n_lags * n_series²`` bytes.

    Where a subtraction would cost digits, the residual is formed and its design is factored by QR.

    Examples
    --------
    >>> gram = Gram(np.array([[1.0, 3.0, 2.0, 6.0], [1.0, 2.0, 3.0, 4.0]]), n_lags=1)
    >>> gram.beta(np.array([0]), np.array([1])).round(3)
    array([1.4])
    """

    def __init__(self, series: Matrix, n_lags: int) -> None:
        self.n = series.shape[1]
        self.mean, distance, squares = deviations(series)
        self.norm = np.sqrt(squares)
        self._z = distance / self.norm[:, np.newaxis]
        self.r = self._z @ self._z.T
        steps = np.diff(self._z)
        self._own, self._cross = np.empty((n_lags + 1, len(steps))), []
        for lag in range(n_lags + 1):
            product = steps[:, lag:] @ steps[:, : self.n - 1 - lag].T
            self._own[lag] = product.diagonal()
            self._cross.append((product + product.T).ravel())
        self._head = np.ascontiguousarray(self._z[:, : n_lags + 1].T)
        self._tail = np.ascontiguousarray(self._z[:, : -n_lags - 2 : -1].T)

    def beta(self, y: Ints, x: Ints) -> Vector:
        """Slope of each y on its x, in the units of the series."""
        slope: Vector = self.r[y, x] * self.norm[y] / self.norm[x]
        return slope

    def std(self, y: Ints, x: Ints) -> Vector:
        """Sample deviation (``ddof=1``) of each residual, in y's unit."""
        deviation: Vector = self.norm[y] * np.sqrt(self.unexplained(y, x) / (self.n - 1))
        return deviation

    def unexplained(self, y: Ints, x: Ints) -> Vector:
        """Part of the variance of each y that its x leaves, ``1 - R²``, exact where it is tiny."""
        part: Vector = 1.0 - self.r[y, x] ** 2
        for close in _blocks(np.flatnonzero(part < CLOSE), self.n):
            part[close] = (self._residuals(y[close], x[close]) ** 2).sum(axis=1)
        return part

    @np.errstate(invalid="ignore", divide="ignore")
    def persistence(self, y: Ints, x: Ints) -> Vector:
        """Regression of each residual on the one before it, without a constant: its AR(1) φ."""
        last = self._z[y, -1] - self.r[y, x] * self._z[x, -1]
        level = np.sqrt(self.unexplained(y, x) - last * last)
        phi: Vector = 1.0 + self.factor(y, x, 0, level_last=True)[0] / level
        return phi

    def step_correlation(self, y: Ints, x: Ints) -> Vector:
        """Pearson correlation of the steps; NaN where one of the series moves along a line."""
        drift = (self._tail[0] - self._head[0]) / math.sqrt(self.n - 1)
        squares = self._own[0] - drift * drift
        squares[squares <= EXACT * self._own[0]] = np.nan
        product = self._cross[0][y * len(drift) + x] / 2 - drift[y] * drift[x]
        rho: Vector = np.clip(product / np.sqrt(squares[y] * squares[x]), -1.0, 1.0)
        return rho

    def factor(self, y: Ints, x: Ints, n_lags: int, *, level_last: bool) -> Matrix:
        """Last row of the lower factor of each pair's Dickey-Fuller normal equations.

        Parameters
        ----------
        y, x : Ints, shape (pairs,)
            Rows of ``series``.
        n_lags : int
        level_last : bool
            Order of the regressors: ``n_lags`` lagged steps and then the lagged level, or the
            level first.

        Returns
        -------
        Matrix, shape (n_lags + 2, pairs)
            The step that is explained, on orthogonal axes: what each regressor adds to those
            before it, and at last what none explains. So the squares from entry j + 1 on sum to
            the squared error of the first j + 1 regressors. NaN where the steps follow an exact
            rule.
        """
        size = n_lags + 2
        out = np.empty((size, len(y)))
        for block in _blocks(np.arange(len(y)), size * size):
            part, weak = self._normal(y[block], x[block], n_lags, level_last=level_last)
            weak |= _cholesky(part)
            out[:, block] = part[-1]
            for again in _blocks(block[weak], self.n * size):
                out[:, again] = self._direct(y[again], x[again], n_lags, level_last=level_last)
        return out

    def _normal(self, y: Ints, x: Ints, n_lags: int, *, level_last: bool) -> tuple[Matrix, Bools]:
        """Lower half of the normal equations, and the pairs for which it has lost digits."""
        at, r = y * len(self.norm) + x, self.r[y, x]
        of_y, of_x = (np.take(self._own[: n_lags + 1], row, axis=1) for row in (y, x))
        whole = of_y + r * r * of_x
        auto = whole - r * np.array([self._cross[lag].take(at) for lag in range(n_lags + 1)])
        head, tail = (
            np.take(end[: n_lags + 1], y, axis=1) - r * np.take(end[: n_lags + 1], x, axis=1)
            for end in (self._head, self._tail)
        )
        left = 1.0 - r * r
        weak = (left < CLOSE) | (auto[0] < CLOSE * whole[0])
        return _equations(auto, head, tail, left, level_last=level_last), weak

    def _residuals(self, y: Ints, x: Ints) -> Matrix:
        """The residuals themselves, shape (pairs, n), cleared of x twice."""
        of_x = self._z[x]
        u = self._z[y] - self.r[y, x][:, np.newaxis] * of_x
        u -= u.mean(axis=1, keepdims=True)
        rest: Matrix = u - (u * of_x).sum(axis=1, keepdims=True) * of_x
        return rest

    def _direct(self, y: Ints, x: Ints, n_lags: int, *, level_last: bool) -> Matrix:
        """The last rows of the factors by QR of the regressions themselves, some bars at a time."""
        u, size = self._residuals(y, x), n_lags + 2
        past = sliding_window_view(np.diff(u), n_lags + 1, axis=1)[:, :, ::-1]
        level, lagged = u[:, n_lags:-1, np.newaxis], past[:, :, 1:]
        columns = (lagged, level, past[:, :, :1]) if level_last else (level, lagged, past[:, :, :1])
        upper: Matrix = np.empty((len(y), 0, size))
        n_bars = max(BLOCK // (size * len(y)), size)
        for start in range(0, level.shape[1], n_bars):
            rows = [column[:, start : start + n_bars] for column in columns]
            stacked = np.concatenate([upper, np.concatenate(rows, axis=2)], axis=1)
            upper = np.asarray(np.linalg.qr(stacked, mode="r"))
        length = np.sqrt((upper * upper).sum(axis=1))
        pivot, explained = np.diagonal(upper, axis1=1, axis2=2), upper[:, :, -1]
        floor = np.maximum(EXACT * length, NOTHING * length.max(axis=1, keepdims=True))
        ruled = (np.abs(pivot) <= floor).any(axis=1, keepdims=True)
        last: Matrix = np.where(ruled, np.nan, explained * np.sign(pivot))
        return last.T


def _blocks(of: Ints, size: int) -> "list[Ints]":
    """Split indices so that a block of them, each with ``size`` numbers, fits into memory."""
    step = max(BLOCK // size, 1)
    return [of[start : start + step] for start in range(0, len(of), step)]


def _equations(
    auto: Matrix, head: Matrix, tail: Matrix, left: Vector, *, level_last: bool
) -> Matrix:
    """Lower half of the normal equations from autocovariances of the steps and both ends of u.

    ``head`` holds u from the first value on, ``tail`` from the last one back.
    """
    n_lags, step = len(auto) - 1, len(auto)
    out = np.empty((n_lags + 2, n_lags + 2, len(left)))
    level, lag_1 = (n_lags, 0) if level_last else (0, 1)
    first, last = np.diff(head, axis=0)[::-1], -np.diff(tail, axis=0)
    row = auto.copy()
    for lag in range(n_lags):
        row[lag] -= np.einsum("kp,kp->p", first[: n_lags - lag], first[lag:])
    level_0 = (tail[0] ** 2 - head[n_lags] ** 2 - row[0]) / 2
    onward = row[:-1] + head[n_lags] * first - tail[0] * last
    out[level, lag_1 : lag_1 + n_lags] = level_0 + np.cumsum(onward, axis=0)
    out[lag_1 : lag_1 + n_lags, level] = out[level, lag_1 : lag_1 + n_lags]
    out[step, level] = level_0
    out[level, level] = left - np.einsum("kp,kp->p", head[:n_lags], head[:n_lags]) - tail[0] ** 2
    out[step, step], out[step, lag_1 : lag_1 + n_lags] = row[0], row[1:]
    for lag in range(n_lags):
        row = row[:-1] + first[lag] * first[lag:] - last[lag] * last[lag:]
        out[lag_1 + lag : lag_1 + n_lags, lag_1 + lag] = row
    return out


@np.errstate(invalid="ignore", divide="ignore")
def _cholesky(a: Matrix) -> Bools:
    """Factor the lower halves of shape (m, m, pairs) in place; the pairs that were too narrow."""
    diagonal = np.einsum("iip->ip", a)
    floor = np.maximum(NARROW * diagonal, FAINT * diagonal.max(axis=0))
    for j in range(len(a)):
        a[j:, j] -= np.einsum("ikp,kp->ip", a[j:, :j], a[j, :j])
        below = a[j, j] <= floor[j]
        a[j, j, below] = np.nan
        np.sqrt(a[j, j], out=a[j, j])
        a[j + 1 :, j] /= a[j, j]
    narrow: Bools = np.isnan(a[-1, -1])
    return narrow
