"""Which proxy an address is reached through: one answer for WebSocket, REST and the doctor.

This file sends nothing: it reads the variables that curl reads, and refuses what cannot be used.
"""

import urllib.request
from typing import Any
from urllib.parse import urlsplit

from quantlive_nb.errors import FeedError

__all__ = ["client_options", "proxy_of", "shown"]

KEYS = {
    "wss": ("wss", "socks", "https", "all"),
    "ws": ("ws", "socks", "https", "http", "all"),
    "https": ("https", "socks", "all"),
    "http": ("http", "socks", "all"),
}
"""Settings that are looked at for each scheme of an address, the first that is set is taken."""
USABLE = ("http", "https", "socks5", "socks5h")
SOCKS_PORT = 1_080


def proxy_of(url: str) -> "str | None":
    """The proxy for an address, from ``https_proxy``, ``all_proxy`` and their kind; None for none.

    Notes
    -----
    ``no_proxy`` is heeded. ``socks://`` means SOCKS 5, and a SOCKS proxy without a port has 1080.

    Raises
    ------
    FeedError
        When one is set that cannot be used.

    Examples
    --------
    >>> import os
    >>> os.environ["no_proxy"] = "127.0.0.1"
    >>> proxy_of("wss://127.0.0.1/stream") is None
    True
    """
    address = urlsplit(url)
    if urllib.request.proxy_bypass(address.netloc):
        return None
    settings = urllib.request.getproxies()
    key = next((key for key in KEYS.get(address.scheme, ("all",)) if settings.get(key)), None)
    return None if key is None else _usable(settings[key], is_socks=key == "socks")


def shown(proxy: str) -> str:
    """A proxy's address without user and password.

    Examples
    --------
    >>> shown("socks5://me:secret@127.0.0.1:1080")
    'socks5://127.0.0.1:1080'
    """
    scheme, _, rest = proxy.rpartition("://")
    host = rest.rpartition("@")[2]
    return f"{scheme}://{host}" if scheme else host


def client_options(url: str) -> dict[str, Any]:
    """Arguments of an httpx client for an address; reads certificates, so not on a loop.

    Raises
    ------
    FeedError
        When a proxy is set that cannot be used.
    """
    import httpx

    # httpx would read certificates and proxies from the environment: of these, the former here.
    return {"proxy": proxy_of(url), "verify": httpx.create_ssl_context(), "trust_env": False}


def _usable(text: str, *, is_socks: bool) -> str:
    """A proxy in the form that both libraries understand."""
    scheme, _, rest = text.rpartition("://")
    if is_socks and scheme in ("", "http"):  # as some operating systems tell it
        scheme = "socks5h"
    scheme = {"": "http", "socks": "socks5"}.get(scheme.lower(), scheme.lower())
    rest = rest.rstrip("/")
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        port = parts.port or (SOCKS_PORT if scheme.startswith("socks") else None)
    except ValueError as exc:
        raise _unusable(text) from exc
    has_half = (parts.username is None) != (parts.password is None)
    if scheme not in USABLE or not parts.hostname or parts.path or parts.query or has_half:
        raise _unusable(text)
    user = parts.netloc.rpartition("@")[0]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{scheme}://{user + '@' * bool(user)}{host}{f':{port}' * (port is not None)}"


def _unusable(text: str) -> FeedError:
    """The sentence about a proxy that cannot be used."""
    return FeedError(
        f"the proxy {shown(text)} cannot be used: set all_proxy to http://HOST:PORT or "
        "socks5://HOST:PORT (user and password both or neither), or name the exchange in no_proxy"
    )
