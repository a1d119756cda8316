"""The result table of a pair scan."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from quantlive_nb.analytics.core.vector import sealed
from quantlive_nb.types import Bools, Ints, Texts, Vector

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ScanResult"]

COLUMNS = (
    *("y", "x", "stat", "p", "q", "lags", "beta", "half_life", "correlation", "hurdle"),
    *("holdout_stat", "holdout_p", "holdout_beta", "holdout_shift"),
)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ScanResult:
    """Every ordered pair that could be tested, the smallest p first.

    All columns but those of the holdout are of the train bars alone. ``len(result)`` is the number
    of pairs in it.

    Attributes
    ----------
    y, x : Texts, shape (pairs,)
        y is explained by x.
    stat, p : Vector, shape (pairs,)
        Engle-Granger; H0 is no cointegration.
    q : Vector, shape (pairs,)
        Benjamini-Hochberg: p in view of how many pairs were tested.
    lags : Ints, shape (pairs,)
        Lagged differences in the regression.
    beta : Vector, shape (pairs,), percent of y per percent of x
    half_life : Vector, shape (pairs,), bars
        In which the spread forgets half of a deviation. NaN, that is withheld, where p is not below
        5 % or the spread does not forget steadily.
    correlation : Vector, shape (pairs,), in [-1, 1]
        Of the returns. NaN where a price grows at an even rate.
    hurdle : Vector, shape (pairs,), dimensionless
        What a return from an entry to the mean earns, over the cost of the round trip; below 1 it
        does not pay.
    holdout_stat, holdout_p, holdout_beta : Vector, shape (pairs,)
        The same test and slope of the holdout bars by themselves. NaN without a holdout, and where
        a leg has gaps or is still in it, or the two move as one.
    holdout_shift : Vector, shape (pairs,), train deviations of the spread
        How far the mean of the holdout's spread, by the train's line, has gone from 0.
    n_train, n_holdout : int, bars
    n_done, n_pairs : int
        Pairs looked at, and pairs there were; less when the scan was cancelled.
    left_out : mapping of str to str
        Symbols that were not tested, each with the reason.
    refused : mapping of (str, str) to str
        Pairs ``(y, x)`` of tested symbols that have no number, each with the reason.

    Examples
    --------
    >>> from quantlive_nb.analytics.scan.scan import scan
    >>> y, x = 0.01 * np.random.default_rng(1).normal(size=(2, 200)).cumsum(axis=1)
    >>> closes = {"Y": np.exp(y), "X": np.exp(x), "EUR": np.exp(1 - x)}
    >>> result = scan(closes, lags=1, holdout=0)
    >>> result
    ScanResult(2 pairs; 0 at q ≤ 0.05; best X on Y q=0.497; left out: EUR)
    >>> list(result.to_pandas().columns[:5])
    ['y', 'x', 'stat', 'p', 'q']
    """

    y: Texts
    x: Texts
    stat: Vector
    p: Vector
    q: Vector
    lags: Ints
    beta: Vector
    half_life: Vector
    correlation: Vector
    hurdle: Vector
    holdout_stat: Vector
    holdout_p: Vector
    holdout_beta: Vector
    holdout_shift: Vector
    n_train: int
    n_holdout: int
    n_done: int
    n_pairs: int
    left_out: Mapping[str, str]
    refused: Mapping[tuple[str, str], str]

    def __len__(self) -> int:
        """Pairs in the table."""
        return len(self.y)

    def __repr__(self) -> str:
        """How many pairs, how many discoveries, the best; what was left out or cancelled."""
        parts = [f"{len(self):,} pairs", f"{np.count_nonzero(self.q <= 0.05):,} at q ≤ 0.05"]
        if len(self):
            parts.append(f"best {self.y[0]} on {self.x[0]} q={self.q[0]:.3f}")
        if self.left_out:
            parts.append(f"left out: {', '.join(self.left_out)}")
        if not self.complete:
            parts.append(f"cancelled after {self.n_done:,} of {self.n_pairs:,} pairs")
        return f"ScanResult({'; '.join(parts)})"

    @property
    def complete(self) -> bool:
        """Whether every pair was looked at; False when the scan was cancelled."""
        return self.n_done == self.n_pairs

    def discoveries(self, level: float = 0.05) -> "ScanResult":
        """Only the pairs with ``q <= level``; the holdout has no say.

        Examples
        --------
        >>> from quantlive_nb.analytics.scan.scan import scan
        >>> walks = np.exp(np.random.default_rng(7).normal(size=(3, 200)).cumsum(axis=1))
        >>> len(scan(dict(zip("ABC", walks)), holdout=0).discoveries())
        0
        """
        return self.only(self.q <= level)

    def only(self, keep: Bools | Ints) -> "ScanResult":
        """The rows that a mask keeps, or those at some positions in their order."""
        columns = {name: sealed(getattr(self, name)[keep]) for name in COLUMNS}
        return replace(self, **columns)

    def to_pandas(self) -> "pd.DataFrame":
        """The columns as a table."""
        import pandas as pd

        return pd.DataFrame({name: getattr(self, name) for name in COLUMNS})
