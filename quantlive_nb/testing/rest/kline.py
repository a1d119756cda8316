"""Bars as the exchange returns them: arrays of twelve fields, in exact decimals.

It shares no arithmetic with our own bars.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from itertools import compress
from operator import mul

from quantlive_nb.testing.market.market_trade import Trade
from quantlive_nb.testing.market.trade_history import Book

__all__ = ["INTERVALS_MS", "klines"]

SECOND_MS, MINUTE_MS, HOUR_MS = 1_000, 60_000, 3_600_000
INTERVALS_MS = {
    "1s": SECOND_MS,
    **{f"{n}m": n * MINUTE_MS for n in (1, 3, 5, 15, 30)},
    **{f"{n}h": n * HOUR_MS for n in (1, 2, 4, 6, 8, 12)},
    "1d": 24 * HOUR_MS,
}
"""Lengths of the intervals that are served: those of 3 days and more are not."""

Kline = list[int | str]
"""Open time, open, high, low, close, volume, close time, quote volume, number of trades, taker-buy
volume, taker-buy quote volume, and a field to ignore."""


def klines(
    book: Book,
    every_ms: int,
    now_ms: int,
    *,
    start_ms: int | None = None,
    end_ms: int | None = None,
    limit: int = 500,
) -> list[Kline]:
    """The bars that open in a time range, both ends included.

    Parameters
    ----------
    book : Book
        The trades of the symbol.
    every_ms : int, ms
    now_ms : int, ms UTC
        Market time: the last bar contains it and is still forming.
    start_ms, end_ms : int, optional, ms UTC
    limit : int
        Most rows: the oldest if a start is given, else the newest.

    Returns
    -------
    list of list

    Examples
    --------
    >>> book = Book()
    >>> book.add(Trade("BTCUSDT", 7, "61837.63000000", "0.02000000", 65_000, True))
    >>> klines(book, 60_000, now_ms=120_000)[0][:7]
    [60000, '61837.63000000', '61837.63000000', '61837.63000000', '61837.63000000', '0.02000000', \
119999]
    >>> klines(book, 60_000, now_ms=120_000)[1][4:6]
    ['61837.63000000', '0.00000000']
    """
    if (oldest_ms := book.first_ms()) is None:
        return []
    first_ms, last_ms = oldest_ms // every_ms * every_ms, now_ms // every_ms * every_ms
    if start_ms is not None:
        first_ms = max(first_ms, -(-start_ms // every_ms) * every_ms)
    if end_ms is not None:
        last_ms = min(last_ms, end_ms // every_ms * every_ms)
    opens = range(first_ms, last_ms + 1, every_ms)
    opens = opens[-limit:] if start_ms is None else opens[:limit]
    return _bars(book, opens) if opens else []


def _bars(book: Book, opens: range) -> list[Kline]:
    """The bars that open at these times."""
    before = book.last_before(opens[0])
    close = "" if before is None else before.price  # then the first bar has trades
    inside: defaultdict[int, list[Trade]] = defaultdict(list)
    for trade in book.between(opens[0], opens[-1] + opens.step - 1):
        inside[trade.time_ms // opens.step * opens.step].append(trade)
    rows: list[Kline] = []
    with localcontext(prec=60):  # a price times a quantity has up to 36 digits
        for at_ms in opens:
            rows.append(_bar(at_ms, opens.step, inside[at_ms], close))
            close = str(rows[-1][4])
    return rows


def _bar(at_ms: int, every_ms: int, trades: Sequence[Trade], close: str) -> Kline:
    """One bar; without trades it has the last close."""
    texts = [trade.price for trade in trades] or [close]
    prices = [Decimal(text) for text in texts]
    sizes = [Decimal(trade.qty) for trade in trades]
    paid = list(map(mul, prices, sizes))
    is_buy = [not trade.buyer_maker for trade in trades]
    return [
        at_ms,
        texts[0],
        texts[prices.index(max(prices))],
        texts[prices.index(min(prices))],
        texts[-1],
        _total(sizes),
        at_ms + every_ms - 1,
        _total(paid),
        len(trades),
        _total(compress(sizes, is_buy)),
        _total(compress(paid, is_buy)),
        "0",
    ]


def _total(numbers: Iterable[Decimal]) -> str:
    """A sum with the exchange's 8 decimals."""
    return f"{sum(numbers, Decimal(0)):.8f}"
