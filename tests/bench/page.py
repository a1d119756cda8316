"""What a refresh of our own page costs the browser: main thread, bytes and messages.

This file drives a real Voilà and a real Chromium, and reads the browser's own counters.
"""

import tempfile
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.bench.table import Figure, at_most
from tests.browser import chromium
from tests.browser.serving import quantlive

__all__ = ["measure"]

SECONDS = 20.0
SLOW_MS = 5_000
"""The slowest refresh stands in for the idle page: what it costs is taken off."""
COUNT = """() => {
    window.drawn = 0;
    const title = document.querySelector('.ql-chart-y .ql-title');
    new MutationObserver(() => window.drawn++).observe(
        title, {childList: true, subtree: true, characterData: true});
}"""


def measure() -> list[Figure]:
    """The page of the simulated market with 300 candles, at 4 refreshes a second."""
    with (
        tempfile.TemporaryDirectory() as folder,
        quantlive("dashboard", "--source=simulated", folder=Path(folder)) as url,
        sync_playwright() as playwright,
    ):
        flags = list(chromium.FLAGS)
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=flags)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(url)
        page.wait_for_selector(".ql-stat-zscore[data-value]", timeout=60_000)
        page.wait_for_timeout(5_000)
        page.evaluate(COUNT)
        meter = Meter(page)
        busy = meter.run(page)
        field = page.locator(".ql-refresh input")
        field.fill(str(SLOW_MS))
        field.press("Enter")
        page.wait_for_timeout(SLOW_MS)
        idle = meter.run(page)
        browser.close()
    return figures(busy, idle)


def figures(busy: dict[str, float], idle: dict[str, float]) -> list[Figure]:
    """Per refresh, the slow page taken off."""
    n = busy["drawn"] - idle["drawn"]
    main_ms = 1e3 * (busy["main_s"] - idle["main_s"]) / n
    return [
        Figure(
            "browser main thread per refresh, 300 candles: ms",
            f"{main_ms:.1f}",
            **at_most(main_ms, 20, " ms"),
        ),
        Figure("  bytes per refresh", f"{(busy['bytes'] - idle['bytes']) / n:,.0f}"),
        Figure("  messages per refresh", f"{(busy['messages'] - idle['messages']) / n:.1f}"),
        Figure("  refreshes a second, asked for 4", f"{busy['drawn'] / SECONDS:.1f}"),
    ]


class Meter:
    """The browser's counters of one page."""

    def __init__(self, page: Page) -> None:
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.cdp.send("Network.enable")
        self.bytes = self.messages = 0
        self.cdp.on("Network.webSocketFrameReceived", self._hear)

    def run(self, page: Page) -> dict[str, float]:
        """What happens in some seconds."""
        before = self._read(page)
        page.wait_for_timeout(SECONDS * 1e3)
        after = self._read(page)
        return {name: after[name] - before[name] for name in after}

    def _read(self, page: Page) -> dict[str, float]:
        metrics = {
            m["name"]: m["value"] for m in self.cdp.send("Performance.getMetrics")["metrics"]
        }
        return {
            "main_s": metrics["TaskDuration"],
            "bytes": self.bytes,
            "messages": self.messages,
            "drawn": page.evaluate("window.drawn"),
        }

    def _hear(self, event: dict) -> None:
        data = event["response"]["payloadData"]
        is_binary = event["response"]["opcode"] == 2
        self.bytes += len(data) * 3 // 4 if is_binary else len(data)
        self.messages += 1
