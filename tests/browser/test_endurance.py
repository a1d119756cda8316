"""Half an hour of a server's life: ten pages, of which three are on laptops that fall asleep.

``QUANTLIVE_SOAK_MINUTES`` sets another length and ``QUANTLIVE_SOAK_SEED`` another story.
"""

import os
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
from playwright.sync_api import Browser

from quantlive_nb.store import Store
from quantlive_nb.store.verify import verify
from quantlive_nb.testing import LoopbackExchange
from tests.browser import chromium
from tests.browser.conftest import ARTEFACTS
from tests.browser.line import kernel_of, line
from tests.browser.screen import Screen
from tests.browser.serving import Server, serving, until
from tests.browser.test_visitors import wait_candles, wait_moving

MINUTES = float(os.environ.get("QUANTLIVE_SOAK_MINUTES") or 30)
SEED = int(os.environ.get("QUANTLIVE_SOAK_SEED") or random.randrange(10**6))
N_PAGES, N_LAPTOPS, N_WARM = 7, 3, 1
ASLEEP_S = (5.0, 150.0)
PAUSE_S = (2.0, 15.0)
START_S, AGAIN_S = 180.0, 240.0
"""A laptop that was woken notices the silence after 12 s and loads its page anew after 30 s."""
STALL_S = 10.0
"""A server is patient for 5 s; it warms the next kernel 2 s after a page has taken the last."""
MOST_GROWTH_MB = 25.0
CHOSEN = "refresh=1000"
"""Two cores have to run ten pages and their browsers; a page that loads itself anew keeps it."""

pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.timeout(60 * MINUTES + 900)]


@dataclass
class Laptop:
    """A browser of its own with one page, which can be stopped as a whole."""

    screen: Screen
    parts: list[psutil.Process]
    wakes_s: float = 0.0

    def sleep(self, for_s: float) -> None:
        """Stop every process of it until then."""
        self.wakes_s = time.monotonic() + for_s
        for part in self.parts:
            with suppress(psutil.NoSuchProcess):
                part.suspend()

    def wake(self) -> None:
        """Let all go on."""
        self.wakes_s = 0.0
        for part in self.parts:
            with suppress(psutil.NoSuchProcess):
                part.resume()


@dataclass
class Site:
    """A server, its pages and its laptops, and what was measured of it."""

    server: Server
    pages: list[Screen]
    laptops: list[Laptop]
    memory_mb: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def wake(self, *, all_of_them: bool = False) -> None:
        """Wake the laptops whose time has come."""
        for laptop in self.laptops:
            if laptop.wakes_s and (all_of_them or laptop.wakes_s < time.monotonic()):
                laptop.wake()

    def send_to_sleep(self, chance: random.Random) -> None:
        """A laptop is closed, for shorter or longer than connections last."""
        awake = [laptop for laptop in self.laptops if not laptop.wakes_s]
        if awake:
            chance.choice(awake).sleep(chance.uniform(*ASLEEP_S))

    def reload(self, chance: random.Random) -> None:
        """A page is reloaded."""
        screen = chance.choice(self.pages)
        screen.page.reload(wait_until="commit")
        wait_candles(screen)

    def ask(self, _: random.Random) -> None:
        """Somebody asks for the page and is no browser."""
        urlopen(self.server.url, timeout=60).read()

    def leave_unread(self, chance: random.Random) -> None:
        """Somebody opens a connection, reads nothing and hangs up."""
        kernel = kernel_of(chance.choice(self.pages).page.content().encode())
        with line(self.server.url, kernel) as one:
            one.say("kernel_info_request")
            self.pages[0].page.wait_for_timeout(1_000 * chance.uniform(0, 5))

    def stall_the_fork_server(self, chance: random.Random) -> None:
        """The process that kernels are forked from answers nobody while the next is kept warm."""
        own = [
            p
            for p in self.server.children("quantlive_nb.serve.fork_server")
            if self.is_fork_server(p)
        ]
        newest = max(own, key=lambda process: process.create_time())
        newest.suspend()
        try:
            self.reload(chance)
            self.pages[0].page.wait_for_timeout(1_000 * STALL_S)
        finally:
            with suppress(psutil.NoSuchProcess):  # one without a kernel has been ended
                newest.resume()

    def is_fork_server(self, process: psutil.Process) -> bool:
        """Whether a process is the server's own child, not a kernel."""
        with suppress(psutil.NoSuchProcess):
            return process.ppid() == self.server.process.pid
        return False

    def look(self) -> None:
        """Every page that is awake lives; what the server holds is noted."""
        for screen in self.pages:
            screen.page.bring_to_front()
            wait_moving(screen)
        self.memory_mb.append(self.server.process.memory_info().rss / 1e6)


