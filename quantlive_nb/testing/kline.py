"""Bars of trades, as the exchange tells them: arrays of twelve, exact to the last decimal.

This file knows no request; it shares no arithmetic with our own bars.
"""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal, localcontext

from quantlive_nb.testing.trade import Trade

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
    trades: Sequence[Trade],
    every_ms: int,
    now_ms: int,
    *,
    start_ms: int | None = None,
    end_ms: int | None = None,
    limit: int = 500,
) -> list[Kline]:
    """The bars that open in a span of time, both its ends included.

    Parameters
    ----------
    trades : sequence of Trade
        Of one symbol, in order of their ids.
    every_ms : int, ms
    now_ms : int, ms UTC
        The market's time: the bar that it falls into is the last, and is still forming.
    start_ms, end_ms : int, optional, ms UTC
    limit : int
        The oldest so many if a start is given, else the newest.

    Returns
    -------
    list of list

    Examples
    --------
    >>> trades = [Trade("BTCUSDT", 7, "61837.63000000", "0.02000000", 65_000, True)]
    >>> klines(trades, 60_000, now_ms=120_000)[0][:7]
    [60000, '61837.63000000', '61837.63000000', '61837.63000000', '61837.63000000', '0.02000000', \
119999]
    >>> klines(trades, 60_000, now_ms=120_000)[1][4:6]
    ['61837.63000000', '0.00000000']
    """
    inside: defaultdict[int, list[Trade]] = defaultdict(list)
    for trade in trades:
        inside[trade.time_ms // every_ms * every_ms].append(trade)
    if not inside:
        return []
    first_ms, last_ms = min(inside), max(*inside, now_ms // every_ms * every_ms)
    if start_ms is not None:
        first_ms = max(first_ms, -(-start_ms // every_ms) * every_ms)
    if end_ms is not None:
        last_ms = min(last_ms, end_ms // every_ms * every_ms)
    opens = range(first_ms, last_ms + 1, every_ms)
    opens = opens[-limit:] if start_ms is None else opens[:limit]
    close = _close_before(inside, first_ms if not opens else opens[0])
    rows: list[Kline] = []
    for at_ms in opens:
        rows.append(_bar(at_ms, every_ms, inside.get(at_ms, ()), close))
        close = str(rows[-1][4])
    return rows


def _close_before(inside: dict[int, list[Trade]], at_ms: int) -> str:
    """The last price of the bars before one; that of the first bar has no need of it."""
    earlier = max((open_ms for open_ms in inside if open_ms < at_ms), default=None)
    return "0.00000000" if earlier is None else inside[earlier][-1].price


def _bar(at_ms: int, every_ms: int, trades: Sequence[Trade], close: str) -> Kline:
    """One bar; without trades it stays at the last close."""
    prices = [trade.price for trade in trades] or [close]
    bought = [trade for trade in trades if not trade.buyer_maker]
    return [
        at_ms,
        prices[0],
        max(prices, key=Decimal),
        min(prices, key=Decimal),
        prices[-1],
        _total(trades),
        at_ms + every_ms - 1,
        _quote_total(trades),
        len(trades),
        _total(bought),
        _quote_total(bought),
        "0",
    ]


def _total(trades: Sequence[Trade]) -> str:
    return f"{sum((Decimal(trade.qty) for trade in trades), Decimal(0)):.8f}"


def _quote_total(trades: Sequence[Trade]) -> str:
    with localcontext(prec=60):
        paid = (Decimal(trade.price) * Decimal(trade.qty) for trade in trades)
        return f"{sum(paid, Decimal(0)):.8f}"
