"""What a visitor types: understood as meant, or left as it was typed with a sentence beside it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import ARTEFACTS, listen
from tests.browser.screen import Screen
from tests.browser.serving import quantlive

pytestmark = pytest.mark.browser

IN_ORDER = True
"""One page is typed into from the first test to the last; see conftest.py."""

LONG = "a" * 300
FIELDS = {
    ".ql-bars": "300",
    ".ql-refresh": "250",
    ".ql-window-hedge": "120",
    ".ql-window-z": "60",
    ".ql-window-correlation": "30",
    ".ql-z-threshold": "2",
    ".ql-every-other": "",
    ".ql-alert-value": "2",
    ".ql-alert-cooldown": "60s",
    ".ql-scan-last": "6h",
    ".ql-scan-cost": "10",
}
"""Every field of a number or a length of time, with what is in force when the page opens."""
WRONG = ("1,000", LONG, "\U0001f680" * 40, "<b>\u05e9\u05dc\u05d5\u05dd</b>")
SIZES = """() => {
    const root = document.querySelector('.ql-root'), all = [...root.querySelectorAll('.ql-why')];
    const texts = [...root.querySelectorAll('.ql-why, .ql-warming, .ql-alert-row, .ql-message')];
    const cut = texts.filter(one => one.offsetParent && one.scrollWidth > one.clientWidth + 1);
    return {
        wide: document.scrollingElement.scrollWidth - innerWidth,
        inner: root.scrollWidth - root.clientWidth,
        cut: cut.map(one => one.className),
        said: all.filter(one => one.offsetParent).length,
    };
}"""
BEYOND = """reason => {
    const rail = document.querySelector('.ql-rail').getBoundingClientRect();
    const found = [...document.querySelectorAll('.ql-stats .ql-warming')];
    found.forEach(one => { one.textContent = reason; });
    return found.length ? found.filter(one => {
        const box = one.getBoundingClientRect();
        return box.right > rail.right + 1 || box.left < rail.left - 1;
    }).length : 'no reason is shown';
}"""
"""How many reasons in the statistics leave their column when each is a long one."""


@pytest.fixture(scope="module")
def screen(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    """A page of the simulated market that shows numbers."""
    with quantlive("--source", "simulated", folder=tmp_path_factory.mktemp("typing")) as url:
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        errors = listen(page)
        page.goto(url)
        page.wait_for_selector(".ql-chart-y .ql-last", timeout=60_000)
        yield Screen(page)
        page.screenshot(path=ARTEFACTS / "typing.png", full_page=True)
        page.close()
        assert not errors


def typed(screen: Screen, name: str) -> str:
    """What stands in a field."""
    return screen.page.locator(f".ql-root {name} input").input_value()


def wait_why(screen: Screen, name: str, text: str) -> None:
    """Until the sentence of a field holds a text; no sentence holds nothing."""
    screen.wait(
        "([name, text]) => { const why = document.querySelector("
        "`.ql-typed:has(${name}) .ql-why`); return text ? why?.offsetParent &&"
        " why.textContent.includes(text) : !why?.offsetParent; }",
        name,
        text,
    )


@pytest.mark.parametrize("text", WRONG)
def test_what_is_not_understood_stays_and_is_said(screen: Screen, text: str) -> None:
    """No field makes another value of it, each says why, and the page keeps its shape."""
    for name in FIELDS:
        screen.fill(name, text)
    for name in FIELDS:
        wait_why(screen, name, "'")
    sizes = screen.page.evaluate(SIZES)

    assert {typed(screen, name) for name in FIELDS} == {text}
    assert sizes == {"wide": 0, "inner": 0, "cut": [], "said": len(FIELDS)}


def test_nothing_is_made_of_a_field_that_is_not_understood(screen: Screen) -> None:
    """No alert is added and nothing is scanned while a field of the form says why not."""
    screen.fill(".ql-alert-value", "2.5.1")
    screen.click(".ql-alert-add")
    screen.click(".ql-scan-start")
    screen.wait_text(".ql-scan-said", "nothing was scanned")

    assert screen.page.locator(".ql-alert-row").count() == 0


def test_what_is_mended_is_in_force_and_no_more_said(screen: Screen) -> None:
    """The old values were in force all the time, and stand there again when they are typed."""
    for name, text in FIELDS.items():
        screen.fill(name, text)
    for name in FIELDS:
        wait_why(screen, name, "")

    assert {name: typed(screen, name) for name in FIELDS} == FIELDS


def test_a_decimal_comma_is_a_decimal_comma(screen: Screen) -> None:
    """2,5 is two and a half; an alert at 0,2 watches 0.2."""
    screen.fill(".ql-z-threshold", "2,5")
    screen.wait("() => document.querySelector('.ql-z-threshold input').value === '2.5'")
    screen.choose(".ql-alert-metric", "correlation")
    screen.choose(".ql-alert-op", "<")
    screen.fill(".ql-alert-value", "0,2")
    screen.click(".ql-alert-add")
    screen.wait_text(".ql-alert-row", "correlation < 0.2")


def test_a_threshold_that_is_never_reached_is_said(screen: Screen) -> None:
    """A correlation is never above 2, and no alert waits for it."""
    screen.choose(".ql-alert-op", ">")
    screen.fill(".ql-alert-value", "2")
    screen.click(".ql-alert-add")
    wait_why(screen, ".ql-alert-value", "can never be: correlation lies from -1 to 1")

    assert screen.page.locator(".ql-alert-row").count() == 1


@pytest.mark.parametrize(
    "name", [LONG, "\U0001f680" * 60, "\u202e\u05e9\u05dc\u05d5\u05dd" * 9, "-1"]
)
def test_no_name_breaks_the_layout(screen: Screen, name: str) -> None:
    """An alert may be called what one likes, within what a name may be."""
    n_before = screen.page.locator(".ql-alert-row").count()
    screen.fill(".ql-alert-value", "0,5")
    screen.fill(".ql-alert-name", name)
    screen.click(".ql-alert-add")
    screen.wait(
        "([n]) => document.querySelectorAll('.ql-alert-row').length > n"
        " || document.querySelector('.ql-message .ql-error')",
        n_before,
    )

    assert screen.page.evaluate(SIZES) == {"wide": 0, "inner": 0, "cut": [], "said": 0}
    assert "\u202e" not in screen.page.inner_text(".ql-root")


def test_two_symbols_are_two(screen: Screen) -> None:
    """A comma parts them."""
    screen.fill(".ql-add-symbol", "XRPUSDT,ADAUSDT")
    screen.wait_text(".ql-chips", "XRPUSDT ×")
    screen.wait_text(".ql-chips", "ADAUSDT ×")

    assert "XRPUSDT," not in screen.page.inner_text(".ql-chips")


def test_a_window_as_long_as_it_may_be_says_how_long_it_warms(screen: Screen) -> None:
    """Reasons in the statistics wrap, however long they are."""
    screen.fill(".ql-window-hedge", "10000")
    screen.wait_text(".ql-stats", "warming up")
    screen.fill(".ql-window-hedge", "10001")
    wait_why(screen, ".ql-window-hedge", "give at most 10000")

    assert screen.page.evaluate(BEYOND, "y and x move as one: choose two different markets") == 0
    assert screen.page.evaluate(SIZES) == {"wide": 0, "inner": 0, "cut": [], "said": 1}
