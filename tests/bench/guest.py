"""A visitor whose browser is elsewhere: it says and hears what a page does, and draws nothing.

This file knows Voilà's page and the client's words. What a kernel and its server do for such a
visitor is what they do for any; the work of a browser is left out, which in life another machine
does.
"""

import contextlib
import threading
import urllib.request
import uuid
from collections.abc import Iterator

from websockets.exceptions import ConnectionClosed

from tests.browser.line import Line, kernel_of, line

__all__ = ["guest"]

EAR = "quantlive_nb.view.page_client.Client"
BEAT_S = 5.0
PATIENCE_S = 60.0


@contextlib.contextmanager
def guest(url: str) -> Iterator[None]:
    """While the block runs, a visitor is there.

    Parameters
    ----------
    url : str
        Of the server.
    """
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
        kernel = kernel_of(answer.read())
    assert kernel, "the page names no kernel"
    left = threading.Event()
    with contextlib.ExitStack() as end, line(url, kernel) as page:
        ear = _ear(page)
        for work in (lambda: _listen(page), lambda: _beat(page, ear, left)):
            thread = threading.Thread(target=work)
            thread.start()
            end.callback(thread.join)
        end.callback(left.set)
        yield


def _ear(page: Line) -> str:
    """The widget that hears the browser, among all that a page asks for."""
    asking = uuid.uuid4().hex
    page.say("kernel_info_request")
    page.say("comm_open", comm_id=asking, target_name="jupyter.widget.control", data={})
    page.say("comm_msg", comm_id=asking, data={"method": "request_states"})
    while True:
        data = page.hear()["content"].get("data", {})
        if isinstance(data, dict) and data.get("method") == "update_states":
            told = data["states"].items()
            return next(name for name, it in told if it["state"].get("_anywidget_id") == EAR)


def _listen(page: Line) -> None:
    """Take whatever the kernel sends."""
    for _ in page:
        continue


def _beat(page: Line, ear: str, left: threading.Event) -> None:
    """Be there."""
    content = {"kind": "beat", "view": page.session, "visible": True}
    with contextlib.suppress(ConnectionClosed):
        while not left.is_set():
            page.say("comm_msg", comm_id=ear, data={"method": "custom", "content": content})
            left.wait(BEAT_S)