@pytest.fixture
def site(browser: Browser, tmp_path: Path) -> Iterator[Site]:
    """`quantlive` on an exchange that trades by itself; the tape is proved at the end."""
    db = tmp_path / "t.duckdb"
    with ExitStack() as stack:
        exchange = stack.enter_context(LoopbackExchange(symbols=("BTCUSDT", "ETHUSDT"), rate=20))
        urls = f"--ws-url={exchange.ws_url}", f"--rest-url={exchange.rest_url}"
        options = f"--db={db}", "--preload=10min", f"--warm={N_WARM}", "--no-browser"
        server = stack.enter_context(serving("quantlive_nb", *urls, *options, folder=tmp_path))
        context = browser.new_context(viewport={"width": 1000, "height": 700})
        stack.callback(context.close)
        pages = [opened(Screen(context.new_page()), server) for _ in range(N_PAGES)]
        laptops = [stack.enter_context(laptop(browser, server)) for _ in range(N_LAPTOPS)]
        yield Site(server, pages, laptops)
    assert all(v.is_whole for v in verify(Store(str(db), read_only=True)))


def opened(screen: Screen, server: Server) -> Screen:
    """A page that shows candles."""
    screen.page.goto(f"{server.url}/?{CHOSEN}", wait_until="commit")
    screen.page.wait_for_selector(".ql-chart-y .ql-last", timeout=1_000 * START_S)
    return screen


class laptop:  # noqa: N801  a context manager
    """While the block runs, a browser of its own on the page of a server."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self._kind, self._server = browser.browser_type, server

    def __enter__(self) -> Laptop:
        """Start it."""
        me = psutil.Process()
        before = set(me.children(recursive=True))
        path, flags = chromium.find(), list(chromium.FLAGS)
        self._browser = self._kind.launch(executable_path=path, args=flags)
        screen = opened(Screen(self._browser.new_page()), self._server)
        self._made = Laptop(screen, [p for p in me.children(recursive=True) if p not in before])
        return self._made

    def __exit__(self, *_: object) -> None:
        """End it, also when it is asleep."""
        self._made.wake()
        self._browser.close()


def test_a_server_lives_on_while_its_pages_come_and_sleep(site: Site) -> None:
    """Its memory stays, every page that is awake lives, and there are as many kernels as pages."""
    chance, end_s = random.Random(SEED), time.monotonic() + 60 * MINUTES
    events = (
        *(site.send_to_sleep,) * 4,
        site.reload,
        site.ask,
        site.leave_unread,
        site.stall_the_fork_server,
    )
    try:
        while time.monotonic() < end_s:
            event = chance.choice(events)
            site.told.append(event.__name__)
            event(chance)
            site.pages[0].page.wait_for_timeout(1_000 * chance.uniform(*PAUSE_S))
            site.wake()
            site.look()
    finally:
        site.wake(all_of_them=True)
        told = f"seed {SEED}: {', '.join(site.told)}; MB {[round(m) for m in site.memory_mb]}"
        ARTEFACTS.mkdir(exist_ok=True)
        (ARTEFACTS / "endurance.txt").write_text(told)
    for sleeper in site.laptops:
        until(lambda s=sleeper: lives(s.screen), AGAIN_S, f"a laptop is not live again; {told}")
    n = N_PAGES + N_LAPTOPS + N_WARM
    until(lambda: site.server.n_kernels == n, 120, f"{site.server.n_kernels} kernels; {told}")

    assert all(CHOSEN in laptop.screen.page.url for laptop in site.laptops)
    fifth = len(site.memory_mb) // 5
    early = statistics.median(site.memory_mb[fifth : 2 * fifth + 1])
    late = statistics.median(site.memory_mb[-fifth - 1 :])
    assert late - early < MOST_GROWTH_MB, told
    assert "Traceback" not in site.server.log.read_text()


def lives(screen: Screen) -> bool:
    """Whether a page is live and its clock moves; it may be about to load itself anew."""
    with suppress(Exception):
        wait_moving(screen)
        return True
    return False
