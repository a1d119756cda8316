"""The spread: the residual of y on its causal line on x."""

from quantlive_nb.analytics.core.vector import vectors
from quantlive_nb.analytics.pair.ols import rolling_ols
from quantlive_nb.types import Vector

__all__ = ["spread"]


def spread(y: Vector, x: Vector, window: int) -> Vector:
    """Distance of y above the line fitted to the ``window`` observations before it.

    Parameters
    ----------
    y, x : Vector, shape (n,)
        Usually log prices; then 0.01 is one percent. A NaN spoils every window that holds it.
    window : int, bars
        At least 3.

    Returns
    -------
    Vector, shape (n,), in y's unit
        The first ``window`` entries are NaN; so is one before which x did not move for a window.

    Raises
    ------
    UsageError
        If ``window < 3``.
    ShapeError
        If the lengths differ.

    Notes
    -----
    ``spread[t] = y[t] - (alpha[t] + beta[t] * x[t])`` with alpha and beta of
    :func:`rolling_ols`, which reads nothing at or after ``t``.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([1.0, 2.0, 4.0, 3.0, 9.0])
    >>> spread(1 + 2 * x + np.array([0, 0, 0, 0.5, 0]), x, window=3)[3].round(6)
    np.float64(0.5)
    """
    y, x = vectors(y=y, x=x)
    return rolling_ols(y, x, window).residuals(y, x)
