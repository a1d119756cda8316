"""Voilà as ``quantlive`` runs it: who is answered, under which token, and at what address.

This room knows no market and no page. What it overrides of Voilà's is checked before it listens.
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
    """Matches every request that names another host than this server."""

    token: "str | None"
    open_browser: bool

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    def match(self, request: HTTPServerRequest) -> "dict[str, Any] | None":
        """Not None if it matches."""
        return None if request.headers.get("Host", "") in self._hosts else {}


class NoPath(Matcher):
    """Matches every request whose path holds NUL, at which the file system stumbles."""

    def match(self, request: HTTPServerRequest) -> "dict[str, Any] | None":
        """Not None if it matches."""
        return {} if "\0" in unquote(request.path) else None


class Refusal(RequestHandler):
    """Answers 403 and one sentence, whatever is asked; also to who would open a WebSocket."""

    status, sentence = 403, REFUSAL

    def prepare(self) -> None:
        """Answer."""
        self.set_status(self.status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(self.sentence)


class Nowhere(Refusal):
    """Answers 404 where no page can be."""

    status, sentence = 404, NO_PATH


class Channels(VoilaKernelWebsocketHandler):  # type: ignore[misc]  # it carries no types
    """A page's connection to its kernel; who is refused one is told why in a line.

    Jupyter's pages of errors cannot be made under Voilà: each refusal was three tracebacks in the
    log, and a page whose kernel is gone asks again and again.
    """

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer with the reason."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code}: {self._reason}\n")


class Server(Voila):  # type: ignore[misc]  # it carries no types
    """Voilà's application with our rules of access.

    Parameters
    ----------
    hosts : Hosts
        Names under which it is asked while only this machine can reach it.

    Notes
    -----
    What holds is what Voilà has read from its settings, wherever they come from: an address beyond
    this machine has a token also when it was set by ``--Voila.ip``.
    """

    token: "str | None"
    open_browser: bool

    def __init__(self, hosts: "Hosts | None" = None, **given: Any) -> None:
        super().__init__(**given)
        self._hosts = hosts or Hosts()
        self._is_guarded = False

    @property
    def address(self) -> str:
        """What to type into a browser."""
        path = (self.server_url or self.base_url).strip("/")
        url = origin(self.ip, self.port) + (f"/{path}/" if path else "")
        return with_token(self.custom_display_url or url, self.token or "")

    @classmethod
    def secret(cls) -> str:
        """The token of the server that runs; empty while there is none."""
        return str(cls.instance().token or "") if cls.initialized() else ""

    def initialize(self, argv: Any = None) -> None:
        """Read the settings; make a token up where others can reach the address."""
        super().initialize(argv)
        if not self.token and not is_loopback(self.ip):
            self.token = secrets.token_urlsafe(24)
        # Voilà would open an address without the token.
        self.open_browser = self.open_browser and not self.token

    def init_handlers(self) -> list[Any]:
        """Voilà's handlers, behind the one for foreign hosts, and with the login where it looks.

        One is left out: it tells whoever names a warmed kernel the address that its page was asked
        by, with the token in it, and asks for none.
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
            When this Voilà has not asked for our handlers.
        """
        if not self._is_guarded:
            raise UsageError("this version of voila is not known: pip install 'voila<0.6'")
        super().listen()

    def launch_browser(self) -> None:
        """Open the address that was printed."""
        with contextlib.suppress(webbrowser.Error):
            browser = webbrowser.get(self.browser or None)
            new = self.webbrowser_open_new
            threading.Thread(target=browser.open, args=(self.address, new), daemon=True).start()
