"""Voilà's application with our access rules: hosts, token and address.

What it overrides in Voilà is checked before it listens.
"""

import contextlib
import secrets
import threading
import webbrowser
from typing import Any
from urllib.parse import unquote

from tornado.httputil import HTTPServerRequest
from tornado.routing import Matcher
from tornado.web import RequestHandler
from voila.app import Voila
from voila.request_info_handler import RequestInfoSocketHandler as RequestInfo
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from quantlive_nb.errors import UsageError
from quantlive_nb.serve.access import Hosts, is_loopback, origin, with_token
from quantlive_nb.serve.visitors import bounded

__all__ = ["Server"]

REFUSAL = "This server answers to localhost. For another name start it with --allow-host NAME.\n"
NO_PATH = "There is no page at this address: it holds a NUL.\n"


class Foreign(Matcher):
    """Matches requests whose Host header is not allowed."""

    token: "str | None"
    open_browser: bool

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    def match(self, request: HTTPServerRequest) -> "dict[str, Any] | None":
        """Not None if it matches."""
        return None if request.headers.get("Host", "") in self._hosts else {}


class NoPath(Matcher):
    """Matches requests whose path contains NUL, which file system calls reject."""

    def match(self, request: HTTPServerRequest) -> "dict[str, Any] | None":
        """Not None if it matches."""
        return {} if "\0" in unquote(request.path) else None


class Refusal(RequestHandler):
    """Answers every request with 403 and one sentence, also WebSocket handshakes."""

    status, sentence = 403, REFUSAL

    def prepare(self) -> None:
        """Answer."""
        self.set_status(self.status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(self.sentence)


class Nowhere(Refusal):
    """Answers 404."""

    status, sentence = 404, NO_PATH


class Channels(VoilaKernelWebsocketHandler):  # type: ignore[misc]  # it carries no types
    """A page's connection to its kernel; a refusal is answered by one line.

    Jupyter's error pages cannot be rendered under Voilà: each refusal was three tracebacks in the
    log, and a page whose kernel is gone retries repeatedly.
    """

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer with the reason."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}: {self._reason}\n")


class Server(Voila):  # type: ignore[misc]  # it carries no types
    """Voilà's application with our access rules.

    Parameters
    ----------
    hosts : Hosts
        Host names that are allowed while only this machine can reach it.

    Notes
    -----
    The rules follow the settings that Voilà has read, from any source: an address beyond this
    machine gets a token also if it was set by ``--Voila.ip``.
    """

    token: "str | None"
    open_browser: bool

    def __init__(self, hosts: "Hosts | None" = None, **given: Any) -> None:
        super().__init__(**given)
        self._hosts = hosts or Hosts()
        self._is_guarded = False

    @property
    def address(self) -> str:
        """The address to open in a browser."""
        path = (self.server_url or self.base_url).strip("/")
        url = origin(self.ip, self.port) + (f"/{path}/" if path else "")
        return with_token(self.custom_display_url or url, self.token or "")

    @classmethod
    def secret(cls) -> str:
        """The token of the running server; empty while there is none."""
        return str(cls.instance().token or "") if cls.initialized() else ""

    def initialize(self, argv: Any = None) -> None:
        """Read the settings; create a token if others can reach the address."""
        super().initialize(argv)
        if not self.token and not is_loopback(self.ip):
            self.token = secrets.token_urlsafe(24)
        # Voilà would open an address without the token.
        self.open_browser = self.open_browser and not self.token

    def init_handlers(self) -> list[Any]:
        """Voilà's handlers, preceded by our host check, and with the login handler.

        One is left out: without authentication it reveals the address, including the token, with
        which the page of a pre-started kernel was requested.
        """
        ours = {VoilaKernelWebsocketHandler: Channels}
        handlers = [
            (place, ours.get(kind, kind), *rest)
            for place, kind, *rest in super().init_handlers()
            if kind is not RequestInfo
        ]
        login = [
            (f"{self.server_url.rstrip('/')}{rule[0]}", *rule[1:])
            for rule in self.identity_provider.get_handlers()
        ]
        guard = [(Foreign(self._hosts), Refusal)] if is_loopback(self.ip) else []
        self._is_guarded = True
        pages = bounded(handlers, self.kernel_manager, self.server_url)
        return [*guard, (NoPath(), Nowhere), *login, *pages]

    def start(self) -> None:
        """Print the address and serve."""
        print(f"quantlive: {self.address} · Ctrl-C ends it", flush=True)
        super().start()

    def listen(self) -> None:
        """Serve until the loop is stopped.

        Raises
        ------
        UsageError
            When this version of Voilà did not call our handler hook.
        """
        if not self._is_guarded:
            raise UsageError("this version of voila is not known: pip install 'voila<0.6'")
        super().listen()

    def launch_browser(self) -> None:
        """Open the printed address in a browser."""
        with contextlib.suppress(webbrowser.Error):
            browser = webbrowser.get(self.browser or None)
            new = self.webbrowser_open_new
            threading.Thread(target=browser.open, args=(self.address, new), daemon=True).start()
