"""What a test reads from the page: the numbers as they stand there, and the paths as drawn."""

import math
from typing import Any

from playwright.sync_api import Page

WAIT_MS = 30_000

READ = """names => Object.fromEntries(names.map(name => {
    const found = document.querySelector('.ql-root ' + name);
    return [name, found && (found.dataset.value ?? found.textContent)];
}))"""
PATHS = """chart => [...document.querySelectorAll(`.ql-chart-${chart} path`)]
    .map(path => path.getAttribute('d') || '').filter(d => d.length > 40)"""


class Screen:
    """One open page of the dashboard."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def read(self, *names: str) -> dict[str, Any]:
        """Values of elements by selector, all at one moment; None where there is none."""
        return self.page.evaluate(READ, list(names))

    def number(self, name: str) -> float:
        """The exact value behind a number on the screen; NaN where there is none."""
        text = self.read(name)[name]
        try:
            return float(text)
        except (TypeError, ValueError):
            return math.nan

    def paths(self, chart: str) -> list[str]:
        """Everything that is drawn in a chart."""
        return self.page.evaluate(PATHS, chart)

    def wait(self, condition: str, *arguments: object) -> None:
        """Until a JavaScript expression over the page holds."""
        self.page.wait_for_function(condition, arg=list(arguments), timeout=WAIT_MS)

    def wait_text(self, name: str, text: str) -> None:
        """Until an element holds a text."""
        self.wait(
            "([name, text]) => document.querySelector('.ql-root ' + name)"
            "?.textContent.includes(text)",
            name,
            text,
        )

    def wait_number(self, name: str) -> None:
        """Until an element shows a number."""
        self.wait(
            "([name]) => isFinite(parseFloat("
            "document.querySelector('.ql-root ' + name)?.dataset.value))",
            name,
        )

    def wait_drawn(self, chart: str, before: list[str]) -> None:
        """Until a chart is drawn differently."""
        now, then = f"JSON.stringify(({PATHS})(chart))", "JSON.stringify(before)"
        self.wait(f"([chart, before]) => {now} !== {then}", chart, before)

    def fill(self, name: str, text: str) -> None:
        """Type into a field and leave it."""
        field = self.page.locator(f".ql-root {name} input")
        field.fill(text)
        field.press("Enter")
        field.blur()

    def choose(self, name: str, text: str) -> None:
        """Pick from a drop-down."""
        self.page.locator(f".ql-root {name} select").select_option(text)

    def click(self, name: str) -> None:
        """Press a button."""
        self.page.locator(f".ql-root {name}").first.click()
