"""What the status of an HTTP answer means for the next request: other hosts, a pause, or the end.

REST requests and WebSocket handshakes ask here; this file sends nothing.
"""

import math

from quantlive_nb.venue import Exchange

__all__ = ["CLOSED", "FINAL", "TOO_MANY", "fall_over", "refusal", "retry_after_s"]

CLOSED = frozenset({403, 451})
"""The host is closed to this address; another host of the exchange may be open."""
TOO_MANY = frozenset({418, 429})
"""Nothing may be asked before the time that ``Retry-After`` tells."""
FINAL = CLOSED | {400, 401, 404}
"""Asking the same again brings the same answer."""
PAUSE_S = 60.0
"""Waited after a 429 or 418 that does not say how long."""


def fall_over(status: int, asked: Exchange, current: Exchange) -> "Exchange | None":
    """The exchange at other hosts, to be asked after one that is closed to this address.

    Parameters
    ----------
    status : int
        What the exchange answered.
    asked, current : Exchange
        Whom the request went to, and to whom requests go now: another request may have been
        refused before.

    Returns
    -------
    Exchange or None
        None when the status is another one, or when there is no other host.

    Examples
    --------
    >>> from quantlive_nb.venue import exchange
    >>> own = exchange("binance")
    >>> other = fall_over(451, own, own)
    >>> other.rest_url, fall_over(451, other, other), fall_over(500, own, own)
    ('https://data-api.binance.vision', None, None)
    >>> fall_over(451, own, other) is other
    True
    """
    if status not in CLOSED:
        return None
    return asked.elsewhere() if current is asked else current


def retry_after_s(text: "str | None") -> float:
    """The seconds that ``Retry-After`` tells; a minute where it tells nothing that can be used.

    Examples
    --------
    >>> retry_after_s("2"), retry_after_s(None), retry_after_s("soon"), retry_after_s("inf")
    (2.0, 60.0, 60.0, 60.0)
    """
    try:
        wait_s = float(text or "")
    except ValueError:
        return PAUSE_S
    return max(wait_s, 0.0) if math.isfinite(wait_s) else PAUSE_S


def refusal(status: int, alternative: str = "") -> str:
    """What an HTTP status says of the exchange.

    Examples
    --------
    >>> refusal(451), refusal(500)
    ('not offered where you are (HTTP 451): try the simulated market', 'answered HTTP 500')
    """
    if status == 403:
        return "forbidden (HTTP 403): its firewall blocks this address"
    if status == 451:
        named = f"--source {alternative} or " if alternative else ""
        return f"not offered where you are (HTTP 451): try {named}the simulated market"
    return f"answered HTTP {status}"
