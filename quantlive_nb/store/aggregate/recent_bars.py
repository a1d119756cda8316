"""Recent bars of one second, pushed by the owner of a database to its clients.

A client that needs older bars queries them.
"""

from typing import Any, NamedTuple, Self

import numpy as np

from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.store.aggregate.bar_rows import ROW, Rows
from quantlive_nb.types import Bars

__all__ = ["KEPT_US", "STEP_US", "RecentBars"]

STEP_US: Micros = SECOND
"""Length of a pushed bar."""
KEPT_US: Micros = 5 * SECOND
"""Time before the newest trade that is pushed; a client refreshes several times in it."""


class RecentBars(NamedTuple):
    """Every trade of a symbol from one moment to another, as bars of a second.

    Attributes
    ----------
    from_us : int, µs UTC
        A whole second: all stored trades from here on are in the rows.
    newest_us : int, µs UTC
        The newest trade when they were made; the rows may hold later ones.
    rows : Rows
        Seconds without a trade have none.

    Examples
    --------
    >>> row = (0, 1.0, 3.0, 1.0, 2.0, 5.0, 0.0, 0.0, 2, 1, 2)
    >>> recent = RecentBars(0, 7, np.array([row], ROW))
    >>> recent.pack()
    [0, 7, [(0, 1.0, 3.0, 1.0, 2.0, 5.0, 0.0, 0.0, 2, 1, 2)]]
    >>> RecentBars.unpack(recent.pack()) == recent
    True
    """

    from_us: Micros
    newest_us: Micros
    rows: Rows

    @classmethod
    def of(cls, bars: Bars, from_us: Micros, newest_us: Micros) -> Self:
        """The bars from one moment on."""
        traded = bars.n_trades > 0
        rows = np.empty(int(traded.sum()), ROW)
        for name in ROW.names or ():
            rows[name] = getattr(bars, name)[traded]
        return cls(from_us, newest_us, rows)

    def pack(self) -> list[Any]:
        """As JSON values."""
        return [self.from_us, self.newest_us, self.rows.tolist()]

    @classmethod
    def unpack(cls, packed: list[Any]) -> Self:
        """From JSON values."""
        from_us, newest_us, rows = packed
        return cls(from_us, newest_us, np.array([tuple(row) for row in rows], ROW))
