"""Voilà with our rules; that a real server keeps them is shown in tests/browser."""

import webbrowser
from threading import Event
from unittest.mock import Mock

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from voila.app import Voila
from voila.request_info_handler import RequestInfoSocketHandler as RequestInfo

from quantlive_nb.errors import UsageError
from quantlive_nb.serve.access import Hosts
from quantlive_nb.serve.application import Foreign, NoPath, Nowhere, Refusal, Server


@pytest.mark.parametrize(("host", "is_foreign"), [("localhost:1", False), ("evil.example", True)])
def test_a_request_of_another_site_is_recognized(host, is_foreign):
    """By its Host header alone."""
    start = RequestStartLine("GET", "/", "HTTP/1.1")
    request = HTTPServerRequest(headers=HTTPHeaders({"Host": host}), start_line=start)

    assert (Foreign(Hosts()).match(request) is not None) is is_foreign


def test_a_request_without_a_host_is_foreign():
    """HTTP/1.0 allows it, and no browser does it."""
    request = HTTPServerRequest(start_line=RequestStartLine("GET", "/", "HTTP/1.0"))

    assert Foreign(Hosts()).match(request) is not None


@pytest.mark.parametrize(
    ("path", "is_no_path"), [("/", False), ("/voila/files/a%00.png", True), ("/%2500", False)]
)
def test_a_path_with_a_nul_is_recognized(path, is_no_path):
    """Wherever it is looked for, the file system would raise."""
    request = HTTPServerRequest(start_line=RequestStartLine("GET", path, "HTTP/1.0"))

    assert (NoPath().match(request) is not None) is is_no_path


@pytest.mark.parametrize(("ip", "is_guarded"), [("127.0.0.1", True), ("::1", True), ("", False)])
def test_our_handlers_come_first(monkeypatch, ip, is_guarded):
    """On loopback the one for foreign hosts; the login under the base URL; none without a token."""
    monkeypatch.setattr(Voila, "init_handlers", lambda _: [("/q", RequestInfo), ("/(.*)", str)])
    server = Server(ip=ip, server_url="/quant/")
    server.kernel_manager = Mock()
    server.identity_provider = Mock(get_handlers=lambda: [("/login", int)])
    handlers = [(rule[0], rule[1]) for rule in server.init_handlers()]

    assert (handlers[0][1] is Refusal) is is_guarded
    assert handlers[is_guarded][1] is Nowhere
    assert ("/quant/login", int) in handlers
    assert handlers[-1] == ("/(.*)", str)
    assert RequestInfo not in [handler for _, handler in handlers]


def test_a_voila_that_does_not_ask_for_our_handlers_does_not_listen(monkeypatch):
    """Rather no server than one without its rules."""
    monkeypatch.setattr(Voila, "listen", lambda _: pytest.fail("it listened"))
    with pytest.raises(UsageError, match="this version of voila is not known"):
        Server().listen()


@pytest.mark.parametrize("token", ["", "s"])
def test_the_browser_opens_the_printed_address(monkeypatch, token):
    """Under a base URL too."""
    opened, done = [], Event()

    class Browser:
        """Somebody's browser."""

        def open(self, url, new):
            opened.append(url)
            done.set()

    monkeypatch.setattr(webbrowser, "get", lambda _: Browser())
    server = Server(ip="127.0.0.1", port=9, base_url="/quant/", token=token)
    server.launch_browser()

    assert done.wait(5)
    assert opened == [server.address]


def test_a_machine_without_a_browser_serves_all_the_same(monkeypatch):
    """Nothing is raised."""

    def get(_):
        raise webbrowser.Error

    monkeypatch.setattr(webbrowser, "get", get)
    Server().launch_browser()
