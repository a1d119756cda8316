"""What visitors cost: the recorder's core, each kernel's memory, and how late a price is painted.

This file trades at the loopback exchange and watches real pages of a real server; it knows prices
on the screen and processes, and nothing of how one comes from the other.
"""

import contextlib
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import nbformat
import numpy as np
import psutil
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from quantlive_nb.serve.server import notebooks
from quantlive_nb.testing import LoopbackExchange
from tests.bench.guest import guest
from tests.bench.table import Figure, against, at_most
from tests.browser import chromium
from tests.browser.serving import Server, serving

__all__ = ["measure"]

COUNTS = (1, 5, 10, 20)
WATCH_S, SETTLE_S = 30.0, 5.0
VISITORS = 5
TICK_S, PROBE_S = 0.05, 0.73
"""One symbol trades all the time; the other rarely, each time at a price of its own."""
PATIENCE_MS = 600_000
DRAWN = "() => document.querySelector('.ql-chart-y path.line[d]')"
WORD = "() => document.querySelector('.widget-label')?.textContent === 'here'"
OBSERVE = """() => {
    window.painted = {};
    const note = () => {
        const price = document.querySelector('.ql-chart-y .ql-last')?.dataset.value;
        if (price && !(price in window.painted)) {
            window.painted[price] = 0;
            requestAnimationFrame(() => setTimeout(() => window.painted[price] = Date.now()));
        }
    };
    const everything = {subtree: true, childList: true, attributes: true, characterData: true};
    new MutationObserver(note).observe(document.querySelector('.ql-chart-y'), everything);
}"""
"""Each price of Y with the moment at which a frame that shows it has been painted."""


