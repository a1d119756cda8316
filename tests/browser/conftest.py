"""A Chromium for the browser tests: it reaches this machine only, and every error is kept."""

import gc
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.browser import chromium

ARTEFACTS = Path(__file__).parent / "artefacts"


@pytest.fixture(scope="module", autouse=True)
def swept() -> Iterator[None]:
    """What servers that were ended leave open at the exchange is no failure of a later test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


# One browser a module: while Playwright runs, its event loop is in the way of `asyncio.run`
# in the tests of other modules.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    path = chromium.find()
    if path is None:
        pytest.fail("no Chromium: `make test` installs one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh page of 1440 × 1000 px; its last picture stays in ``artefacts``."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True)
    page = context.new_page()
    yield page
    if not page.is_closed():
        page.screenshot(path=ARTEFACTS / f"{request.node.name}.png")
    context.close()


@pytest.fixture
def page_errors(page: Page) -> list[str]:
    """Every error of the browser's console and every exception of the page's scripts."""
    return listen(page)


def listen(page: Page) -> list[str]:
    """A list that grows with every error of a page."""
    errors: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        """Fonts that Voilà's template asks of other hosts cannot be had, and are not missed."""
        url = said.location["url"]
        if said.type == "error" and urlsplit(url).hostname in (None, "127.0.0.1", "localhost"):
            errors.append(f"{said.text} ({url})")

    page.on("console", hear)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


def in_file(item: pytest.Item) -> tuple[int, list[int]]:
    """Where a test stands in its file, and among its parameters."""
    callspec = getattr(item, "callspec", None)
    return item.location[1] or 0, list(callspec.indices.values()) if callspec else []


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a module that says IN_ORDER tell one story: they are not shuffled."""
    modules = dict.fromkeys(item.module for item in items if getattr(item, "module", None))
    for module in modules:
        if getattr(module, "IN_ORDER", False):
            places = [at for at, item in enumerate(items) if getattr(item, "module", 0) is module]
            story = sorted((items[at] for at in places), key=in_file)
            for at, item in zip(places, story, strict=True):
                items[at] = item
