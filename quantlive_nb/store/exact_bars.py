"""Bars in exact decimals, to be compared with somebody else's.

This file knows no cache and no screen: it asks the trades anew.
"""

from decimal import Decimal
from typing import NamedTuple

from quantlive_nb.interval import Micros
from quantlive_nb.store.aggregate.bar_rows import AGGREGATES, summed
from quantlive_nb.store.base import Reader
from quantlive_nb.store.tape.coverage import Coverage

__all__ = ["ExactBar", "exact_bars"]

QUESTION = f"""
SELECT epoch_us(ts_exch) // $every * $every AS ts, {AGGREGATES}
FROM trades
WHERE venue = $venue AND symbol = $symbol AND era = $era
AND ts_exch >= make_timestamp($start) AND ts_exch < make_timestamp($end)
GROUP BY ts ORDER BY ts
"""


class ExactBar(NamedTuple):
    """One bar of trades, without rounding; an interval without trades has none.

    Examples
    --------
    >>> ExactBar(0, *map(Decimal, "12122"), 3, 7, 9).n_trades
    3
    """

    ts: Micros
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    n_trades: int
    first_id: int
    last_id: int


def exact_bars(
    store: Reader, venue: str, symbol: str, every_us: Micros, span: "tuple[Micros, Micros]"
) -> list[ExactBar]:
    """The bars that opened in a stretch of time and hold every trade.

    Parameters
    ----------
    span : (int, int), µs UTC
        The bars that lie entirely within it.

    Returns
    -------
    list of ExactBar
        Of the current era; without bars that a gap touches, and without the bar in which the tape,
        or the era, began.

    Examples
    --------
    >>> from quantlive_nb.store import Store
    >>> from quantlive_nb.types import Trade, Trades
    >>> store, minute = Store(), 60_000_000
    >>> rows = [Trade("v", "A", i, i, str(10 + i), "1", True, i * minute, 0, 0) for i in (0, 1, 2)]
    >>> _ = store.append(Trades.of(rows))
    >>> [str(bar.close) for bar in exact_bars(store, "v", "A", minute, (0, 3 * minute))]
    ['11.00000000', '12.00000000']
    >>> store.close()
    """
    coverage = store.coverage.get(venue, Coverage())
    began = coverage.start(symbol, of_era=True)
    start, end = -(-span[0] // every_us) * every_us, span[1] // every_us * every_us
    where = {"venue": venue, "symbol": symbol, "every": every_us, "start": start, "end": end}
    where["era"] = coverage.era(symbol)
    cursor = store.cursor()
    rows = summed(lambda question: cursor.execute(question, where).fetchall(), QUESTION)
    bars = [ExactBar(*row[:6], *row[7:8], *row[9:]) for row in rows]
    holes = coverage.holes(symbol)
    return [
        bar
        for bar in bars
        if began is not None
        and bar.ts > began
        and not any(h.from_ts < bar.ts + every_us and h.to_ts >= bar.ts for h in holes)
    ]
