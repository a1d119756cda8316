"""A visitor's story: real Voilà, a real kernel, real Chromium, a real recording."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pytest
from playwright.sync_api import Browser

from quantlive_nb.store import Store
from quantlive_nb.store.file.trade_file import read_trades
from quantlive_nb.testing import LoopbackExchange
from tests.browser.conftest import ARTEFACTS, listen
from tests.browser.screen import Screen
from tests.browser.serving import quantlive, until
from tests.browser.truth import confirmations, expected, is_scan_of

pytestmark = pytest.mark.browser

STEM = "binance_spot_btcusdt_ethusdt_20240808T2354"
SCANNED = """() => [...document.querySelectorAll('.ql-scan-row')].map(row => [
    row.dataset.y, row.dataset.x,
    ...['stat', 'p', 'q', 'correlation', 'beta', 'holdout_p'].map(
        key => parseFloat(row.querySelector(`td[data-key="${key}"]`).dataset.value)),
])"""
FITS = """() => {
    const scroller = document.querySelector('#rendered_cells');
    const root = document.querySelector('.ql-root');
    const fields = [...root.querySelectorAll('input, select, .jupyter-button')]
        .filter(e => e.offsetParent);
    const least = e => e.tagName === 'BUTTON' ? 24 : 64;
    const narrow = fields.filter(e => e.getBoundingClientRect().width < least(e));
    const {right} = root.getBoundingClientRect();
    const wide = [...root.querySelectorAll('.plotarea_events')].filter(e => {
        const box = e.getBoundingClientRect();
        const isSeen = box.top < innerHeight && box.bottom > 0;
        return isSeen && box.right > right;  // bqplot draws anew what can be seen
    });
    const cut = [...root.querySelectorAll('.ql-key')].filter(e => e.offsetParent
        && Math.max(e.scrollWidth - e.clientWidth, e.getBoundingClientRect().right - right) > 1);
    const over = scroller.scrollWidth > scroller.clientWidth ? [scroller] : [];
    return [...narrow, ...wide, ...cut, ...over].map(e => e.className);
}"""
"""What is too narrow to be used or read, and what is wider than the page."""
COLOURS = """() => {
    const of = (name, what) => getComputedStyle(document.querySelector(name))[what];
    const grounds = ['.ql-root', 'body'].map(name => of(name, 'backgroundColor'));
    return [...grounds, of('.ql-root', 'color'), of('.ql-tag', 'color'),
        of('.ql-chart-y path.line[style*="up)"]', 'stroke')];
}"""
GROUNDS = """(() => {
    const of = (found, what) => found && getComputedStyle(found)[what];
    window.grounds = [];
    const look = () => {
        const root = document.querySelector('.ql-root');
        const {body} = document, shown = root?.offsetParent && root;
        const bodies = of(body, 'backgroundColor');
        window.grounds.push([bodies, of(shown, 'backgroundColor'), of(shown, 'color')]);
        requestAnimationFrame(look);
    };
    look();
})()"""
"""Background of the page, background and ink of the dashboard, at each frame since the first."""
LONG = 64 * "W"
"""The widest name that there can be."""
DARK = "rgb(17, 17, 17)"
N_BEFORE = 300
"""Frames that are played while the page loads, however long that takes."""


@dataclass
class Visit:
    """A page that has seen the whole recording, and everything it was seen to do meanwhile."""

    screen: Screen
    exchange: LoopbackExchange
    truth: Store
    errors: list[str]
    drawn: list[list[str]] = field(default_factory=list)


@pytest.fixture(scope="module")
def visit(
    browser: Browser, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Visit]:
    """Open the page on a loopback exchange that plays the recording at 30 times its pace."""
    folder = tmp_path_factory.mktemp("voila")
    truth = Store()
    for block in read_trades(data / f"{STEM}.trades.parquet"):
        truth.append(block)
    play = data / f"{STEM}.trade.frames.jsonl.gz"
    with LoopbackExchange(play=play, speed=30) as exchange:
        exchange.play_until(N_BEFORE)
        urls = f"--ws-url={exchange.ws_url}", f"--rest-url={exchange.rest_url}"
        with quantlive("dashboard", *urls, f"--db={folder / 't.duckdb'}", folder=folder) as url:
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            visit = Visit(Screen(page), exchange, truth, listen(page))
            page.goto(url)
            watch(visit)
            yield visit
            page.close()
    truth.close()


def watch(visit: Visit) -> None:
    """Once there are candles, look at them again and again until the recording has been played."""
    visit.screen.page.wait_for_selector(".ql-chart-y .ql-last", timeout=60_000)
    visit.exchange.resume_play()
    while not visit.exchange.is_finished:
        before = visit.screen.paths("y")
        visit.drawn.append(before)
        visit.screen.wait_drawn("y", before)
    newest = visit.truth.sql("SELECT epoch_us(max(ts_exch)) AS ts FROM trades").ts.item()
    visit.screen.wait_clock(newest)


def test_candles_appear_and_grow(visit: Visit) -> None:
    """While the recording plays, the candles are drawn anew again and again."""
    assert len({str(paths) for paths in visit.drawn}) >= 3
    charts = ("x", "spread", "zscore", "correlation")
    until(lambda: all(map(visit.screen.paths, charts)), 20, "a chart is not drawn")


def test_numbers_on_screen_are_those_of_the_recording(visit: Visit) -> None:
    """Prices and statistics equal what this process computes from the recording's trades."""
    for _ in range(20):  # the parts of one refresh arrive one by one
        shown = visit.screen.read(".ql-clock", *expected(visit.truth, 10**15).keys())
        now_us = int(shown.pop(".ql-clock"))
        for _ in confirmations(visit.truth, now_us):
            want = expected(visit.truth, now_us)
            pairs = [(float(shown[name] or "nan"), value) for name, value in want.items()]
            if np.allclose(*zip(*pairs, strict=True), rtol=1e-12, equal_nan=True):
                return
        visit.screen.page.wait_for_timeout(137)
    assert {name: float(shown[name] or "nan") for name in want} == want


