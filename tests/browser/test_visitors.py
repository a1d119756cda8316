"""Many visitors: one recorder, one connection to the exchange, and no kernel without a page."""

import contextlib
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext

from quantlive_nb import Live
from quantlive_nb.health import FeedState
from quantlive_nb.serve.supervisor import is_shared
from quantlive_nb.store import Store
from quantlive_nb.store.verify import verify
from quantlive_nb.testing import LoopbackExchange
from tests.browser.conftest import listen
from tests.browser.screen import Screen
from tests.browser.serving import Server, serving, until

pytestmark = pytest.mark.browser

ORPHAN_S, CULL_S = 12, 6
"""A page beats every 5 s; a kernel is busy while it starts."""
AGAIN_S = 60.0
"""On a quiet machine 3 s; others may be at work on this one."""


@dataclass
class Site:
    """`quantlive` on an exchange that trades by itself, and the pages that are open on it."""

    server: Server
    exchange: LoopbackExchange
    context: BrowserContext
    visitors: list[Screen] = field(default_factory=list)
    errors: list[list[str]] = field(default_factory=list)

    def visit(self, n: int) -> None:
        """Open so many pages at once, until each has candles."""
        for _ in range(n):
            screen = Screen(self.context.new_page())
            self.visitors.append(screen)
            self.errors.append(listen(screen.page))
            screen.page.goto(self.server.url, wait_until="commit")
        for screen in self.visitors:
            wait_candles(screen)

    def wait_all_live(self) -> None:
        """Until on every page the market's clock moves and its state is LIVE."""
        for screen in self.visitors:
            screen.page.bring_to_front()
            wait_moving(screen)

    def wait_kernels(self, n: int, timeout_s: float) -> None:
        """Until so many kernels run."""
        complaint = f"not {n} kernels within {timeout_s:g} s"
        until(lambda: self.server.n_kernels == n, timeout_s, complaint)


def wait_candles(screen: Screen) -> None:
    """Until a page shows a price; a kernel needs long to start where many do."""
    screen.page.bring_to_front()
    screen.page.wait_for_selector(".ql-chart-y .ql-last", timeout=60_000)


def wait_moving(screen: Screen) -> None:
    """Until trades that come now are drawn."""
    clock = screen.number(".ql-clock")
    screen.wait(
        "([clock]) => parseFloat(document.querySelector('.ql-root .ql-clock')?.dataset.value)"
        " > clock + 1e6 && document.querySelector('.ql-root .ql-state')"
        "?.textContent.includes('LIVE')",
        clock,
    )


@pytest.fixture
def site(browser: Browser, tmp_path: Path) -> Iterator[Site]:
    """A server whose kernels are culled soon."""
    settings = [
        f"--VisitorKernelManager.lost_s={CULL_S}",
        "--MappingKernelManager.cull_interval=1",
    ]
    with contextlib.ExitStack() as stack:
        exchange = LoopbackExchange(symbols=("BTCUSDT", "ETHUSDT"), rate=20)
        stack.enter_context(exchange)
        urls = f"--ws-url={exchange.ws_url}", f"--rest-url={exchange.rest_url}"
        options = f"--db={tmp_path / 't.duckdb'}", "--preload=10min", "--no-browser", *settings
        command = ("quantlive_nb", "dashboard", *urls, *options)
        environment = {"QUANTLIVE_ORPHAN_S": str(ORPHAN_S)}
        server = stack.enter_context(serving(*command, folder=tmp_path, **environment))
        context = browser.new_context(viewport={"width": 1000, "height": 700})
        stack.callback(context.close)
        yield Site(server, exchange, context)
    verdicts = verify(Store(str(tmp_path / "t.duckdb"), read_only=True))
    assert {v.symbol: v.is_whole and not v.n_skipped for v in verdicts} == {
        "BTCUSDT": True,
        "ETHUSDT": True,
    }


def tell_the_story(site: Site, n_visitors: int, n_reloads: int) -> None:
    """Visitors come, reload, lose the recorder, crash and leave."""
    site.visit(n_visitors)
    site.wait_all_live()
    assert (site.exchange.n_connections, site.server.n_kernels) == (1, n_visitors)
    loaded = [mapped.path for kernel in site.server.kernels for mapped in kernel.memory_maps()]
    assert any("duckdb" in path for path in loaded)
    assert not any("pandas" in path for path in loaded)  # 38 MB a kernel, and a second

    reload(site.visitors[0], n_reloads)
    site.wait_kernels(n_visitors, AGAIN_S)
    crashed = site.visitors.pop()
    crashed.page.close()  # without a farewell

    lose_the_recorder(site)
    site.wait_kernels(n_visitors - 1, AGAIN_S + ORPHAN_S + CULL_S)
    site.wait_all_live()
    while site.visitors:
        site.visitors.pop().page.close(run_before_unload=True)
    site.wait_kernels(0, AGAIN_S)
    assert site.exchange.n_open == 1
    assert [error for errors in site.errors for error in errors] == []


ERRORS = """() => {
    window.seen = [];
    const look = () => document.querySelectorAll('.ql-error, .ql-stale:not([hidden])')
        .forEach(found => window.seen.push(found.textContent));
    new MutationObserver(look).observe(document.body, {
        subtree: true, childList: true, characterData: true, attributes: true });
}"""
"""Every error that a page shows from now on, for however short a time."""


