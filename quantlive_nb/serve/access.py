"""Access to a server: host names of this machine, addresses, and tokens kept out of logs."""

import contextlib
import ipaddress
import logging
import re
import socket
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from quantlive_nb.errors import UsageError

__all__ = ["Hosts", "is_loopback", "origin", "redacted", "with_token"]

EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104  compared with, not bound to
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:@/\s]+)(?::\d*)?")
"""A name, an IPv4 address or an IPv6 address in brackets, with an optional port."""
IN_ADDRESS = re.compile(r"(token(?:=|%(?:25)*3D))[^\s&#\"'<>]+", re.IGNORECASE)


def is_loopback(host: str) -> bool:
    """Whether an address is reachable from this machine only.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin(host: str, port: int) -> str:
    """The address of a server for a browser.

    Examples
    --------
    >>> origin("::1", 8866)
    'http://[::1]:8866'
    """
    name = socket.gethostname() if host in EVERYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


def with_token(url: str, token: str) -> str:
    """The address with the token, to open in a browser.

    Examples
    --------
    >>> with_token("http://127.0.0.1:8866/quant/", "a b")
    'http://127.0.0.1:8866/quant/?token=a+b'
    """
    return f"{url.rstrip('/')}/?{urlencode({'token': token})}" if token else url


class Hosts:
    """Allowed Host headers of a server on loopback.

    Parameters
    ----------
    allowed : iterable of str
        Further names, as passed on by a proxy.

    Notes
    -----
    DNS rebinding: a site can let its own name resolve to 127.0.0.1. For the browser its scripts and
    our pages then have one origin, and only the Host header tells them apart.

    Raises
    ------
    UsageError
        For an invalid host name.

    Examples
    --------
    >>> hosts = Hosts(["quant.example"])
    >>> [name for name in ("localhost:8866", "quant.example", "evil.example") if name in hosts]
    ['localhost:8866', 'quant.example']
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = frozenset(map(self._checked, allowed))

    def __contains__(self, host: str) -> bool:
        """Whether a Host header names this server."""
        name = _name(host)
        return is_loopback(name) or name in self._allowed

    @staticmethod
    def _checked(host: str) -> str:
        with contextlib.suppress(UnicodeError):
            if name := _name(host.encode("idna").decode("ascii")):
                return name
        raise UsageError(f"--allow-host {host!r} is no host name: give one such as quant.example")


def _name(host: str) -> str:
    """The name in a Host header, without its port, in lower case; empty if there is none."""
    match = HOST.fullmatch(host.strip().lower())
    return match[1].strip("[]").removesuffix(".") if match else ""


@contextlib.contextmanager
def redacted(secret: Callable[[], str]) -> Iterator[None]:
    """While the block runs, tokens are removed from log records, also within addresses.

    Parameters
    ----------
    secret : callable
        The server's token; empty while there is none.
    """
    make = logging.getLogRecordFactory()

    def clean(text: str) -> str:
        token = secret()
        for spelling in {token, quote(token, safe=""), quote_plus(token)} - {""}:
            text = text.replace(spelling, "[token]")
        return IN_ADDRESS.sub(r"\1[token]", text)

    def record(*args: Any, **named: Any) -> logging.LogRecord:
        made = make(*args, **named)
        with contextlib.suppress(TypeError, ValueError, KeyError):
            text = made.getMessage()
            if (cleaned := clean(text)) != text:
                made.msg, made.args = cleaned, ()
        if made.exc_info and made.exc_info[0] is not None:
            made.exc_text = clean("".join(traceback.format_exception(*made.exc_info))).rstrip()
        return made

    logging.setLogRecordFactory(record)
    try:
        yield
    finally:
        logging.setLogRecordFactory(make)