def test_no_number_is_hidden_by_a_tag(visit: Visit) -> None:
    """Where the tag of the last value stands, the axis has no number of its own."""
    assert visit.screen.page.locator(".ql-tag").count() == 5
    assert visit.screen.covered() == []


def test_statistics_fill(visit: Visit) -> None:
    """Every statistic has a value, the slow tests with their verdict in words."""
    for name in ("hedge", "zscore", "correlation", "engle-granger", "adf"):
        visit.screen.wait_number(f".ql-stat-{name}")
    assert "H0: no cointegration" in visit.screen.page.inner_text(".ql-stats")


def test_alert_fires_and_is_marked(visit: Visit) -> None:
    """An alert typed into the form fires, is announced, and is marked on the z chart."""
    screen, before = visit.screen, visit.screen.paths("zscore")
    screen.fill(".ql-alert-name", "always")
    screen.fill(".ql-alert-value", "-1000")
    screen.click(".ql-alert-add")
    screen.wait_text(".ql-alert-event", "always")
    screen.wait(
        "() => [...document.querySelectorAll('.ql-alert-row')]"
        ".some(row => row.innerText.includes('always') && row.innerText.includes('firing'))"
    )
    screen.wait_drawn("zscore", before)
    event = screen.page.locator(".ql-alert-event").first
    assert float(event.get_attribute("data-value")) > -1000


def test_csv_equals_the_store(visit: Visit, tmp_path: Path, data: Path) -> None:
    """The downloaded trades are the recording's, each exactly."""
    screen, out = visit.screen, tmp_path / "trades.csv"
    screen.choose(".ql-export-what", "trades")
    with screen.page.expect_download() as download:
        screen.click(".ql-download")
    download.value.save_as(out)
    n_equal = duckdb.sql(f"""
        SELECT count(*) FROM read_csv('{out}', types = {{'price': 'DECIMAL(18, 8)',
            'qty': 'DECIMAL(28, 8)'}}) AS a
        JOIN '{data / STEM}.trades.parquet' AS b USING (symbol, trade_id, price, qty)
        WHERE (a.side = 'sell') = b.buyer_maker AND epoch_ms(a.ts_exch) = b.trade_ms
    """).fetchone()
    n_rows = duckdb.sql(f"SELECT count(*) FROM read_csv('{out}')").fetchone()
    assert n_equal == n_rows == (15_863,)


def test_switching_symbols_shows_only_the_new_pair(visit: Visit) -> None:
    """After a swap the upper chart is the other leg's, with its prices, and no error is heard."""
    screen = visit.screen
    screen.click(".ql-swap")
    wait_prices(screen, "BTCUSDT")
    assert screen.number(".ql-chart-y .ql-last") > 50_000 > screen.number(".ql-chart-x .ql-last")
    screen.click(".ql-swap")
    wait_prices(screen, "ETHUSDT")
    assert screen.number(".ql-chart-y .ql-last") < 50_000
    assert visit.errors == []