def reload(screen: Screen, n: int) -> None:
    """Reload a page again and again, each time until there are candles."""
    for _ in range(n):
        screen.page.reload()
        wait_candles(screen)


HIDE = """state => {
    window.kept ??= window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = state === 'hidden' ? () => 0 : window.kept;
    Object.defineProperty(document, 'visibilityState', {configurable: true, get: () => state});
    Object.defineProperty(document, 'hidden', {configurable: true, get: () => state === 'hidden'});
    document.dispatchEvent(new Event('visibilitychange'));
}"""
"""What a browser does to a tab that is left, as far as a page can tell."""


def heap_mb(screen: Screen) -> float:
    """What the scripts of a page hold, once what they have dropped is collected."""
    session = screen.page.context.new_cdp_session(screen.page)
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return used / 1e6


def lose_the_recorder(site: Site) -> None:
    """Kill it: another one follows and every page goes on, with no word of an error."""
    for screen in site.visitors:
        screen.page.evaluate(ERRORS)
    site.server.recorder.kill()
    began_s = time.monotonic()
    site.wait_all_live()
    assert time.monotonic() - began_s < AGAIN_S
    assert (site.exchange.n_connections, site.exchange.n_open) == (2, 1)
    assert [screen.page.evaluate("seen") for screen in site.visitors] == [[]] * len(site.visitors)


@pytest.mark.timeout(300)
def test_four_visitors(site: Site) -> None:
    """They share one recorder; killed, it is back at once; no page leaves a kernel behind."""
    tell_the_story(site, 4, 2)


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_notebook_beside_the_pages(browser: Browser, tmp_path: Path) -> None:
    """One that came first is followed; once it is closed a recorder takes over, and it follows."""
    db = str(tmp_path / "t.duckdb")
    with LoopbackExchange(symbols=("BTCUSDT", "ETHUSDT"), rate=20) as exchange:
        given = {"db": db, "ws_url": exchange.ws_url, "rest_url": exchange.rest_url, "preload": "0"}
        notebook = Live(**given, name="first").start()
        until(lambda: is_shared(db), AGAIN_S, "the notebook does not share")
        options = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
        with serving("quantlive_nb", "--no-browser", *options, folder=tmp_path) as server:
            screen = Screen(browser.new_page())
            screen.page.goto(server.url)
            wait_candles(screen)
            wait_moving(screen)
            assert (server.children("record"), exchange.n_connections) == ([], 1)
            notebook.close()
            until(lambda: len(server.children("record")) == 1, AGAIN_S, "no recorder followed")
            wait_moving(screen)
            with contextlib.closing(Live(**given, name="second").start()) as second:
                until(lambda: second.health().state is FeedState.LIVE, AGAIN_S, repr(second))
                assert second.health().role.startswith("viewing")
                assert exchange.n_open == 1
            screen.page.close()


@pytest.mark.parametrize("name", [pytest.param("SIGTERM", marks=pytest.mark.soak), "SIGKILL"])
def test_nothing_outlives_the_server(tmp_path: Path, name: str) -> None:
    """However it ends, its recorder and a visitor's kernel end within seconds by themselves."""
    with LoopbackExchange() as exchange:
        urls = f"--ws-url={exchange.ws_url}", f"--rest-url={exchange.rest_url}"
        command = ("quantlive_nb", f"--db={tmp_path / 't.duckdb'}", "--no-browser", *urls)
        with serving(*command, folder=tmp_path) as server:
            urlopen(server.url, timeout=60).read()
            processes = [server.process, *server.descendants()]
            assert (server.n_kernels, server.recorder in processes) == (1, True)
            server.process.send_signal(getattr(signal, name))
            _, alive = psutil.wait_procs(processes, 30)
        assert alive == []
        assert exchange.n_open == 0
        assert not Path(f"{tmp_path / 't.duckdb'}.share").exists()


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_hidden_page_costs_nothing(site: Site) -> None:
    """Hidden for 400 trades at 20 a second its heap stays; on return it is current."""
    site.visit(1)
    (screen,) = site.visitors
    screen.fill(".ql-refresh", "200")
    wait_moving(screen)
    screen.page.evaluate(HIDE, "hidden")
    before = heap_mb(screen)
    clock, paths = screen.number(".ql-clock"), screen.paths("y")
    n_before = site.exchange.n_sent
    site.exchange.wait_until(lambda: site.exchange.n_sent >= n_before + 400, 60, "400 trades")
    assert screen.number(".ql-clock") - clock < 5e6
    assert heap_mb(screen) - before < 2

    screen.page.evaluate(HIDE, "visible")
    screen.wait_drawn("y", paths)
    wait_moving(screen)
    assert screen.number(".ql-clock") - clock > 15e6


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_page_whose_kernel_is_gone_gets_another(site: Site) -> None:
    """It says STALE, then loads itself anew; the kernel that nobody looks at is ended."""
    site.visit(1)
    (screen,) = site.visitors
    (kernel,) = site.server.kernels
    kernel.kill()
    screen.page.wait_for_selector(".ql-stale:not([hidden])", timeout=60_000)
    screen.page.wait_for_event("load", timeout=120_000)
    wait_candles(screen)
    wait_moving(screen)
    site.wait_kernels(1, 60)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_ten_visitors(site: Site) -> None:
    """The same with ten, and ten reloads."""
    tell_the_story(site, 10, 10)
