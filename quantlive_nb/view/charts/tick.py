"""Ticks and labels of an axis: few, round numbers, in the page's number format."""

import math

import numpy as np

from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.types import Vector
from quantlive_nb.view.text import MOST_DECIMALS, number, significant

__all__ = ["key", "labels", "n_places", "ticks", "time_format"]

EDGE = 0.035
"""Part of the range at each end where a label would be cut off."""
SMALL = 1e-3
"""Ends nearer to 0 are labelled with a power of ten when labels would be long."""
FINE = (
    (10 * SECOND, "%H:%M:%S.%L"),
    (20 * 60 * SECOND, "%H:%M:%S"),
    (20 * 3_600 * SECOND, "%H:%M"),
    (30 * 86_400 * SECOND, "%-d %b %H:%M"),
    (3 * 365 * 86_400 * SECOND, "%-d %b"),
)


def ticks(low: float, high: float, most: int) -> Vector:
    """Round values inside a range, away from its ends.

    Parameters
    ----------
    most : int
        Not more than this many, at least 1.

    Returns
    -------
    Vector, shape (n,)
        Steps of 1, 2 or 5 times a power of ten; empty for an empty range.

    Examples
    --------
    >>> ticks(2597.0, 2621.0, 6)
    array([2600., 2605., 2610., 2615., 2620.])
    >>> ticks(-1.0, 1.0, 3)
    array([-0.5,  0. ,  0.5])
    """
    if not high > low:
        return np.empty(0)
    margin = EDGE * (high - low)
    step = _step((high - low) / (most + 1))
    while True:
        first, last = math.ceil((low + margin) / step), math.floor((high - margin) / step)
        if last - first < most:
            return np.round(np.arange(first, last + 1) * step, max(0, n_places(step)))
        step = _step(step * 1.5)


def n_places(step: float) -> int:
    """Decimals needed to distinguish multiples of a round step.

    Examples
    --------
    >>> n_places(0.0002), n_places(5.0), n_places(0.25)
    (4, 0, 2)
    """
    return next((n for n in range(16) if math.isclose(step, round(step, n), rel_tol=1e-9)), 15)


def labels(values: Vector) -> dict[str, str]:
    """The label of each value, all with the decimals that the step needs.

    Where these are many, as near 0, they are written with a power of ten.

    Examples
    --------
    >>> labels(np.array([-0.5, 0.0, 0.5]))
    {'-0.5': '−0.5', '0': '0.0', '0.5': '0.5'}
    >>> labels(np.array([0.0, 5e-09, 1e-08]))
    {'0': '0', '5e-9': '5e−9', '1e-8': '1e−8'}
    """
    size = float(np.abs(values).max(initial=0.0))
    gap = float(values[1] - values[0]) if len(values) > 1 else size
    places = n_places(float(f"{gap:.10g}"))
    if places <= MOST_DECIMALS or size >= SMALL:
        return {key(float(value)): number(float(value), places) for value in values}
    n_digits = 1 + round(math.log10(size / gap))
    return {key(float(value)): significant(float(value), n_digits) for value in values}


def key(value: float) -> str:
    """A float as JavaScript formats it: the key by which an axis looks up its labels.

    Examples
    --------
    >>> key(2600.0), key(0.0002), key(8.12e-06), key(5e-07)
    ('2600', '0.0002', '0.00000812', '5e-7')
    """
    if value == 0:
        return "0"
    if abs(value) < 1e-6:
        return np.format_float_scientific(value, trim="-", exp_digits=1)
    return np.format_float_positional(value, trim="-")


def time_format(span_us: Micros) -> str:
    """The d3 format for ticks on a time axis of this length.

    Examples
    --------
    >>> time_format(300 * SECOND), time_format(5 * 3_600 * SECOND)
    ('%H:%M:%S', '%H:%M')
    """
    return next((text for most_us, text in FINE if span_us <= most_us), "%b %Y")


def _step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below ``least``."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= least * (1 - 1e-9))
