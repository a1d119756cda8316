"""The controller receives every control, holds the Settings and calls the Live.

A call returns at once on any thread: it replaces a frozen value or queues a job, and wakes the
render thread, the only one that changes widgets.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from quantlive_nb.alert import Condition, Rule
from quantlive_nb.analytics import ScanResult
from quantlive_nb.analytics.cointegration.dickey_fuller import Lags
from quantlive_nb.errors import UsageError
from quantlive_nb.interval import Micros, micros
from quantlive_nb.live import Live
from quantlive_nb.live.replay_folder import named
from quantlive_nb.settings import Settings
from quantlive_nb.view.scan_task import ScanRequest, ScanTask
from quantlive_nb.view.worker import File, Outcome, Said, Worker

__all__ = ["Controller", "ViewState"]

NEAR = 0.1
"""Part of the shown window by which its middle may move before repair priorities change."""


@dataclass(frozen=True, slots=True)
class ViewState:
    """View state (follow, pan, hover); unlike Settings it changes no number.

    Attributes
    ----------
    is_following : bool
        Whether the time axis moves with the newest bar.
    is_panning : bool
        Whether the mouse drags and zooms the time axis; else the wheel scrolls the page.
    is_choosing_replay : bool
        Whether the fields for a recording are shown.
    hover_us : int or None, µs UTC
        Time under the mouse.
    """

    is_following: bool = True
    is_panning: bool = False
    is_choosing_replay: bool = False
    hover_us: "Micros | None" = None


class Controller:
    """Receives every control.

    Parameters
    ----------
    live : Live
    settings : Settings
        What to show first.
    wake : callable
        Wakes the render thread.

    Attributes
    ----------
    settings : Settings
    look : ViewState
    switching : str
        Not empty while another source is being opened.
    listed : tuple of str
        Symbols that the exchange lists, once it was asked.
    is_stale : bool
        Whether the controls must be redrawn from the settings.
    is_behind : bool
        Whether a browser may have missed updates.
    search : ScanTask
        The scan of all pairs.
    """

    def __init__(self, live: Live, settings: Settings, wake: Callable[[], None]) -> None:
        self.live, self.settings, self.look = live, settings, ViewState()
        self.switching = ""
        self.listed: tuple[str, ...] = ()
        self._wake = wake
        self.search = ScanTask(wake)
        self._worker = Worker(self._finished)
        self._drawer, self.is_stale, self.is_behind = 0, True, False
        self._focus_us: Micros | None = 0  # nothing has been said yet

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Ignore widget events caused by our own updates while the page is drawn."""
        self._drawer = threading.get_ident()
        try:
            yield
        finally:
            self._drawer = 0

    def outcomes(self) -> Iterator[Outcome]:
        """The outcomes of jobs since the last call."""
        while self._worker.outcomes:
            yield self._worker.outcomes.popleft()

    def stop(self) -> None:
        """Accept no more jobs."""
        self.search.cancel()
        self._worker.stop()

    def put(self, settings: Settings) -> None:
        """Show these settings from now on."""
        self.settings, self.is_stale = settings, True
        self._wake()

    def change(self, **settings: Any) -> None:
        """Change some settings; ``hedge``, ``z``, ``correlation`` are windows, ``every`` is text.

        An invalid value gives a message, and the control shows the old value again.
        """
        try:
            self.set(**settings)
        except UsageError as error:
            self.is_stale = True
            self._worker.say(str(error), is_error=True)

    def set(self, **settings: Any) -> None:
        """Like :meth:`change`, but raises UsageError for a control that shows the error itself."""
        if not self._is_drawing:
            new = self.settings.chosen(**settings)
            self._mended()
            self.put(new)

    def swap(self) -> None:
        """Exchange Y and X."""
        self.put(self.settings.swapped())

    def regard(self, **look: Any) -> None:
        """Update view state (follow, pan, hover)."""
        if self._is_drawing:
            return
        self.look = replace(self.look, **look)
        self.is_stale = self.is_stale or "hover_us" not in look
        self._wake()

    def moved(self) -> None:
        """The time axis moved; if the mouse moved it, stop following."""
        self.regard(is_following=False)

    def watch(self, window: "tuple[Micros, Micros] | None") -> None:
        """Fetch missing trades of the shown window first; of the newest while following.

        Parameters
        ----------
        window : tuple of int, µs UTC
            Ends of the time axis; None while no data are shown.
        """
        if window is None:
            return
        low_us, high_us = window
        focus_us = None if self.look.is_following else (low_us + high_us) // 2
        if not _is_near(focus_us, self._focus_us, NEAR * (high_us - low_us)):
            self._focus_us = focus_us
            self._worker.do(lambda: self.live.look_at(focus_us))

    def met(self) -> None:
        """The first browser connected; nothing was sent before."""
        self._wake()

    def returned(self) -> None:
        """A browser reconnected and may have missed updates."""
        self.is_behind = True
        self._wake()

    def want(self, symbol: str) -> None:
        """Stream one more symbol."""
        if not self._is_drawing and symbol not in self.live.symbols:
            self._do(lambda: self.live.want(symbol), f"{symbol} is added")

    def drop(self, symbol: str) -> None:
        """Stop streaming a symbol."""
        self._do(lambda: self.live.drop(symbol), f"{symbol} is streamed no more")

    def switch(self, source: str, speed: float) -> None:
        """Switch to another source."""
        if not self._is_drawing:
            self.switching = f"switching to {named(source) or source}"
            self._worker.do(lambda: self._switch(source, speed))
            self._wake()

    def play_again(self) -> None:
        """Watch the recording from its beginning."""
        self.switch(self.live.source, self.live.speed)

    def add_alert(self, name: str, metric: str, op: str, value: float, cooldown: str) -> None:
        """Add an alert on the pair, bar length and windows shown now."""
        s = self.settings

        def add() -> None:
            asked, cool = Condition(metric, op, value), cooldown.strip() or "0"
            of_pair = Rule.of(name, asked, s.y, s.x, every=s.every_us, cooldown=cool)
            self.live.add_alert(replace(of_pair, windows=s.windows))

        self._do(add, f"the alert {name} watches {metric} {op} {value:.12g}")

    def remove_alert(self, name: str) -> None:
        """Remove an alert."""
        self._do(lambda: self.live.remove_alert(name), f"the alert {name} is removed")

    def clear_events(self) -> None:
        """Forget every firing."""
        self._do(self.live.clear_events, "all firings are forgotten")

    def export(self, what: str, fmt: str) -> None:
        """Send a file to the browser."""
        settings = self.settings
        self._worker.say(f"exporting {what} …")
        self._worker.do(lambda: File(*self.live.export(what, fmt, settings)))

    def fill(self) -> None:
        """Fetch the trades that were skipped; a progress bar reports it, so there is no message."""
        self._worker.do(self.live.fill)

    def cancel_fill(self) -> None:
        """Stop fetching history; the progress bar disappears."""
        self._worker.do(self.live.cancel_fill)

    def scan(self, last: str, lags: Lags, cost_bps: float) -> None:
        """Test every ordered pair of the streamed symbols, on bars of the length shown."""
        try:
            every_us, last_us = self.settings.every_us, micros(last.strip())
            asked = ScanRequest(every_us, last_us, lags, cost_bps, self.live.health().market)
        except UsageError as error:
            self.search.refuse(str(error))
            return
        self.search.start(self._scan, asked, self.live.now_us)

    def cancel_scan(self) -> None:
        """End the scan."""
        self.search.cancel()

    def ask_listed(self) -> None:
        """Load the list of symbols, for the field that adds one."""

        def ask() -> None:
            self.listed = self.live.listed()

        self._worker.do(ask)

    @property
    def _is_drawing(self) -> bool:
        return self._drawer == threading.get_ident()

    def _scan(
        self, asked: ScanRequest, progress: Callable[[int, int], object], cancel: Callable[[], bool]
    ) -> ScanResult:
        return self.live.scan(
            asked.every_us,
            asked.last_us,
            lags=asked.lags,
            cost_bps=asked.cost_bps,
            progress=progress,
            cancel=cancel,
        )

    def _mended(self) -> None:
        """A setting was corrected: clear an earlier error."""
        self.search.forgive()
        self._worker.outcomes.append(Said(""))

    def _do(self, act: Callable[[], object], done: str) -> None:
        """Run a job on the worker, then show a message."""

        def job() -> Outcome:
            act()
            self.search.forgive()
            return Said(done)

        self._worker.do(job)

    def _switch(self, source: str, speed: float) -> Outcome:
        """Open the source; a pair that it does not have is replaced by its first two symbols."""
        try:
            self.live.switch(source, speed)
            symbols = self.live.symbols
            if not {self.settings.y, self.settings.x} <= set(symbols) and len(symbols) > 1:
                self.settings = self.settings.but(y=symbols[1], x=symbols[0])
            self.look = replace(self.look, is_following=True, is_choosing_replay=False)
        finally:
            self.switching = ""
        return Said(f"switched to {(named(source) or source).rpartition('/')[2]}")

    def _finished(self) -> None:
        """A job ended: symbols, source or alerts may have changed."""
        self.is_stale = True
        self._wake()


def _is_near(ts: "Micros | None", other: "Micros | None", reach_us: float) -> bool:
    """Whether two times are at most this far apart; None equals only None."""
    if ts is None or other is None:
        return ts is other
    return abs(ts - other) <= reach_us
