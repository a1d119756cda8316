"""Exchanges as pure functions of text, one folder a venue.

This room knows no socket, no loop, no clock and no store.
"""

from collections.abc import Callable

from quantlive_nb.venue.base import Exchange
from quantlive_nb.venue.binance.stream import Binance

__all__ = ["DEFAULT", "EXCHANGES", "Binance", "Exchange", "exchange"]

DEFAULT = "binance"
"""The source where none is named, and the venue of a recording that does not say its own."""


def binance_us(
    ws_url: str = "wss://stream.binance.us:9443", rest_url: str = "https://api.binance.us"
) -> Binance:
    """Binance.US: the same texts from other hosts.

    Examples
    --------
    >>> binance_us().name
    'binance-us'
    """
    return Binance(ws_url, rest_url, "binance-us")


EXCHANGES: dict[str, Callable[..., Exchange]] = {"binance": Binance, "binance-us": binance_us}
"""Every venue by the name that ``--source`` takes; a new one is one line here."""


def exchange(name: str, ws_url: "str | None" = None, rest_url: "str | None" = None) -> Exchange:
    """A venue by name, at its own endpoints or at others.

    Examples
    --------
    >>> exchange("binance", ws_url="ws://127.0.0.1:9").url(["BTCUSDT"])
    'ws://127.0.0.1:9/stream?streams=btcusdt@trade'
    """
    urls = {"ws_url": ws_url, "rest_url": rest_url}
    return EXCHANGES[name](**{key: url for key, url in urls.items() if url})
