"""Messages that must not break a client: one of each kind."""

from quantlive_nb.testing.market.event_frame import EventFrame, wire_frame
from quantlive_nb.testing.rest.reply import compact

__all__ = ["garbage"]

STRANGER, FOREIGN = "NOBODYUSDT", "这是测试币456"
YEAR_1970_MS, YEAR_2200_MS = 1, 7_258_118_400_000
N_HUGE, N_DEEP = 4_000_000, 100_000

ODD: dict[str, str | bytes] = {
    "malformed": '{"e":"trade",]',
    "error in an envelope": '{"error":{"code":2,"msg":"Invalid request: unknown variant"}}',
    "error": '{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}',
    "empty object": "{}",
    "array": '[1,"trade"]',
    "number": "7",
    "nothing": "",
    "deep": "[" * N_DEEP,
    "huge": '{"e":"trade","x":"' + "x" * N_HUGE + '"}',
    "binary": b"\x00\xff\xfe{}",
}
"""Texts that are not events, and some bytes."""

BENT: dict[str, dict[str, object]] = {
    "price NaN": {"p": "NaN"},
    "price infinite": {"p": "Infinity"},
    "price negative": {"p": "-1.00000000"},
    "price zero": {"p": "0.00000000"},
    "price a number": {"p": 1.5},
    "quantity NaN": {"q": "NaN"},
    "quantity zero": {"q": "0.00000000"},
    "id beyond 64 bits": {"t": 2**64},
    "side unknown": {"m": "perhaps"},
    "time of 1970": {"T": YEAR_1970_MS},
    "time of 2200": {"T": YEAR_2200_MS},
    "stranger": {"s": STRANGER},
    "foreign": {"s": FOREIGN},
}
"""Fields that make a trade invalid, or one of an unrequested symbol."""


def garbage(symbol: str, trade_id: int, at_ms: int, price: str) -> dict[str, EventFrame]:
    """One hostile message of each kind, for everyone.

    Parameters
    ----------
    symbol : str
    trade_id : int
        Id of the invalid trades: best the next id of the symbol, which a valid trade will have.
    at_ms : int, ms UTC
        Event time, valid in all of them.
    price : str

    Returns
    -------
    dict of str to Frame

    Examples
    --------
    >>> garbage("BTCUSDT", 7, 1_723_161_255_342, "61837.63000000")["price zero"].payload[:67]
    b'{"e":"trade","E":1723161255342,"s":"BTCUSDT","t":7,"p":"0.00000000"'
    """
    good: dict[str, object] = {"e": "trade", "E": at_ms, "s": symbol, "t": trade_id, "p": price}
    good |= {"q": "0.01000000", "T": at_ms, "m": False, "M": True}
    bent = BENT | {"price with nine decimals": {"p": f"{price}1"}}
    texts = {kind: _texts(good | fields) for kind, fields in bent.items()}
    texts["unknown event"] = _texts({"e": "somethingNew", "E": at_ms, "s": symbol, "x": [1]})
    combined, raw = _texts(good)
    texts["truncated"] = combined[:-30], raw[:-30]
    frames = {kind: EventFrame.odd(message, None) for kind, message in ODD.items()}
    return frames | {
        kind: EventFrame(None, wire_frame(combined), wire_frame(raw))
        for kind, (combined, raw) in texts.items()
    }


def _texts(data: dict[str, object]) -> tuple[str, str]:
    """An event in the format of a combined and of a raw socket."""
    raw = compact(data)
    return f'{{"stream":"{str(data["s"]).lower()}@{data["e"]}","data":{raw}}}', raw
