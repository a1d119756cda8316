"""A researcher's story: the same page as the output of a cell, in a real JupyterLab."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from quantlive_nb.testing import LoopbackExchange
from tests.browser.screen import Screen
from tests.browser.serving import quantlive

pytestmark = pytest.mark.browser

STEM = "binance_spot_btcusdt_ethusdt_20240808T2354"


@pytest.fixture
def exchange(data: Path) -> Iterator[LoopbackExchange]:
    """The recording, played slowly enough to be watched."""
    play = data / f"{STEM}.trade.frames.jsonl.gz"
    with LoopbackExchange(play=play, speed=10) as exchange:
        yield exchange


def test_the_dashboard_lives_in_a_cell(
    exchange: LoopbackExchange, page: Page, page_errors: list[str], tmp_path: Path
) -> None:
    """Running the two cells shows candles that grow, and running them again changes nothing."""
    environment = {
        "JUPYTER_TOKEN": "test",
        "QUANTLIVE_WS_URL": exchange.ws_url,
        "QUANTLIVE_REST_URL": exchange.rest_url,
        "QUANTLIVE_DB": str(tmp_path / "lab.duckdb"),
    }
    screen = Screen(page)
    with quantlive("lab", "--allow-root", folder=tmp_path, **environment) as url:
        page.goto(f"{url}/lab/tree/dashboard.ipynb?token=test")
        for turn in (1, 2):
            run_all(page, turn)
            screen.wait_number(".ql-chart-y .ql-last")
            screen.wait_drawn("y", screen.paths("y"))
        screen.wait_text(".ql-state", "LIVE")
        assert exchange.n_open == 1
    assert [error for error in page_errors if "ql" in error.lower()] == []


def run_all(page: Page, turn: int) -> None:
    """Run both cells one after the other, and wait until they have been run."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").first
    cell.wait_for(timeout=60_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    cell.locator(".cm-content").click()
    for _ in range(2):
        page.keyboard.press("Shift+Enter")
    for n in (2 * turn - 1, 2 * turn):
        page.locator(".jp-InputPrompt", has_text=f"[{n}]:").wait_for(timeout=60_000)