def test_the_scan_of_all_pairs(visit: Visit) -> None:
    """The table is that of the recording, its heads sort it, and a click shows the pair."""
    screen = visit.screen
    screen.fill(".ql-scan-last", "1h")
    screen.choose(".ql-scan-lags", "1")
    screen.click(".ql-scan-start")
    screen.wait("() => document.querySelectorAll('.ql-scan-row').length === 2")
    shown = screen.page.evaluate(SCANNED)
    now_us = int(screen.read(".ql-clock")[".ql-clock"])
    assert any(is_scan_of(visit.truth, shown) for _ in confirmations(visit.truth, now_us))

    orders = []
    for _ in range(2):
        screen.click('.ql-scan-table button[data-key="pair"]')
        orders.append([row[0] for row in screen.page.evaluate(SCANNED)])
    assert orders == [["BTCUSDT", "ETHUSDT"], ["ETHUSDT", "BTCUSDT"]]
    for place in ('.ql-scan-row[data-y="BTCUSDT"] th', '.ql-scan-heat td[data-y="ETHUSDT"]'):
        screen.click(f"{place} button")
        wait_prices(screen, "BTCUSDT" if "BTC" in place else "ETHUSDT")
    assert visit.errors == []


def wait_prices(screen: Screen, y: str) -> None:
    """Until both candle charts show a price, the upper one that of ``y``."""
    screen.wait_text(".ql-chart-y .ql-name", y)
    for chart in ("y", "x"):
        screen.wait_number(f".ql-chart-{chart} .ql-last")


def test_unknown_symbol_is_answered_with_a_near_one(visit: Visit) -> None:
    """A slip gets one sentence with the symbol that was meant."""
    visit.screen.fill(".ql-add-symbol", "SOLUSTD")
    visit.screen.wait_text(".ql-message", "did you mean SOLUSDT")


def test_what_is_no_symbol_does_no_harm(visit: Visit) -> None:
    """It is refused with a sentence, which goes with the next good choice; the page lives on."""
    screen = visit.screen
    screen.fill(".ql-add-symbol", "A;B'")
    screen.wait_text(".ql-message", "is no symbol: give letters")
    screen.fill(".ql-bars", "290")
    screen.wait("() => !document.querySelector('.ql-root .ql-message .ql-error')")
    screen.wait_text(".ql-prices tr.ql-muted td", "290")
    screen.fill(".ql-bars", "300")
    screen.wait_text(".ql-prices tr.ql-muted td", "300")
    assert "FAILED" not in screen.read(".ql-state")[".ql-state"]


@pytest.mark.parametrize("width", [390, 640, 1024, 2560])
def test_the_page_fits_every_width(visit: Visit, width: int) -> None:
    """It never scrolls sideways, no field is too narrow to read, and the candles are drawn anew."""
    screen, page = visit.screen, visit.screen.page
    screen.fill(".ql-alert-name", LONG)
    screen.click(".ql-alert-add")
    screen.wait_text(".ql-alert-rows", LONG)
    before = screen.paths("y")
    page.set_viewport_size({"width": width, "height": 844})
    screen.wait_drawn("y", before)
    screen.wait("() => (" + FITS + ")().length === 0")
    page.locator(".ql-chart-y").scroll_into_view_if_needed()
    screen.wait("() => (" + FITS + ")().length === 0")
    page.screenshot(path=ARTEFACTS / f"voila_{width}.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 1000})


def test_the_systems_dark_setting_is_followed(visit: Visit) -> None:
    """Where nobody chose a theme the page is dark with the system, at once, and light again."""
    page, colours = visit.screen.page, []
    for scheme in ("light", "dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=ARTEFACTS / f"voila_system_{scheme}.png")
        colours.append(page.evaluate(COLOURS))
    assert colours[0] == colours[2]
    assert colours[1][:2] == [DARK] * 2
    assert all(dark != light for dark, light in zip(colours[1], colours[0], strict=True))


def test_a_dark_systems_page_is_dark_from_its_first_frame(visit: Visit, browser: Browser) -> None:
    """While it loads it is never white, and its ink never that of a light page."""
    page = browser.new_page(color_scheme="dark")
    page.add_init_script(GROUNDS)
    page.goto(visit.screen.page.url)
    Screen(page).wait_number(".ql-chart-y .ql-last")
    frames = page.evaluate("grounds.filter(([body]) => body)")
    page.close()

    assert len(frames) > 10
    assert {ground for *grounds, _ in frames for ground in grounds if ground} == {DARK}
    assert len({ink for *_, ink in frames if ink}) == 1


def test_light_and_dark_pictures(visit: Visit) -> None:
    """The page takes the theme of its host without a round trip through Python."""
    page = visit.screen.page
    colours = []
    for is_light in ("true", "false"):
        page.evaluate("light => document.body.dataset.jpThemeLight = light", is_light)
        page.screenshot(path=ARTEFACTS / f"voila_light_{is_light}.png")
        colours.append(page.eval_on_selector(".ql-root", "root => getComputedStyle(root).color"))
    page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    assert colours[0] != colours[1]