class Market:
    """Trades on a thread of its own; remembers when each price of the second symbol was sent."""

    def __init__(self, exchange: LoopbackExchange) -> None:
        self.sent_ms: dict[float, float] = {}
        self._exchange, self._stop = exchange, threading.Event()
        self._thread = threading.Thread(target=self._trade, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._stop.set()
        self._thread.join()

    def _trade(self) -> None:
        chance, n, due_s = np.random.default_rng(4), 0, 0.0
        while not self._stop.wait(TICK_S):
            n += 1
            self._exchange.trade("BTCUSDT", f"{60_000 + n % 97}.00", "0.01")
            if time.monotonic() >= due_s:
                due_s = time.monotonic() + PROBE_S * (0.7 + 0.6 * chance.random())
                price = 2_600 + n / 100
                self._exchange.trade("ETHUSDT", f"{price:.2f}", "1")
                self.sent_ms[round(price, 2)] = time.time() * 1e3


def measure() -> list[Figure]:
    """Visitors in growing numbers on one recorder; a page that owns its market; first charts."""
    with sync_playwright() as playwright:
        path, flags = chromium.find(), list(chromium.FLAGS)
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        figures = [*crowd(browser), alone(browser), *first_charts(browser)]
        browser.close()
    return figures


def crowd(browser: Browser) -> list[Figure]:
    """More and more visitors of one server; the page of the first is watched.

    The others are guests, whose browsers are elsewhere; their kernels and the server are here.
    """
    figures = []
    with (
        site() as (server, market),
        window(browser) as front,
        contextlib.ExitStack() as guests,
    ):
        core_before, n_open = core(server.recorder), 1
        page = visit(front, server)
        for n in COUNTS:
            for _ in range(n_open, n):
                guests.enter_context(guest(server.url))
            n_open = n
            time.sleep(SETTLE_S)
            core_now, late_ms = watched(server.recorder, market, page)
            each = (core_now - core_before) / n
            kernels = server.kernels
            pss_mb = max(kernel.memory_full_info().pss for kernel in kernels) / 1e6
            p50, p95 = np.percentile(late_ms, [50, 95])
            figures += [
                Figure(f"{n} visitors: recorder, cores each", f"{each:.3f}", **at_most(each, 0.03)),
                Figure("  largest kernel, PSS: MB", f"{pss_mb:.0f}", **at_most(pss_mb, 110, " MB")),
                Figure(
                    "  trade sent to painted, p50/p95: ms",
                    f"{p50:.0f}/{p95:.0f}",
                    **at_most(p95, 600, " ms"),
                ),
            ]
    return figures


def alone(browser: Browser) -> Figure:
    """One page whose kernel records its market itself."""
    with site("--db=:memory:") as (server, market), window(browser) as front:
        page = visit(front, server)
        time.sleep(SETTLE_S)
        (kernel,) = server.kernels
        _, late_ms = watched(kernel, market, page)
    p50, p95 = np.percentile(late_ms, [50, 95])
    what = "a page that records itself: sent to painted, p50/p95: ms"
    return Figure(what, f"{p50:.0f}/{p95:.0f}", **at_most(p95, 400, " ms"))


def first_charts(browser: Browser) -> list[Figure]:
    """From the address to the first candles: a kernel started for it, and one that was waiting.

    The alternative is the least page that Voilà can show, one word, in the same way.
    """
    figures = []
    for warm, what, target in ((0, "cold", 3.0), (1, "preheated", 1.5)):
        with site(f"--warm={warm}") as (server, _):
            ours_s = first_sight(browser, server, DRAWN)
        with least(warm) as server:
            other_s = first_sight(browser, server, WORD)
        figures.append(
            Figure(
                f"first candles, {what}; Voilà's least page: s",
                f"{ours_s:.1f}",
                f"{other_s:.1f}",
                against(other_s / ours_s),
                **at_most(ours_s, target, " s"),
            )
        )
    return figures


def first_sight(browser: Browser, server: Server, seen: str) -> float:
    """The middle one of several visitors; each comes with an empty cache to a quiet server."""
    took_s = []
    for _visitor in range(VISITORS):
        with window(browser) as front:
            page = front.new_page()
            quiet(server)
            begun = time.perf_counter()
            go(page, server, seen)
            took_s.append(time.perf_counter() - begun)
    return float(np.median(took_s))


@contextlib.contextmanager
def least(warm: int) -> Iterator[Server]:
    """A plain Voilà on a notebook of one word, with the settings that are shipped."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(notebooks() / "voila.json", folder)
        cell = nbformat.v4.new_code_cell("import ipywidgets as w\nw.Label('here')")
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), Path(folder) / "least.ipynb")
        pool = f"--pool_size={warm}", f"--preheat_kernel={warm > 0}"
        with serving("voila", "least.ipynb", "--no-browser", *pool, folder=Path(folder)) as server:
            yield server


@contextlib.contextmanager
def site(*options: str) -> Iterator[tuple[Server, Market]]:
    """A server on a market that trades."""
    with (
        tempfile.TemporaryDirectory() as folder,
        LoopbackExchange(symbols=("BTCUSDT", "ETHUSDT")) as exchange,
    ):
        urls = f"--ws-url={exchange.ws_url}", f"--rest-url={exchange.rest_url}"
        given = options if any("--db" in o for o in options) else (f"--db={folder}/t", *options)
        command = ("quantlive_nb", "dashboard", *urls, *given, "--preload=0", "--no-browser")
        with Market(exchange) as market, serving(*command, folder=Path(folder)) as server:
            yield server, market


@contextlib.contextmanager
def window(browser: Browser) -> Iterator[BrowserContext]:
    """A window of its own, with a cache of its own; its pages are closed at the end."""
    context = browser.new_context(viewport={"width": 1000, "height": 700})
    yield context
    context.close()


def visit(context: BrowserContext, server: Server) -> Page:
    """Open a page and wait for its candles."""
    page = context.new_page()
    go(page, server)
    return page


def go(page: Page, server: Server, seen: str = DRAWN) -> None:
    """Have a page go to the server and wait until its candles are drawn."""
    page.goto(server.url, wait_until="commit")
    page.wait_for_function(seen, timeout=PATIENCE_MS)


def watched(process: psutil.Process, market: Market, page: Page) -> tuple[float, list[float]]:
    """The part of a core that a process takes, and how late each price was painted on a page."""
    page.evaluate(OBSERVE)
    part = core(process)
    late_ms = []
    for text, painted_ms in page.evaluate("window.painted").items():
        sent_ms = market.sent_ms.get(round(float(text), 2))
        if sent_ms is not None and painted_ms:
            late_ms.append(painted_ms - sent_ms)
    return part, late_ms


def core(process: psutil.Process) -> float:
    """The part of a core that a process takes, over some seconds."""
    before, begun = sum(process.cpu_times()[:2]), time.perf_counter()
    time.sleep(WATCH_S)
    return (sum(process.cpu_times()[:2]) - before) / (time.perf_counter() - begun)


def quiet(server: Server) -> None:
    """Wait until the server and what it has started have hardly anything left to do."""
    time.sleep(SETTLE_S)
    while sum(map(busy, server.descendants())) > 20:
        continue


def busy(process: psutil.Process) -> float:
    """How much of a core it takes just now, in percent; one that has ended takes none."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.cpu_percent(0.5)
    return 0.0
