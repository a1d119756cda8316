"""The Dashboard: puts the page over a Live and keeps it going, from first showing to close.

This room draws nothing and computes nothing: it hands Frames to the page.
"""

import time
import weakref
from typing import Any

from quantlive_nb.alert import LogReader
from quantlive_nb.analytics import SeriesMemo
from quantlive_nb.errors import QuantliveError, UsageError
from quantlive_nb.live import Live
from quantlive_nb.live.lifecycle import State
from quantlive_nb.name import named
from quantlive_nb.numeral import brief
from quantlive_nb.settings import Settings, require_settings
from quantlive_nb.view.address import Address
from quantlive_nb.view.controller import Controller
from quantlive_nb.view.controls.export_controls import mime
from quantlive_nb.view.page import Page
from quantlive_nb.view.page_lifecycle import PageLifecycle
from quantlive_nb.view.render import Render
from quantlive_nb.view.text import fine
from quantlive_nb.view.worker import File

__all__ = ["Dashboard"]

IDLE_S = 1.0
"""Even when nothing changes the page is drawn so often: its clock goes on."""
LOADING_S = 0.05
"""While nothing is shown, there may be a first frame so soon."""
BEAT_S = 2.0
"""The browser hears from the kernel so often."""
SHOWN: "weakref.WeakValueDictionary[tuple[str, str], Dashboard]" = weakref.WeakValueDictionary()
"""The Dashboard of each Live and name; a newer one takes over."""
TAKEN = (
    "A newer Dashboard of this Live, also named {!r}, has taken over. Run this cell again to have"
    ' the page here, or give one of them a name of its own: ql.Dashboard(live, name="second").'
)


