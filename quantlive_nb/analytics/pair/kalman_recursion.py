"""The Kalman filter of a level and a slope, bar by bar or for many blocks of bars at once.

Errors have variance 1.
"""

import itertools
import math
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np

from quantlive_nb.types import Vector

__all__ = ["filtered"]

DIFFUSE = 1e6
"""Variance of a state of which nothing is known."""
LOOPED = 1_024
"""Bars taken one by one: a Python loop over floats is the fastest way through the first ones."""
STRETCH = 64
"""Bars of each later stretch; all stretches are filtered side by side."""

Number = TypeVar("Number", float, Vector)
State = tuple[Number, Number, Number, Number, Number]
"""Level and slope, and their variances: of the level, of both together, of the slope."""
Step = tuple[Number, Number, Number, Number, Number, Number]
"""Prior level and slope, innovation and its variance, and the gains of level and slope."""

Two = tuple[Any, Any]
Three = tuple[Any, Any, Any]
"""Floats, or arrays: of level and slope, and of their variances."""
Update = Callable[[Three, Two, Two, Any], Three]
"""Variances after a bar, from those before it, their products with its h, the gains, and h."""

Matrix = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@np.errstate(invalid="ignore", over="ignore")
def filtered(u: Vector, h: Vector, q_level: float, q_slope: float) -> Matrix:
    """Filter ``u[t] = a[t] + b[t] * h[t] + error``, a line that shifts and turns with every bar.

    Parameters
    ----------
    u, h : Vector, shape (n,)
        A NaN makes everything after it NaN.
    q_level, q_slope : float
        Variance of a bar's shift of the line, and of its turn about the bar's own h, where that
        of the error is 1. So b is a random walk of variance ``q_slope``, and a one of variance
        ``q_level + q_slope * h[t]**2``.

    Returns
    -------
    Matrix, shape (4, n)
        a and b before each bar, the innovation, and its variance. At the start nothing is known.

    Notes
    -----
    A filter waits for the state before it. From ``LOOPED`` bars on, stretches are first filtered
    side by side as if each knew its start, with the sensitivity of its innovations to that start
    (de Jong's augmented filter); then the true start is handed from stretch to stretch; then each
    is filtered again from there. The same recursion serves single bars (floats) and stretches
    (arrays). Where stretches begin does not depend on how many bars follow, so neither do the bits
    of a result.

    References
    ----------
    De Jong (1991), Annals of Statistics 19(2), 1073-1083. doi:10.1214/aos/1176348139
    Särkkä and García-Fernández (2021), IEEE Trans. Automatic Control 66(1), 299-306.
    doi:10.1109/TAC.2020.2976316

    Examples
    --------
    >>> a, b, innovation, variance = filtered(np.array([1.0, 1.0, 4.0]), np.zeros(3), 0.0, 0.0)
    >>> a.round(3), innovation.round(3), variance.round(3)[1:]
    (array([0., 1., 1.]), array([1., 0., 3.]), array([2. , 1.5]))
    """
    nothing = (0.0, 0.0, DIFFUSE, 0.0, DIFFUSE)
    walk = q_level, q_slope
    begun = u[:LOOPED].tolist(), h[:LOOPED].tolist()
    steps, state = _run(*begun, walk, nothing, _careful)
    first = np.fromiter(itertools.chain.from_iterable(steps), np.float64).reshape(-1, 6).T[:4]
    n = len(u)
    if n <= LOOPED:
        return first
    u, h = _stretches(u[LOOPED:]), _stretches(h[LOOPED:])
    zero = np.zeros(u.shape[1])
    known, ends = _run(u, h, walk, (zero, zero, zero, zero, zero), _plain)
    starts = _hand_over(state, ends, _sensitivity(known, h))
    again, _ = _run(u, h, walk, starts, _plain)
    whole = np.empty((4, LOOPED + u.size))
    whole[:, :LOOPED] = first
    rest = whole[:, LOOPED:].reshape(4, -1, STRETCH)
    for at, step in enumerate(again):
        for row, values in zip(rest, step[:4], strict=True):
            row[:, at] = values
    return whole[:, :n]


def _run(
    u: Iterable[Number],
    h: Iterable[Number],
    walk: tuple[float, float],
    state: State[Number],
    updated: Update,
) -> tuple[list[Step[Number]], State[Number]]:
    """Every step from a prior state, and the prior state after them."""
    q_level, q_slope = walk
    a, b, p_aa, p_ab, p_bb = state
    steps: list[Step[Number]] = []
    for value, slope in zip(u, h, strict=True):
        c_a, c_b = p_aa + slope * p_ab, p_ab + slope * p_bb
        variance = c_a + slope * c_b + 1.0
        error = value - a - slope * b
        k_a, k_b = c_a / variance, c_b / variance
        steps.append((a, b, error, variance, k_a, k_b))
        a, b = a + k_a * error, b + k_b * error
        p_aa, p_ab, p_bb = updated((p_aa, p_ab, p_bb), (c_a, c_b), (k_a, k_b), slope)
        q_ab = q_slope * slope
        p_aa, p_ab, p_bb = p_aa + q_level + q_ab * slope, p_ab - q_ab, p_bb + q_slope
    return steps, (a, b, p_aa, p_ab, p_bb)


