"""Connections that no page means: unreachable, nonsensical, unread. The others must not notice."""

import json
import os
import re
import shutil
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, closing, nullcontext, suppress
from http.client import HTTPConnection
from pathlib import Path
from socket import create_connection
from urllib.parse import urlsplit
from urllib.request import urlopen
from uuid import uuid4

import psutil
import pytest
from playwright.sync_api import Browser
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from quantlive_nb.serve.server import notebooks
from tests.browser import chromium
from tests.browser.line import PROTOCOL, Line, channels, kernel_of, line
from tests.browser.screen import Screen
from tests.browser.serving import Server, serving, until

pytestmark = pytest.mark.browser

PING = "{'ws_ping_interval': 400, 'ws_ping_timeout': 1600, 'disable_check_xsrf': True}"
N = 50
TALKATIVE = f"""
import os, pathlib, threading, ipywidgets
n, noise = ipywidgets.IntText(0), ipywidgets.Image()
def talk():
    for i in range(1, {N} + 1):
        noise.value = os.urandom(400_000)
        n.value = i
        threading.Event().wait(0.01)
    pathlib.Path(os.environ["DONE"]).touch()
def hear(widget, told, buffers):
    if told != "talk":
        open("/nowhere/secret")
    threading.Thread(target=talk, daemon=True).start()
n.on_msg(hear)
n
"""


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`quantlive` behind a proxy, without a home; it gives a page up after two seconds."""
    command = ("quantlive_nb", "--source=simulated", "--no-browser", "--allow-host=quant.example")
    settings = (f"--Voila.tornado_settings={PING}", "--Voila.base_url=/quant/")
    folder = tmp_path_factory.mktemp("hasty")
    (folder / "file").touch()
    homeless = dict.fromkeys(("HOME", "JUPYTER_DATA_DIR", "IPYTHONDIR"), str(folder / "file" / "x"))
    with serving(*command, *settings, folder=folder, **homeless) as server:
        server.url += "/quant"
        yield server


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A page that sends 20 MB when it is told to; whoever reads nothing for 6 s is given up."""
    folder = tmp_path_factory.mktemp("talkative")
    cell = {"cell_type": "code", "source": TALKATIVE, "metadata": {}, "outputs": []}
    cell |= {"id": "a", "execution_count": None}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python"}}
    book = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (folder / "talk.ipynb").write_text(json.dumps(book))
    shutil.copy(notebooks() / "voila.json", folder)
    told = {"QUANTLIVE_UNREAD_S": "6", "DONE": str(folder / "done")}
    with serving("voila", "talk.ipynb", "--no-browser", folder=folder, **told) as server:
        yield server


@pytest.fixture
def laptop(browser: Browser) -> Iterator[tuple[Screen, list[psutil.Process]]]:
    """A browser of its own, and its processes."""
    me = psutil.Process()
    before = set(me.children(recursive=True))
    path, flags = chromium.find(), list(chromium.FLAGS)
    laptop = browser.browser_type.launch(executable_path=path, args=flags)
    screen = Screen(laptop.new_page())
    parts = [p for p in me.children(recursive=True) if p not in before]
    yield screen, parts
    for part in parts:
        part.resume()
    laptop.close()


def visit(server: Server) -> str:
    """Open the page without a browser; the kernel that runs for it."""
    with urlopen(f"{server.url}/", timeout=30) as answer:
        return kernel_of(answer.read())


def said(server: Server, words: str) -> int:
    """How often the server has logged something."""
    return server.log.read_text().count(words)


def test_an_unreachable_page_is_given_up_and_others_are_served(
    hasty: Server, laptop: tuple[Screen, list[psutil.Process]]
) -> None:
    """A laptop is suspended for longer than the ping time-out; the server goes on, and ends."""
    screen, parts = laptop
    before = said(hasty, "ping timeout")
    screen.page.goto(f"{hasty.url}/")
    screen.wait_number(".ql-chart-y .ql-last")
    for part in parts:
        part.suspend()
    until(lambda: said(hasty, "ping timeout") > before, 60, "its time-out was not noticed")

    assert visit(hasty)
    assert said(hasty, "Traceback") == 0


