"""More visitors than there is room for, and visitors who leave in every way: no kernel stays."""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from socket import create_connection
from threading import Event
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Route

from tests.browser.line import PROTOCOL, channels, kernel_of
from tests.browser.screen import Screen
from tests.browser.serving import Server, serving, until

pytestmark = pytest.mark.browser

MOST = 4
SHORT = ("unvisited_s=4", "lost_s=1", "cull_interval=1")
END_S = 90.0
"""On a quiet machine 5 s; others may be at work on this one."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`quantlive` with room for few, which soon ends kernels without a page."""
    command = ("quantlive_nb", "--source=simulated", "--no-browser", f"--max-visitors={MOST}")
    settings = [f"--VisitorKernelManager.{setting}" for setting in SHORT]
    with serving(*command, *settings, folder=tmp_path_factory.mktemp("small")) as server:
        yield server


def ask(url: str) -> tuple[int, str]:
    """Status and body of a bare request."""
    try:
        with urlopen(url, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def wait_kernels(server: Server, n: int) -> None:
    """Until so many kernels run."""
    until(lambda: server.n_kernels == n, END_S, f"not {n} kernels")


def test_requests_without_a_browser_take_no_place_for_long(small: Server) -> None:
    """No more kernels than places, others are told that it is full, all end by themselves."""
    wait_kernels(small, 0)  # those of the test before
    odd = f"{small.url}/?template=../../etc&theme=none&bars=1e300&every=<b>"
    with ThreadPoolExecutor(MOST + 2) as bots:
        answers = list(bots.map(ask, [odd, *[small.url] * (MOST + 1)]))
    n_kernels = small.n_kernels
    refused = [words for status, words in answers if status == 503]

    assert Counter(status for status, _ in answers) == {200: MOST, 503: 2}
    assert n_kernels <= MOST
    assert all(f"it has {MOST} visitors" in words for words in refused)
    wait_kernels(small, 0)


def test_a_page_that_is_reloaded_or_lost_leaves_no_kernel(small: Server, browser: Browser) -> None:
    """Reloaded before it is there, with sockets that close at once, gone without a farewell."""
    screen = Screen(browser.new_page())
    for _ in range(MOST - 1):
        screen.page.goto(small.url, wait_until="commit")
    screen.page.goto(small.url)
    screen.wait_number(".ql-chart-y .ql-last")
    wait_kernels(small, 1)
    kernel = kernel_of(screen.page.content().encode())
    for delay_ms in (0, 2, 5, 10, 20):
        touch(small.url, kernel, delay_ms)
    until(lambda: connections(small, kernel) == 1, END_S, "connections are miscounted")
    screen.page.close()

    wait_kernels(small, 0)
    assert "Traceback" not in small.log.read_text()


def test_who_reloads_impatiently_is_let_in(small: Server, browser: Browser) -> None:
    """Left before it is sent, or before its scripts run, a page gives its place back."""
    wait_kernels(small, 0)
    page = browser.new_page()
    when = ("commit", "domcontentloaded", "commit", "load") * MOST
    answers = [page.goto(small.url, wait_until=moment) for moment in when]
    screen = Screen(page)
    screen.wait_number(".ql-chart-y .ql-last")
    page.close()

    assert {answer.status for answer in answers if answer} == {200}
    wait_kernels(small, 0)
    assert "Traceback" not in small.log.read_text()


def test_a_page_keeps_what_was_chosen_when_it_is_loaded_again(
    small: Server, browser: Browser
) -> None:
    """The address carries it, beside what others have put there; what is as at first it omits."""
    screen = Screen(browser.new_page())
    screen.page.goto(f"{small.url}/?theme=dark&bars=1000")
    screen.wait_number(".ql-chart-y .ql-last")
    screen.fill(".ql-bars", "200")
    screen.fill(".ql-z-threshold", "2.5")
    screen.page.click(".ql-swap")
    screen.page.get_by_role("button", name="5s", exact=True).click()
    chosen = {"theme": "dark", "bars": "200", "threshold": "2.5", "every": "5s"}
    chosen |= {"y": "BTCUSDT", "x": "ETHUSDT"}
    screen.page.wait_for_function(SAYS, arg=chosen)
    screen.page.reload()
    screen.wait_number(".ql-chart-y .ql-last")

    assert screen.page.input_value(".ql-bars input") == "200"
    assert screen.page.input_value(".ql-z-threshold input") == "2.5"
    assert screen.page.input_value(".ql-y select") == "BTCUSDT"
    screen.page.wait_for_function(SAYS, arg=chosen)
    screen.fill(".ql-bars", "300")
    del chosen["bars"]
    screen.page.wait_for_function(SAYS, arg=chosen)
    screen.page.close()


SAYS = """chosen => JSON.stringify(Object.entries(chosen).sort())
    === JSON.stringify([...new URLSearchParams(location.search)].sort())"""


def test_a_slow_browser_keeps_its_kernel(small: Server, browser: Browser) -> None:
    """Its scripts take longer than a kernel without a page lasts, and are asked of nobody anew."""
    page = browser.new_page()
    held: list[Route] = []
    page.route("**/voila.js*", lambda route: held.append(route), times=1)  # noqa: PLW0108
    page.goto(small.url, wait_until="commit")
    page.wait_for_timeout(8_000)  # twice what a kernel lasts whose page never comes
    held[0].continue_()
    screen = Screen(page)
    screen.wait_number(".ql-chart-y .ql-last")
    assert page.evaluate("sessionStorage.getItem('ql-renewed')") is None
    page.close()


def test_a_page_whose_kernel_is_gone_before_it_is_loaded_loads_itself_anew(
    small: Server, browser: Browser
) -> None:
    """Voilà's own scripts would wait for that kernel for ever."""
    page = browser.new_page()
    held: list[Route] = []
    page.route("**/voila.js*", lambda route: held.append(route), times=1)  # noqa: PLW0108
    page.goto(small.url, wait_until="commit")
    page.wait_for_selector("#jupyter-config-data", state="attached")
    kernel = kernel_of(page.content().encode())
    with page.expect_navigation(wait_until="commit", timeout=60_000):
        page.evaluate("path => navigator.sendBeacon(path)", f"/voila/api/shutdown/{kernel}")
    held[0].abort()
    Screen(page).wait_number(".ql-chart-y .ql-last")
    assert page.evaluate("sessionStorage.getItem('ql-renewed')")
    page.close()


def connections(server: Server, kernel: str) -> int:
    """How many pages a kernel has, as the server counts."""
    return int(json.loads(ask(f"{server.url}/api/kernels/{kernel}")[1])["connections"])


def touch(url: str, kernel: str, delay_ms: float) -> None:
    """Ask for the messages of a kernel, and hang up so long afterwards."""
    place = urlsplit(channels(url, kernel))
    key = b64encode(bytes(16)).decode()
    lines = [f"GET {place.path}?session_id=hasty{delay_ms} HTTP/1.1", f"Host: {place.netloc}"]
    lines += ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}"]
    lines += ["Sec-WebSocket-Version: 13", f"Sec-WebSocket-Protocol: {PROTOCOL}", "", ""]
    with create_connection((place.hostname, place.port)) as socket:
        socket.sendall("\r\n".join(lines).encode())
        Event().wait(delay_ms / 1e3)
