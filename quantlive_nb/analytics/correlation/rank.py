"""Rolling rank correlation of two prices' returns."""

import numpy as np

from quantlive_nb.analytics.core.vector import vectors
from quantlive_nb.analytics.core.window import Matrix, deviations, require_window, trailing
from quantlive_nb.analytics.correlation.correlation import returns
from quantlive_nb.types import Vector

__all__ = ["spearman"]

PLACES = 13
"""Returns are ratios near 1: what differs beyond these places differs by rounding, and is a tie."""


def spearman(y: Vector, x: Vector, window: int = 30) -> Vector:
    """Rolling Spearman correlation of the log returns of two prices.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        Prices, above 0. A NaN spoils every window that holds it.
    window : int, returns
        At least 3; the window ends with the current return.

    Returns
    -------
    Vector, shape (n,), in [-1, 1]
        The first ``window`` entries are NaN; so is a window in which one of the prices did not
        move.

    Raises
    ------
    UsageError
        If ``window < 3`` or a price is not above 0.
    ShapeError
        If the lengths differ.

    Notes
    -----
    Pearson's correlation of the ranks, ties sharing the middle of theirs. One wild return weighs no
    more than its rank, so it says what most bars do. Reads nothing after t. O(n window log window).

    References
    ----------
    Spearman (1904), American Journal of Psychology 15(1), 72-101. doi:10.2307/1412159

    Examples
    --------
    >>> y = np.array([1.0, 2.0, 1.0, 4.0, 3.0])
    >>> spearman(y, y**3, window=3).round(6)
    array([nan, nan, nan,  1.,  1.])
    """
    require_window(window, least=3)
    y, x = vectors(y=y, x=x)
    (rho,) = trailing(_of_ranks, window, returns(y).round(PLACES), returns(x).round(PLACES))
    return rho


def _of_ranks(y: Matrix, x: Matrix) -> tuple[Vector]:
    """Pearson's correlation of the ranks of each pair of rows."""
    from scipy.stats import rankdata

    _, from_y, squares_y = deviations(rankdata(y, axis=1, nan_policy="propagate"))
    _, from_x, squares_x = deviations(rankdata(x, axis=1, nan_policy="propagate"))
    rho = (from_y * from_x).sum(axis=1) / (np.sqrt(squares_y) * np.sqrt(squares_x))
    rho[(squares_y == 0) | (squares_x == 0)] = np.nan
    return (np.clip(rho, -1.0, 1.0),)
