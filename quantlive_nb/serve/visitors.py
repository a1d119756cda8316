"""Visitors' kernels: how many may run, and when one without a page is ended.

``notebooks/voila.json`` names the manager, so it also applies to a plain ``voila``; ``quantlive``
answers visitors over the limit itself.
"""

import asyncio
import os
import re
import time
import uuid
from collections.abc import Sequence
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.httputil import HTTPServerRequest
from tornado.ioloop import IOLoop
from tornado.routing import Matcher
from tornado.web import HTTPError, RequestHandler
from traitlets import Float, Integer
from voila.tornado.handler import TornadoVoilaHandler

from quantlive_nb.serve.preface import prefaced

__all__ = ["FullMatcher", "FullPage", "SentPage", "VisitorKernelManager", "bounded"]

WAIT_S = 0.5
"""Seconds that a visitor waits: a page being reloaded frees its own place meanwhile."""
LOADING_S = 90.0
"""Additional seconds that a page may take to load."""
RETRY_S = 10
KERNEL = re.compile(r'"kernelId": "([0-9a-f-]{36})"')
"""The kernel id in a page."""
FILES = "/voila/"
"""Part of the path of every file that a page loads."""
KERNELS = "/api/kernels"
"""Where a page that is loading asks whether its kernel is there."""
FULL = "This dashboard is full: it has {} visitors, its most. Try again in a minute."
FULL_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="{1}"><title>quantlive: full</title>
<style>body {{ font: 16px system-ui, sans-serif; margin: 20vh auto; max-width: 32em }}</style>
<p role="alert">{0}</p><p>This page tries again by itself every {1} seconds.</p></html>
"""


class VisitorKernelManager(AsyncMappingKernelManager):
    """Limits the number of visitors' kernels, and ends those without a page.

    Attributes
    ----------
    max_visitors : int
        Most kernels at a time, without those started in advance.
    unvisited_s : float
        A kernel whose page has never connected is ended this long after the page was sent: the
        client was no browser, or left before the page was loaded. It may last :data:`LOADING_S`
        more while files of a page are still being requested, by a slow browser or network, and
        where it is unknown when the page was sent, as under a plain ``voila``.
    lost_s : float
        A kernel whose page was connected is ended after this long without a connection.
    """

    max_visitors = Integer(20, config=True, help="Most kernels of visitors at a time")
    unvisited_s = Float(25.0, config=True, help="Seconds for a page to connect the first time")
    lost_s = Float(60.0, config=True, help="Seconds for a page to connect again")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self._starting: set[str] = set()
        self._ending: set[str] = set()
        self._warm: set[str] = set()
        self._visited: set[str] = set()
        self._in_making: set[str] = set()
        self._sent: set[str] = set()
        self._alone_since_s: dict[str, float] = {}
        self._loading_s = float("-inf")

    @property
    def is_full(self) -> bool:
        """Whether the limit of visitors is reached."""
        return self.n_visitors >= self.max_visitors

    @property
    def n_visitors(self) -> int:
        """Kernels in use or about to be used by visitors."""
        return len({*self._kernels, *self._starting} - self._ending - self._warm)

    async def has_place(self) -> bool:
        """Wait briefly for a free place; return whether there is one."""
        end_s = time.monotonic() + WAIT_S
        while self.is_full and time.monotonic() < end_s:  # noqa: ASYNC110  kernels also end unsaid
            await asyncio.sleep(0.05)
        return not self.is_full

    async def start_kernel(self, **kwargs: Any) -> str:  # type: ignore[override]
        """Start a kernel for a visitor, or one in advance.

        Raises
        ------
        HTTPError
            When there are too many visitors.
        """
        kernel_id = str(kwargs.pop("kernel_id", None) or uuid.uuid4())
        if (kwargs.get("env") or {}).get("VOILA_PREHEAT") == "True":
            self._warm.add(kernel_id)
        elif not await self.has_place():
            raise HTTPError(503, reason=FULL.format(self.max_visitors))
        self._starting.add(kernel_id)
        try:
            return await super().start_kernel(kernel_id=kernel_id, **kwargs)
        finally:
            self._starting.discard(kernel_id)

    async def shutdown_kernel(self, kernel_id: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """End a kernel and free its place."""
        self._ending.add(kernel_id)
        try:
            await super().shutdown_kernel(kernel_id, *args, **kwargs)  # type: ignore[no-untyped-call]
        finally:
            self._ending.discard(kernel_id)

    def note_loading(self) -> None:
        """Note that a browser requested a file of a page."""
        self._loading_s = time.monotonic()

    def note_page(self, kernel_id: str, *, is_sent: bool) -> None:
        """Note that a kernel's page is being rendered, or was sent."""
        if kernel_id in self:
            (self._sent if is_sent else self._in_making).add(kernel_id)
            self._in_making -= self._sent

    async def give_back(self, kernel_id: str) -> None:
        """End the kernel of a page whose visitor left early, unless it is gone already."""
        if kernel_id in self and kernel_id not in self._ending:
            await self.shutdown_kernel(kernel_id)

    def notify_connect(self, kernel_id: str) -> None:
        """Note that a page has connected."""
        super().notify_connect(kernel_id)  # type: ignore[no-untyped-call]
        self._warm.discard(kernel_id)
        self._visited.add(kernel_id)
        self._alone_since_s.pop(kernel_id, None)

    def notify_disconnect(self, kernel_id: str) -> None:
        """Note that a page has disconnected; the count of pages never falls below 0."""
        if self._kernel_connections.get(kernel_id, 0) > 0:
            super().notify_disconnect(kernel_id)  # type: ignore[no-untyped-call]

    async def cull_kernels(self) -> None:
        """End the kernels that have no page."""
        for noted in (self._warm, self._visited, self._in_making, self._sent):
            noted &= {*self._kernels, *self._starting}
        for kernel_id in self._alone_since_s.keys() - self._kernels.keys():
            del self._alone_since_s[kernel_id]
        await super().cull_kernels()  # type: ignore[no-untyped-call]

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that had no page for too long; Voilà excludes those started in advance.

        jupyter_server's own rule is not used: it would end a kernel started a minute in advance as
        soon as a visitor gets it, as it was idle and no page is connected yet.
        """
        if kernel_id not in self or kernel_id in self._starting or kernel_id in self._ending:
            return
        self._warm.discard(kernel_id)
        most_s = self.lost_s if kernel_id in self._visited else self.unvisited_s
        if self._alone_s(kernel_id) > most_s:
            self.log.info("Ending kernel %s: its page is gone", kernel_id)
            await self.shutdown_kernel(kernel_id)

    def _alone_s(self, kernel_id: str) -> float:
        """Seconds for which a ready kernel has had no page."""
        state = getattr(self._kernels[kernel_id], "execution_state", None)
        is_awaited = kernel_id in self._in_making or state in {"starting", "busy"}
        if is_awaited or self._kernel_connections.get(kernel_id, 0) > 0:
            self._alone_since_s.pop(kernel_id, None)
            return 0.0
        now_s = time.monotonic()
        since_s = self._alone_since_s.setdefault(kernel_id, now_s)
        if kernel_id not in self._visited:
            loading_s = self._loading_s if kernel_id in self._sent else now_s
            since_s = max(since_s, min(loading_s, since_s + LOADING_S))
        return now_s - since_s


class FullMatcher(Matcher):
    """Matches who asks for the page while it is full; tells the manager of files that are loaded.

    Parameters
    ----------
    kernels : VisitorKernelManager
    path : str
        Where the page is.
    """

    def __init__(self, kernels: VisitorKernelManager, path: str) -> None:
        self._kernels, self._path = kernels, path.rstrip("/")

    def match(self, request: HTTPServerRequest) -> "dict[str, Any] | None":
        """Not None if it matches."""
        if FILES in request.path or request.path.rpartition("/")[0].endswith(KERNELS):
            self._kernels.note_loading()
        is_page = request.method == "GET" and request.path.rstrip("/") == self._path
        return {} if is_page and self._kernels.is_full else None


class FullPage(RequestHandler):
    """A page that says that all places are taken, and retries by itself."""

    def initialize(self, kernels: VisitorKernelManager) -> None:
        """Store the parameters."""
        self._kernels = kernels

    async def get(self) -> None:
        """Answer."""
        if await self._kernels.has_place():
            self.redirect(self.request.uri or "/")
            return
        self.set_status(503)
        self.set_header("Retry-After", str(RETRY_S))
        self.set_header("Cache-Control", "no-store")
        self.finish(FULL_PAGE.format(FULL.format(self._kernels.max_visitors), RETRY_S))


class SentPage(TornadoVoilaHandler):  # type: ignore[misc]  # it carries no types
    """Voilà's page handler; notifies the kernel manager when the page was sent.

    If the visitor left meanwhile, the page is still rendered to the end, as a kernel that dies
    while it computes is an error; then the kernel is released.
    """

    _kernel_id = ""
    _is_left = False

    def write(self, chunk: Any) -> None:
        """Write a part of the page; one of the first has the kernel id."""
        if isinstance(chunk, str):
            chunk = prefaced(chunk, is_system=self._is_system)
        super().write(chunk)
        if not self._kernel_id and (named := KERNEL.search(str(chunk))):
            self._kernel_id = named[1]
            self.kernel_manager.note_page(self._kernel_id, is_sent=False)

    def on_connection_close(self) -> None:
        """The visitor left before everything was sent."""
        super().on_connection_close()
        self._is_left = True

    def on_finish(self) -> None:
        """Everything was sent, or the visitor left."""
        super().on_finish()
        self.kernel_manager.note_page(self._kernel_id, is_sent=True)
        if self._is_left:
            IOLoop.current().add_callback(self.kernel_manager.give_back, self._kernel_id)

    @property
    def _is_system(self) -> bool:
        """Whether nobody has chosen a theme."""
        is_auto = os.environ.get("QUANTLIVE_THEME", "auto") == "auto"
        has_light = self.voila_configuration.theme == "light"
        return is_auto and has_light and self.get_argument("theme", None) is None


def bounded(handlers: Sequence[Any], kernels: object, path: str) -> list[Any]:
    """Voilà's handlers, with the limit of visitors if the kernel manager is ours."""
    if not isinstance(kernels, VisitorKernelManager):
        return [*handlers]
    matcher = (FullMatcher(kernels, path), FullPage, {"kernels": kernels})
    ours = {TornadoVoilaHandler: SentPage}
    return [matcher, *((place, ours.get(kind, kind), *rest) for place, kind, *rest in handlers)]
