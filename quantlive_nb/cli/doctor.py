"""Checks the installation, the network and the database: one line each, with a remedy."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from quantlive_nb.errors import FeedError, QuantliveError, StoreError, UsageError
from quantlive_nb.live.source import Options
from quantlive_nb.live.symbol_list import SymbolList
from quantlive_nb.requirement import installed, outside, require_extra
from quantlive_nb.serve.server import notebooks, refuse_occupied
from quantlive_nb.share.open_reader import reader, recorded_by
from quantlive_nb.store import MEMORY

__all__ = ["Finding", "examine"]

EXTRAS = ("dashboard", "stats")
PACKAGES = ("duckdb", "websockets", "jupyterlab", "voila", "ipykernel", "bqplot", "pandas")
"""Those whose versions are worth a word."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Examples
    --------
    >>> print(bad("port", "8866 is occupied: choose another with --port"))
    ✗ port: 8866 is occupied: choose another with --port
    """

    what: str
    text: str
    is_good: bool

    def __str__(self) -> str:
        """A line for the terminal."""
        return f"{'✓' if self.is_good else '✗'} {self.what}: {self.text}"


def good(what: str, text: str) -> Finding:
    """Nothing to do."""
    return Finding(what, text, is_good=True)


def bad(what: str, text: str) -> Finding:
    """Something to do; the text says what."""
    return Finding(what, text, is_good=False)


def examine(environment: Mapping[str, str], *, port: int = 8866) -> int:
    """Print every finding.

    Parameters
    ----------
    environment : mapping
        ``QUANTLIVE_*`` variables, as a kernel would get them.
    port : int
        The port that the page would take.

    Returns
    -------
    int
        0 when everything is good, 1 otherwise.
    """
    given = {n.removeprefix("QUANTLIVE_").lower(): text for n, text in environment.items()}
    symbols = tuple(s for s in given.pop("symbols", "").split(",") if s)
    speed = float(given.pop("speed")) if "speed" in given else None
    options = Options.read(symbols, **given, speed=speed)
    all_good = True
    for finding in findings(options, port):
        print(finding, flush=True)
        all_good = all_good and finding.is_good
    return 0 if all_good else 1


def findings(options: Options, port: int) -> Iterator[Finding]:
    """Look at one thing after the other."""
    yield python()
    yield packages()
    yield attempt("notebooks", lambda: str(notebooks()))
    yield attempt("port", lambda: free(port))
    yield database(options)
    if options.is_exchange:
        yield rest(options)
        yield stream(options)
    else:
        yield attempt("source", lambda: usable(options))


def attempt(what: str, look: Callable[[], str]) -> Finding:
    """A finding from something that raises when it is not good."""
    try:
        return good(what, look())
    except (QuantliveError, OSError) as exc:
        return bad(what, str(exc))


def free(port: int) -> str:
    """A sentence about a port that is free."""
    refuse_occupied("127.0.0.1", port)
    return f"{port} is free"


def usable(options: Options) -> str:
    """A sentence about a source that needs no network."""
    options.check()
    return f"{options.source} can be used"


def python() -> Finding:
    """The interpreter; an older one cannot have installed the package."""
    return good("Python", ".".join(map(str, sys.version_info[:3])))


def packages() -> Finding:
    """The libraries that the package stands on."""
    if strays := outside(*EXTRAS):
        return bad("packages", strays)
    found = [(name, installed(name)) for name in PACKAGES]
    words = " ".join(f"{name} {version}" for name, version in found if version)
    try:
        require_extra("dashboard", "the dashboard")
    except UsageError as exc:  # a recorder is sound without it
        return good("packages", f"{words}; {exc}")
    return good("packages", words)


def database(options: Options) -> Finding:
    """The file that would be recorded into, and what it holds."""

    def look() -> str:
        path = options.path
        if path == MEMORY:
            return "in memory"
        if not Path(path).exists():
            there = next(folder for folder in Path(path).absolute().parents if folder.exists())
            if not there.is_dir() or not os.access(there, os.W_OK):
                why = f"{there} is no folder that can be written: choose another place with --db"
                raise StoreError(path, why)
            return f"{path} will be made"
        return contents(path)

    return attempt("database", look)


def contents(path: str) -> str:
    """A sentence about what a database holds, and about the process that records into it."""
    with contextlib.closing(reader(path)) as store:
        pid, by = recorded_by(store), ""
        if pid is None:
            n_trades = int(store.sql("SELECT count(*) AS n FROM trades").n.item())
        else:  # its ledger is there already; to count over the share takes long
            n_trades = sum(ledger.n_held(*ledger.ranges) for ledger in store.coverage.values())
            by = f", recorded by process {pid}, which shares it"
        size = Path(path).stat().st_size / 1e6
        held = ", ".join(store.symbols()) or "no symbol yet"
        return f"{path}: {n_trades:,} trades, {size:.1f} MB, {held}{by}"


def rest(options: Options) -> Finding:
    """The exchange's REST side, and the symbols asked for."""
    listing = SymbolList(options.exchange())

    def look() -> str:
        n = len(listing.load())
        listing.check(options.symbols)
        lists = f"{listing.exchange.rest_url} lists {n:,} symbols, {', '.join(options.symbols)} too"
        return "; ".join(filter(None, (lists, listing.silence(options.symbols))))

    return attempt("REST", look)


def stream(options: Options) -> Finding:
    """The exchange's WebSocket side: how long until the first message."""
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    from quantlive_nb.http.backoff import sentence
    from quantlive_nb.http.proxy import proxy_of, shown

    url = options.exchange().url(options.symbols)
    began = time.monotonic()
    try:
        proxy = proxy_of(url)
        with connect(url, proxy=proxy, open_timeout=8, close_timeout=1) as ws:
            ws.recv(timeout=8)
    except (FeedError, OSError, WebSocketException) as exc:
        said = sentence(exc, options.exchange().alternative)
        why = f"{options.source} {said}; --source simulated needs no network"
        return bad("WebSocket", why)
    through = f" through the proxy {shown(proxy)}" if proxy else ""
    return good("WebSocket", f"first message after {time.monotonic() - began:.1f} s{through}")
