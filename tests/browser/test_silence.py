"""A page that hears nothing says so by itself: its badge, its numbers and its charts turn."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.conftest import ARTEFACTS
from tests.browser.screen import Screen
from tests.browser.serving import Server, serving

pytestmark = pytest.mark.browser

SILENCE_S, LATE_S, RENEWAL_S = 9, 12, 31
"""The browser's clock is put forward by so much: past STALE_MS and RENEW_MS of silence.js; what is
heard late is past the first and far from the second, or the page would load itself anew."""
LOOK = """() => {
    const root = document.querySelector('.ql-root');
    const style = (name, of) => getComputedStyle(root.querySelector(name))[of];
    const all = name => [...root.querySelectorAll(name)];
    const bodies = ['up', 'down'].flatMap(way => all(`.ql-chart-y path.line[style*="${way})"]`));
    return {
        states: all('.ql-state').filter(e => e.offsetParent).map(e => e.dataset.state),
        words: root.querySelector('.ql-top').innerText,
        candles: [...new Set(bodies.map(e => getComputedStyle(e).stroke))],
        line: style('.ql-chart-correlation path.line[style*="--ql-line"]', 'stroke'),
        price: style('.ql-chart-y .ql-last', 'color'),
        statistic: style('.ql-stat-last-y', 'color'),
        mark: getComputedStyle(root.querySelector('.ql-charts'), '::after').content,
    };
}"""
TURNED = """([state]) => {
    const shown = [...document.querySelectorAll('.ql-root .ql-state')].filter(e => e.offsetParent);
    return shown.length > 0 && shown.every(e => e.dataset.state === state);
}"""

HEARD = "() => !document.querySelector('.ql-top').innerText.includes('no word from the kernel')"
TRIES = 5


@dataclass
class Site:
    """A server with a simulated market, and one page on it, whose clock can be put forward."""

    server: Server
    context: BrowserContext
    screen: Screen
    live: dict[str, Any] = field(default_factory=dict)

    def look(self) -> dict[str, Any]:
        """What the page says and how it is coloured."""
        return self.screen.page.evaluate(LOOK)

    def wait(self, state: str) -> None:
        """Until the one badge that can be seen says a state."""
        self.screen.wait(TURNED, state)

    def pass_time(self, seconds: int) -> None:
        """Put the browser's clock forward."""
        self.screen.page.clock.fast_forward(1_000 * seconds)

    def cut(self, what: str) -> None:
        """Let the page hear nothing more."""
        if what == "offline":
            self.context.set_offline(offline=True)
        else:
            os.kill(self.pid(what), signal.SIGSTOP)

    def mend(self, what: str) -> None:
        """Let it hear again."""
        if what == "offline":
            self.context.set_offline(offline=False)
        else:
            os.kill(self.pid(what), signal.SIGCONT)

    def pid(self, what: str) -> int:
        """The process meant."""
        return self.server.process.pid if what == "server" else self.server.kernels[0].pid


@pytest.fixture(scope="module")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A page that is LIVE, with candles and a correlation."""
    folder = tmp_path_factory.mktemp("silence")
    command = ("quantlive_nb", "dashboard", "--source=simulated", "--speed=50", "--no-browser")
    with serving(*command, folder=folder) as server:
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        page = context.new_page()
        page.clock.install()
        page.goto(server.url)
        site = Site(server, context, Screen(page))
        site.screen.wait_drawn("correlation", [])
        site.wait("LIVE")
        site.live = site.look()
        yield site
        context.close()


@pytest.mark.parametrize("what", ["kernel", "server", "offline"])
def test_a_page_that_hears_nothing_turns_and_turns_back(site: Site, what: str) -> None:
    """No word of LIVE is left, every candle and line is grey, and the next word mends all."""
    screen = site.screen
    before = screen.paths("y"), screen.read(".ql-clock")
    site.cut(what)
    try:
        site.pass_time(SILENCE_S)
        site.wait("STALE")
        stale = site.look()
        screen.page.screenshot(path=ARTEFACTS / f"silence_{what}.png")
    finally:
        site.mend(what)
    site.wait("LIVE")
    screen.wait_drawn("y", before[0])
    after = site.look()

    assert stale["states"] == ["STALE"]
    assert "no word from the kernel since" in stale["words"]
    assert not any(word in stale["words"] for word in ("LIVE", "complete", "trades/s", "lag"))
    assert len(site.live["candles"]) == 2
    assert len(stale["candles"]) == 1
    for name in ("line", "price", "statistic", "mark"):
        assert stale[name] != site.live[name] == after[name], name
    assert after["states"] == ["LIVE"]
    assert screen.read(".ql-clock") != before[1]


def test_a_page_that_hears_late_is_not_live(site: Site) -> None:
    """Over a slow line words come, but old ones; here the browser's time runs ahead of them."""
    for _ in range(TRIES):  # so much load that a step takes seconds looks like sleep to the page
        for _ in range(LATE_S):  # by steps in which no page would take itself for one that slept
            site.pass_time(1)
        site.screen.wait(HEARD)
        late = site.look()
        if "what is shown was sent " in late["words"]:
            break
    site.screen.page.screenshot(path=ARTEFACTS / "silence_late.png")
    site.pass_time(SILENCE_S)  # as after a sleep: the delay is measured anew
    site.wait("LIVE")

    assert late["states"] == ["STALE"]
    assert "LIVE" not in late["words"]
    assert not site.screen.page.is_visible(".ql-stale")


def test_a_page_whose_kernel_was_restarted_is_not_live(site: Site) -> None:
    """The badge turns with the banner, and then the page gets a kernel of its own."""
    os.kill(site.pid("kernel"), signal.SIGKILL)
    site.pass_time(SILENCE_S)
    site.wait("STALE")
    assert site.screen.page.is_visible(".ql-stale")
    site.pass_time(RENEWAL_S)
    site.screen.page.wait_for_event("load")
    site.screen.wait_drawn("correlation", [])
    site.wait("LIVE")
    assert not site.screen.page.is_visible(".ql-stale")
