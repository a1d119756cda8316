"""What a test reads from the page: the numbers as they stand there, and the paths as drawn."""

import math
from typing import Any

from playwright.sync_api import Page

WAIT_MS = 60_000

READ = """names => Object.fromEntries(names.map(name => {
    const found = document.querySelector('.ql-root ' + name);
    return [name, found && (found.dataset.value ?? found.textContent)];
}))"""
PATHS = """chart => [...document.querySelectorAll(`.ql-chart-${chart} path`)]
    .map(path => path.getAttribute('d') || '').filter(d => d.length > 40)"""

DRAWN = """([chart, colour]) => {
    const found = `.ql-chart-${chart} path.line[style*="stroke: var(--ql-${colour})"]`;
    const paths = [...document.querySelectorAll(found)].filter(path => path.getAttribute('d'));
    const n = paths.reduce((n, path) => n + path.getAttribute('d').split('M').length - 1, 0);
    return [n, paths.reduce((px, path) => px + path.getTotalLength(), 0)];
}"""
COVERED = """() => [...document.querySelectorAll('.ql-root .ql-chart')].flatMap(chart => {
    const tag = chart.querySelector('.ql-tag')?.getBoundingClientRect();
    const texts = tag ? [...chart.querySelectorAll('.axis .tick text')] : [];
    return texts.filter(text => {
        const box = text.getBoundingClientRect();
        const beside = box.right < tag.left || box.left > tag.right;
        return text.textContent && !beside && box.top < tag.bottom - 1 && box.bottom > tag.top + 1;
    }).map(text => text.textContent);
})"""
DIARY = """names => {
    const notes = window.qlDiary = [];
    const look = () => {
        const note = names.map(name => {
            const found = document.querySelector('.ql-root ' + name);
            return found && (found.dataset.state ?? found.textContent);
        });
        if (JSON.stringify(note) !== JSON.stringify(notes.at(-1))) notes.push(note);
    };
    const everything = {subtree: true, childList: true, attributes: true, characterData: true};
    new MutationObserver(look).observe(document.body, everything);
    look();
}"""
POINTED = """() => {
    const time = document.querySelector('.ql-root .ql-cross-time')?.textContent;
    const read = ['y', 'x'].map(c => document.querySelector(`.ql-chart-${c} .ql-at`)?.textContent);
    return time && read.every(text => text === time);
}"""


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

    def drawn(self, chart: str, colour: str) -> tuple[int, float]:
        """How many shapes a chart has in a colour, and how many pixels their lines are long."""
        n_shapes, length_px = self.page.evaluate(DRAWN, [chart, colour])
        return n_shapes, length_px

    def covered(self) -> list[str]:
        """Numbers on the axes that a tag hides in part."""
        return self.page.evaluate(COVERED)

    def keep_diary(self, *names: str) -> None:
        """Note the state or else the text of some elements at each change, from now on."""
        self.page.evaluate(DIARY, list(names))

    def diary(self) -> list[list[Any]]:
        """All notes so far, each once; None where there was no such element."""
        return self.page.evaluate("window.qlDiary")

    def point(self, part: float) -> float:
        """Point at a part of the time axis; the second of the day of the bar that is read there."""
        box = self.page.locator(".ql-chart-y .plotarea_events").bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + part * box["width"], box["y"] + box["height"] / 2)
        self.wait(POINTED)
        hours, minutes, seconds = self.page.inner_text(".ql-chart-y .ql-at")[:8].split(":")
        return int(hours) * 3_600 + int(minutes) * 60 + int(seconds)

    def point_at(self, second: int, parts: tuple[float, float] = (0.5, 0.7)) -> None:
        """Point at the bar of a second of the day, found from the bars at two parts of the axis."""
        at, there = parts[0], self.point(parts[0])
        pace = (self.point(parts[1]) - there) / (parts[1] - at)
        for _ in range(9):
            at += (second - there) / pace
            if (there := self.point(at)) == second:
                return
        raise AssertionError(f"no bar of second {second}: pointing at {there}")

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

    def wait_clock(self, ts: int) -> None:
        """Until market time, as the page shows it, has reached a moment (µs UTC)."""
        self.wait(
            "([ts]) => parseFloat(document.querySelector('.ql-root .ql-clock')?.dataset.value)"
            " >= ts",
            ts,
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