def _careful(prior: Three, product: Two, gain: Two, h: float) -> Three:
    """Variances after a bar, in Joseph's form: at the start the plain one would be rounding."""
    (p_aa, p_ab, p_bb), (c_a, c_b), (k_a, k_b) = prior, product, gain
    d_aa, d_ab = p_aa - k_a * c_a, p_ab - k_a * c_b
    d_ba, d_bb = p_ab - k_b * c_a, p_bb - k_b * c_b
    d_a, d_b = d_aa + h * d_ab, d_ba + h * d_bb
    return (
        d_aa - k_a * d_a + k_a * k_a,
        d_ab - k_b * d_a + k_a * k_b,
        d_bb - k_b * d_b + k_b * k_b,
    )


def _plain(prior: Three, product: Two, gain: Two, _: float) -> Three:
    """Variances after a bar, once the line is known: half the work."""
    (p_aa, p_ab, p_bb), (c_a, c_b), (k_a, k_b) = prior, product, gain
    return p_aa - k_a * c_a, p_ab - k_a * c_b, p_bb - k_b * c_b


def _stretches(values: Vector) -> Matrix:
    """Each stretch a column; the last one filled up with 0."""
    n = math.ceil(len(values) / STRETCH)
    filled = np.zeros(n * STRETCH)
    filled[: len(values)] = values
    return filled.reshape(n, STRETCH).T.copy()


def _sensitivity(steps: list[Step[Vector]], h: Matrix) -> tuple[Vector, ...]:
    """What each stretch makes of another start: of its end (4), and of its likelihood (2 + 3)."""
    zero = np.zeros(h.shape[1])
    aa, ab, ba, bb = zero + 1, zero, zero, zero + 1
    eta_a = eta_b = j_aa = j_ab = j_bb = zero
    for (_, _, error, variance, k_a, k_b), slope in zip(steps, h, strict=True):
        g_a, g_b = aa + slope * ba, ab + slope * bb
        aa, ab, ba, bb = aa - k_a * g_a, ab - k_a * g_b, ba - k_b * g_a, bb - k_b * g_b
        w_a, w_b = g_a / variance, g_b / variance
        eta_a, eta_b = eta_a + w_a * error, eta_b + w_b * error
        j_aa, j_ab, j_bb = j_aa + w_a * g_a, j_ab + w_a * g_b, j_bb + w_b * g_b
    return aa, ab, ba, bb, eta_a, eta_b, j_aa, j_ab, j_bb


def _hand_over(
    state: State[float], ends: State[Vector], effects: tuple[Vector, ...]
) -> State[Vector]:
    """The true start of each stretch: the end of the one before, corrected for its own start."""
    starts = []
    every_end = zip(*(column.tolist() for column in ends), strict=True)
    every_effect = zip(*(column.tolist() for column in effects), strict=True)
    for end, effect in zip(every_end, every_effect, strict=True):
        starts.append(state)
        state = _corrected(end, effect, state)
    a, b, p_aa, p_ab, p_bb = map(np.array, zip(*starts, strict=True))
    return a, b, p_aa, p_ab, p_bb


def _corrected(end: State[float], effect: tuple[float, ...], start: State[float]) -> State[float]:
    """Where a stretch ends that started from ``start`` and not from a certain 0.

    With P = L L' the start's covariance, F the stretch's transition, J and eta its information on
    the start, and M = F L: the start's news is ``L T^-1 L' (eta - J start)``, T = I + L' J L, and
    the end's covariance grows by ``M T^-1 M'``. T is never below I, so nothing is lost.
    """
    end_a, end_b, c_aa, c_ab, c_bb = end
    f_aa, f_ab, f_ba, f_bb, eta_a, eta_b, j_aa, j_ab, j_bb = effect
    a, b, p_aa, p_ab, p_bb = start
    l_aa = math.sqrt(p_aa)
    l_ba = p_ab / l_aa
    l_bb = math.sqrt(max(p_bb - l_ba * l_ba, 0.0))
    news_a, news_b = eta_a - j_aa * a - j_ab * b, eta_b - j_ab * a - j_bb * b
    s_a, s_b = l_aa * news_a + l_ba * news_b, l_bb * news_b
    i_ab = j_ab * l_aa + j_bb * l_ba
    t_aa = 1.0 + l_aa * (j_aa * l_aa + j_ab * l_ba) + l_ba * i_ab
    t_ab, t_bb = l_bb * i_ab, 1.0 + l_bb * l_bb * j_bb
    m_aa, m_ab = f_aa * l_aa + f_ab * l_ba, f_ab * l_bb
    m_ba, m_bb = f_ba * l_aa + f_bb * l_ba, f_bb * l_bb
    det = t_aa * t_bb - t_ab * t_ab
    n_aa, n_ab = (m_aa * t_bb - m_ab * t_ab) / det, (m_ab * t_aa - m_aa * t_ab) / det
    n_ba, n_bb = (m_ba * t_bb - m_bb * t_ab) / det, (m_bb * t_aa - m_ba * t_ab) / det
    return (
        end_a + f_aa * a + f_ab * b + n_aa * s_a + n_ab * s_b,
        end_b + f_ba * a + f_bb * b + n_ba * s_a + n_bb * s_b,
        c_aa + n_aa * m_aa + n_ab * m_ab,
        c_ab + n_aa * m_ba + n_ab * m_bb,
        c_bb + n_ba * m_ba + n_bb * m_bb,
    )