class Dashboard:
    """The whole page of a Live; shows itself as the last line of a cell, in JupyterLab and Voilà.

    Parameters
    ----------
    live : Live
        Its first two symbols are the pair: the second is Y, explained by the first.
    settings : Settings, optional
        What to show first.
    name : str
        A newer Dashboard of the same name over the same Live takes over; the older output
        says so.

    Raises
    ------
    UsageError
        If the Live streams fewer than two symbols and no settings are given.

    Notes
    -----
    The constructor makes no widget and starts no thread; showing it does, once. Widget callbacks
    only swap :attr:`settings` whole or queue a job; one render thread writes on the page, one
    worker does what may take long. Nothing is raised at the user: what cannot be is a sentence on
    the page.

    Examples
    --------
    >>> live = Live("BTCUSDT", "ETHUSDT", name="doc-page", source="simulated")
    >>> Dashboard(live)
    Dashboard(main: ETHUSDT on BTCUSDT, 1s)
    """

    def __init__(
        self, live: Live, settings: "Settings | None" = None, *, name: str = "main"
    ) -> None:
        if not (hasattr(live, "symbols") and hasattr(live, "frame")):
            raise UsageError(f"{brief(live)} is no Live: write ql.Dashboard(ql.Live())")
        self.name = named("a Dashboard", name)
        if settings is not None:
            require_settings(settings)
        self._render = Render(self.step)
        self._controller = Controller(
            live, settings or _first_pair(live.symbols), self._render.wake
        )
        self._page: Page | None = None
        self._lifecycle = PageLifecycle(self._controller, self._started)
        self._address = Address(self._controller)
        self._is_pair_open = settings is None
        self._is_over = self._is_closed = self._is_troubled = False
        self._memo = SeriesMemo()
        self._held: tuple[object, ...] = ()
        self._question: tuple[object, ...] = ()
        self._drawn: tuple[object, ...] = ()
        self._due_s = self._drawn_s = self._beat_s = 0.0
        self._firings = LogReader()
        self._previous = SHOWN.get((live.name, self.name))
        SHOWN[live.name, self.name] = self
        if self._previous is not None:
            self._previous.give_way()

    def __repr__(self) -> str:
        """Name and pair."""
        return f"Dashboard({self.name}: {self.settings.spec})"

    def _repr_mimebundle_(self, **_: Any) -> Any:
        """The page for a notebook; once it is closed, a sentence."""
        if self._is_over:
            return {"text/plain": f"{self!r} was closed: make a new one"}
        root = self.start()
        view = {"version_major": 2, "version_minor": 0, "model_id": root.model_id}
        # Not the root's own bundle, for whose text it would spell out every widget of the page.
        return {"text/plain": repr(self), "application/vnd.jupyter.widget-view+json": view}

    @property
    def settings(self) -> Settings:
        """What the page shows; assign another to change it from a cell."""
        return self._controller.settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self._controller.put(require_settings(settings))

    def start(self) -> Any:
        """Make the page and let it run, once; the widget to display.

        A Live that is new is started too.
        """
        if self._page is None:
            self._lifecycle.show()
            self._page = Page(self._controller, self._controller.live.source)
            self._recall(self._page)
            with self._controller.drawing():
                self._show_choices(self._page)
        self._render.start()
        return self._page.root

    def close(self) -> None:
        """End the threads and free every widget; closing twice does nothing more."""
        if self._is_closed:
            return
        self._is_closed = True
        self._end()
        if SHOWN.get((self._controller.live.name, self.name)) is self:
            del SHOWN[self._controller.live.name, self.name]
        if self._page is not None:
            self._page.close()
        if self._previous is not None:
            self._previous.close()

    def give_way(self) -> None:
        """End the threads; where the page was, a sentence says that a newer one has taken over."""
        if self._is_over:
            return
        self._end()
        if self._page is not None:
            self._page.give_way(TAKEN.format(self.name))

    def _end(self) -> None:
        self._is_over = True
        self._controller.stop()
        self._render.stop()

    def step(self) -> float:
        """Draw once; the seconds that may pass until the next time.

        The render thread calls it, and nobody else while that thread runs.
        """
        page, now_s = self._page, time.monotonic()
        if page is None or self._is_over:
            return IDLE_S
        self._recall(page)
        with self._controller.drawing():
            try:
                if not self._lifecycle.attend(page.client):
                    return IDLE_S
                self._report(page, now_s)
                if not page.client.is_watched:
                    return IDLE_S
                self._refresh(page, now_s)
                self._controller.watch(page.window)
                if self._is_troubled:
                    page.status.say("", now_s)
                self._is_troubled = False
            except Exception as error:  # noqa: BLE001  the page says it, and the thread goes on
                self._is_troubled = True
                page.status.say(f"{type(error).__name__}: {error}", now_s, is_error=True)
            page.status.tidy(now_s)
        return max(self._due_s - time.monotonic(), 0.0)

    def _started(self) -> None:
        """Only a Live that is started knows the symbols of a recording."""
        if self._is_pair_open:
            self._controller.put(_first_pair(self._controller.live.symbols))
            self._address.start()

    def _recall(self, page: Page) -> None:
        """Choose what the address of the page says, once the Live has begun."""
        if self._controller.live.state is State.NEW:
            return
        asked, page.client.asked = page.client.asked, ""
        try:
            self._address.read(asked)
        except UsageError as error:
            page.status.say(str(error), time.monotonic(), is_error=True)
        self._address.step()

    def _report(self, page: Page, now_s: float) -> None:
        """Hand out what the jobs led to, and where the scan stands."""
        page.scan.draw(self._controller.search.state)
        for outcome in self._controller.outcomes():
            if isinstance(outcome, File):
                page.client.download(outcome.name, mime(outcome.name), outcome.content)
                size_kb = len(outcome.content) / 1e3
                size = f"{fine(size_kb, 0)} kB" if size_kb < 1_000 else f"{size_kb / 1e3:.1f} MB"
                page.status.say(f"{outcome.name} is saved, {size}", now_s)
            else:
                page.status.say(outcome.text, now_s, is_error=outcome.is_error)

    def _refresh(self, page: Page, now_s: float) -> None:
        """A new frame if there is something new and its time has come; else only another look."""
        controller, settings = self._controller, self._controller.settings
        if controller.is_behind:
            controller.is_behind = False
            page.resync()
        if now_s - self._beat_s >= BEAT_S:
            self._beat_s = now_s
            page.client.beat()
        self._show_choices(page)
        question = (
            settings.y,
            settings.x,
            settings.every_us,
            controller.live.source,
            controller.switching,
        )
        if question != self._question:
            self._question, self._drawn = question, ()
            page.empty(controller.switching or f"loading {settings.y} on {settings.x}")
        asked = (controller.live.version, settings)
        if now_s < self._due_s and asked[1:] == self._drawn[1:]:
            page.glance(controller.look)
            return
        if asked != self._drawn or now_s - self._drawn_s >= IDLE_S:
            self._drawn, self._drawn_s = asked, now_s
            self._draw(page, settings, now_s)
        else:
            page.glance(controller.look)
        self._due_s = now_s + (settings.refresh_ms / 1e3 if page.window else LOADING_S)

    def _show_choices(self, page: Page) -> None:
        """Show on the controls what holds, when it may be something else than they show."""
        controller = self._controller
        held = (controller.live.source, controller.live.symbols, controller.listed)
        if controller.is_stale or held != self._held:
            controller.is_stale, self._held = False, held
            page.show(controller)
            page.client.address = self._address.query

    def _draw(self, page: Page, settings: Settings, now_s: float) -> None:
        """Ask for a frame and show it, unless something else is wanted by now."""
        controller = self._controller
        if controller.switching:
            page.status.draw(controller.live.health(), 0)
            return
        try:
            frame = controller.live.frame(settings, self._memo)
        except QuantliveError as error:
            page.status.draw(controller.live.health(), 0)
            page.empty(str(error))
            return
        if frame.settings != controller.settings or controller.switching:
            self._drawn = ()
            return
        page.draw(frame, controller.look)
        fired = self._firings.read(controller.live.logs())
        page.status.fire([firing.event for firing in fired], now_s)


def _first_pair(symbols: tuple[str, ...]) -> Settings:
    """The second symbol on the first.

    Raises
    ------
    UsageError
        If there are fewer than two.
    """
    if len(symbols) < 2:
        raise UsageError("a Dashboard shows a pair: give the Live a second symbol")
    return Settings(symbols[1], symbols[0])