def test_the_printed_address_is_answered(hasty: Server) -> None:
    """Under the base URL that Voilà was given."""
    (printed,) = re.findall(r"quantlive: (http\S+) ", hasty.log.read_text())

    assert printed == f"{hasty.url}/"
    with urlopen(printed, timeout=30) as answer:
        assert kernel_of(answer.read())


EVIL = ("evil.example", "evil.example:8866", "127.0.0.1.evil.example")
REFUSAL = b"start it with --allow-host NAME"


def test_another_site_is_not_answered(hasty: Server) -> None:
    """Whose name was made to lead here: not on any path, and no kernel is started for it."""
    place, kernel, before = urlsplit(hasty.url), visit(hasty), hasty.n_kernels
    for path in ("/", "/voila/static/voila.js", "/nothing", f"/api/kernels/{kernel}"):
        for host in (*EVIL, "quant.example", f"localhost:{place.port}"):
            with closing(HTTPConnection("127.0.0.1", place.port, timeout=30)) as caller:
                is_costly = path == "/" and host not in EVIL  # it would start a kernel
                verb = "HEAD" if is_costly else "GET"
                caller.request(verb, f"{place.path}{path}", headers={"Host": host})
                answer = caller.getresponse()
                is_refused = answer.status == 403 and REFUSAL in answer.read()

            assert is_refused is (host in EVIL), (path, host, answer.status)
    assert hasty.n_kernels <= before  # those without a page end meanwhile


def test_another_site_gets_no_socket_of_a_kernel(hasty: Server) -> None:
    """A proxy's name does, with the origin that a browser sends."""
    url, port = channels(hasty.url, visit(hasty)), urlsplit(hasty.url).port
    for name, is_ours in (("evil.example", False), ("quant.example", True)):
        place = f"{name}:{port}"
        with closing(create_connection(("127.0.0.1", port or 0))) as wire:
            opening = {"subprotocols": [PROTOCOL], "origin": Origin(f"http://{place}")}
            address = url.replace(f"127.0.0.1:{port}", place)
            refused = pytest.raises(InvalidStatus, match="403")
            with nullcontext() if is_ours else refused, connect(address, sock=wire, **opening):
                pass


NONSENSE = {
    "2^62 parts": (2**62).to_bytes(8, "little") + bytes(64),
    "a text": "text",
    "nothing": b"",
    "falling offsets": b"".join(n.to_bytes(8, "little") for n in (6, 56, 2**63, 60, 9, 1, 0)),
}


def test_a_message_that_cannot_be_ends_its_own_connection(hasty: Server) -> None:
    """And no other: a page of the same kernel is answered still, and the log has no traceback."""
    kernel = visit(hasty)
    with line(hasty.url, kernel) as page:
        for what, nonsense in NONSENSE.items():
            opening = {"subprotocols": [PROTOCOL], "max_size": None}
            with connect(channels(hasty.url, kernel), **opening) as socket:
                socket.send(nonsense)
                with suppress(ConnectionClosedError):
                    deque(socket, maxlen=0)  # until it is closed

            assert socket.close_code == 1002, what
        page.say("kernel_info_request")
        while page.hear()["header"]["msg_type"] != "kernel_info_reply":
            pass

    assert said(hasty, "Traceback") == 0


def test_a_kernel_has_few_connections(hasty: Server) -> None:
    """Each costs the server what a page does; those that are there go on, and places come free."""
    url = channels(hasty.url, visit(hasty))
    with ExitStack() as stack:
        opening = {"subprotocols": [PROTOCOL], "close_timeout": 1}
        sockets = [stack.enter_context(connect(url, **opening)) for _ in range(4)]
        for _ in range(3):
            with pytest.raises(InvalidStatus, match="503"), connect(url, subprotocols=[PROTOCOL]):
                pass
        page = Line(sockets[0])
        page.say("kernel_info_request")
        while page.hear()["header"]["msg_type"] != "kernel_info_reply":
            pass
        sockets[3].close()
        until(lambda: is_let_in(url), 60, "no place came free")

    assert said(hasty, "Traceback") == 0


