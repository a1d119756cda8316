"""One trade as the exchange stores it, and the trades of one taker order."""

from collections.abc import Sequence

import msgspec

from quantlive_nb.testing.market.event_frame import EventFrame

__all__ = ["Trade", "is_same_order", "known_by", "trade_of"]

MICROSECONDS = 10**14  # times from here on are µs: as ms they would lie in the year 5138


class Trade(
    msgspec.Struct,
    frozen=True,
    gc=False,
    rename={
        "symbol": "s",
        "trade_id": "t",
        "price": "p",
        "qty": "q",
        "time_ms": "T",
        "buyer_maker": "m",
    },
):
    """A trade; its numbers are texts as in its frame.

    Attributes
    ----------
    symbol : str
    trade_id : int
    price, qty : str
    time_ms : int, ms UTC
    buyer_maker : bool
        True when the taker sold.

    Examples
    --------
    >>> Trade("BTCUSDT", 7, "61837.63000000", "0.02000000", 1_723_161_255_342, True).price
    '61837.63000000'
    """

    symbol: str
    trade_id: int
    price: str
    qty: str
    time_ms: int
    buyer_maker: bool


_DECODER = msgspec.json.Decoder(Trade)


def trade_of(frame: EventFrame) -> Trade | None:
    """The trade in a frame; None if it has none.

    Examples
    --------
    >>> text = '{"s":"BTCUSDT","t":7,"p":"2.50","q":"1","T":1723161255342000,"m":true}'
    >>> trade = trade_of(EventFrame.of(f'{{"stream":"btcusdt@trade","data":{text}}}'))
    >>> trade.price, trade.time_ms
    ('2.50', 1723161255342)
    """
    if not frame.is_trade:
        return None
    try:
        trade = _DECODER.decode(frame.payload)
    except msgspec.MsgspecError:
        return None
    if trade.time_ms < MICROSECONDS:
        return trade
    return msgspec.structs.replace(trade, time_ms=trade.time_ms // 1_000)


def is_same_order(trade: Trade, after: Trade) -> bool:
    """Whether ``after`` is the next fill of the taker order that made ``trade``.

    Notes
    -----
    The exchange's glossary: the same taker order, time and price. The order is not published, so
    the side is used instead: two consecutive orders of one side, price and millisecond count as
    one.
    """
    return (
        after.trade_id == trade.trade_id + 1
        and after.time_ms == trade.time_ms
        and after.price == trade.price
        and after.buyer_maker == trade.buyer_maker
    )


def known_by(trades: Sequence[Trade | None]) -> list[int]:
    """Number of frames known to the exchange, for each number of frames sent.

    Parameters
    ----------
    trades : sequence of Trade or None, shape (n,)
        The trade in each frame, in the order of sending.

    Returns
    -------
    list of int, shape (n + 1,)
        Non-decreasing, and at least the number sent.

    Notes
    -----
    A taker order is filled at once, and its trades are sent one after another: when the first
    has been sent, the exchange knows them all.

    Examples
    --------
    >>> one, two = (Trade("A", i, "1", "1", 0, True) for i in (1, 2))
    >>> known_by([one, None, two, None])
    [0, 3, 3, 3, 4]
    """
    ends = _order_ends(trades)
    known, n_known, n_seen = [], 0, 0
    for n_sent in range(len(trades) + 1):
        n_known = max(n_known, n_sent)
        while n_seen < n_known:
            n_known = max(n_known, ends[n_seen])
            n_seen += 1
        known.append(n_known)
    return known


def _order_ends(trades: Sequence[Trade | None]) -> list[int]:
    """For each trade the place behind the last one of its taker order."""
    ends = list(range(1, len(trades) + 1))
    following: dict[str, tuple[Trade, int]] = {}
    for i in range(len(trades) - 1, -1, -1):
        trade = trades[i]
        if trade is not None:
            after, end = following.get(trade.symbol, (trade, 0))
            if is_same_order(trade, after):
                ends[i] = end
            following[trade.symbol] = trade, ends[i]
    return ends
