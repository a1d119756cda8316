"""Browser-side client: visibility, heartbeat, hover, downloads.

Its JavaScript is client.js and the other scripts beside it.
"""

import os
import time
from importlib.resources import files
from typing import Any

import anywidget
import ipywidgets as w
import traitlets as t

from quantlive_nb.live.replay_folder import served
from quantlive_nb.view.controller import Controller
from quantlive_nb.view.widgets.form import set_quietly

__all__ = ["Client", "is_pooled"]

SILENT_S = 150.0
"""A page that has said nothing for so long is gone (hidden tabs still beat once a minute); tests
shorten it by ``QUANTLIVE_ORPHAN_S``, but for a page that has still to be loaded."""

MOST_ASKED = 2_000
"""Longest query that is read."""


class Client(anywidget.AnyWidget):
    """An invisible widget; each page that shows it sends a heartbeat every few seconds.

    Attributes
    ----------
    pulse : int
        Increases while the kernel works; a browser that misses it shows STALE.
    sent_ms : float, ms
        Monotonic time at which the pulse was sent: a browser that is behind says so.
    every_ms : float, ms
        Length of a bar: hovering selects whole bars.
    scale : DateScale
        The scale of the time axis, for the mouse.
    address : str
        Query that the browser should show in the address of the page.
    asked : str
        Query with which the page was requested.
    theme : str
        ``light`` or ``dark`` where one was chosen; ``auto``: the system's, but in JupyterLab.
    """

    _esm = "\n".join(
        files("quantlive_nb.view").joinpath(f"{name}.js").read_text(encoding="utf-8")
        for name in ("silence", "theme", "address", "client")
    )
    pulse = t.Int(0).tag(sync=True)
    sent_ms = t.Float(0.0).tag(sync=True)
    every_ms = t.Float(1000.0).tag(sync=True)
    address = t.Unicode("").tag(sync=True)
    scale = t.Instance(w.Widget, allow_none=True).tag(sync=True, **w.widget_serialization)
    theme = t.Unicode("auto").tag(sync=True)

    def __init__(self, controller: Controller, scale: w.Widget) -> None:
        super().__init__(scale=scale, theme=os.environ.get("QUANTLIVE_THEME") or "auto")
        self._controller = controller
        self._views: dict[str, tuple[bool, float]] = {}
        self._is_pooled = is_pooled()
        self._is_served = served()
        self._silent_s = float(os.environ.get("QUANTLIVE_ORPHAN_S") or SILENT_S)
        self._heard_s = time.monotonic()
        self.asked = os.environ.get("QUERY_STRING", "") if self._is_served else ""
        self.on_msg(self._hear)

    @property
    def is_met(self) -> bool:
        """Whether a page has sent a message, so that it has all widgets created so far."""
        return bool(self._views)

    @property
    def is_awaited(self) -> bool:
        """Whether this kernel was started in advance and has no page yet."""
        return self._is_pooled and not self.is_met

    @property
    def is_orphaned(self) -> bool:
        """Whether the page is gone. Never true in JupyterLab, where a busy cell delays messages."""
        return not self.is_awaited and self._is_gone(time.monotonic() - self._heard_s)

    @property
    def is_watched(self) -> bool:
        """Whether a page may be visible; true until the first page reports otherwise.

        In Voilà no cell runs, so a missing heartbeat means that the page is gone. In JupyterLab a
        busy cell can delay it, and the charts should continue.
        """
        views = list(self._views.values())
        now_s = time.monotonic()
        seen = [is_visible and not self._is_gone(now_s - beat_s) for is_visible, beat_s in views]
        return any(seen) if views else True

    def beat(self) -> None:
        """Send a pulse to the browser."""
        set_quietly(self, pulse=self.pulse + 1, sent_ms=round(uptime_s() * 1e3))

    def download(self, name: str, media_type: str, content: bytes) -> None:
        """Save a file in the browser."""
        self.send({"kind": "download", "name": name, "mime": media_type}, [content])

    def _hear(self, _: object, message: dict[str, Any], __: object) -> None:
        """Handle one message of a page; ignore invalid ones."""
        kind, view = message.get("kind"), str(message.get("view"))
        if kind == "beat":
            self._heard_s = time.monotonic()
            was_awaited, was_watched = self.is_awaited, self.is_watched
            is_new = view not in self._views
            self._views[view] = bool(message.get("visible")), time.monotonic()
            is_back = self.is_watched and not was_watched
            if was_awaited:
                self._controller.met()
            elif is_new or is_back or message.get("resync"):
                self._controller.returned()  # it missed what was sent while it loaded
        elif kind == "address" and self.is_awaited:
            self.asked = str(message.get("query"))[:MOST_ASKED]
        elif kind == "gone":
            self._views[view] = False, time.monotonic()
        elif kind == "hover":
            at_ms = message.get("at")
            self._controller.regard(hover_us=None if at_ms is None else round(at_ms * 1e3))

    def _is_gone(self, silent_s: float) -> bool:
        return self._is_served and silent_s > (self._silent_s if self.is_met else SILENT_S)


def uptime_s() -> float:
    """Monotonic seconds, counting time in suspend where the system offers such a clock.

    Examples
    --------
    >>> uptime_s() <= uptime_s()
    True
    """
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def is_pooled() -> bool:
    """Whether Voilà started this kernel before the page was requested.

    Examples
    --------
    >>> is_pooled()
    False
    """
    return os.environ.get("VOILA_PREHEAT") == "True"