def is_let_in(url: str) -> bool:
    """Whether one more connection is accepted."""
    with suppress(InvalidStatus), connect(url, subprotocols=[PROTOCOL], close_timeout=1):
        return True
    return False


def test_a_refused_connection_is_one_line_of_the_log(hasty: Server) -> None:
    """To a kernel that is gone, or that no page would ask for; the reason is told, no traceback."""
    kernel = visit(hasty)
    for name, session, status in ((str(uuid4()), "a", 404), (kernel, "a%20b", 400)):
        address = f"{channels(hasty.url, name)}?session_id={session}"
        with (
            pytest.raises(InvalidStatus, match=str(status)),
            connect(address, subprotocols=[PROTOCOL]),
        ):
            pass

    assert said(hasty, "Traceback") == 0


def tell(page: Line, what: str) -> None:
    """Say something to every widget of a page."""
    page.say("comm_info_request")
    while (reply := page.hear())["header"]["msg_type"] != "comm_info_reply":
        pass
    for name in reply["content"]["comms"]:
        page.say("comm_msg", comm_id=name, data={"method": "custom", "content": what})


def done(folder: Path) -> bool:
    """Whether a page has sent all; the next is told anew."""
    is_done = (folder / "done").exists()
    (folder / "done").unlink(missing_ok=True)
    return is_done


def test_a_page_that_reads_late_is_sent_the_newest_state(talkative: Server) -> None:
    """Not all that was sent before; and not the page that others see."""
    url = channels(talkative.url, visit(talkative))
    with connect(url, subprotocols=[PROTOCOL], max_size=None, max_queue=1) as socket:
        page, values = Line(socket), []
        tell(page, "talk")
        until(lambda: done(talkative.log.parent), 60, "the page has not sent all")
        while values[-1:] != [N]:
            state = page.hear()["content"].get("data", {}).get("state", {})
            values += [state["value"]] if "value" in state else []

    assert values == sorted(values)
    assert len(values) < N


def test_a_page_that_never_reads_is_disconnected_and_said_once(talkative: Server) -> None:
    """After its time, with one line in the log and no traceback."""
    words = "its page is disconnected: it has read nothing for"
    before = said(talkative, words), said(talkative, "Traceback")
    url = channels(talkative.url, visit(talkative))
    opening = {"max_size": None, "max_queue": 1, "close_timeout": 0}  # it hears no farewell
    with connect(url, subprotocols=[PROTOCOL], **opening) as socket:
        tell(Line(socket), "talk")
        until(lambda: said(talkative, words) > before[0], 60, "it was not given up")
        until(lambda: done(talkative.log.parent), 60, "the page has not sent all")

    assert (said(talkative, words), said(talkative, "Traceback")) == (before[0] + 1, before[1])


def test_a_visitor_sees_no_traceback_and_no_path_of_the_server(talkative: Server) -> None:
    """What fails in a kernel because of what a page sends is for the log."""
    url = channels(talkative.url, visit(talkative))
    heard = []
    with connect(url, subprotocols=[PROTOCOL], max_size=None) as socket:
        page = Line(socket)
        tell(page, "fail")
        for wrong in ({}, {"method": "update", "state": {"value": {}}}, {"method": 3}, []):
            page.say("comm_msg", comm_id="unknown", data=wrong)
            page.say("comm_open", comm_id="mine", target_name="jupyter.widget", data=wrong)
            page.say("comm_open", comm_id=["mine"], target_name={}, data=wrong)
        page.say("kernel_info_request")
        while not heard or heard[-1]["header"]["msg_type"] != "kernel_info_reply":
            heard.append(page.hear())

    text = json.dumps([one["content"] for one in heard if "banner" not in one["content"]])
    assert "Traceback" not in text
    assert os.fspath(Path(__file__).parents[2]) not in text
    assert "site-packages" not in text
    assert "secret" not in text
    assert said(talkative, "/nowhere/secret") > 0
