"""Runs one scan of all pairs at a time on its own thread: request, progress, result."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from quantlive_nb.analytics import ScanResult
from quantlive_nb.analytics.cointegration.dickey_fuller import Lags
from quantlive_nb.errors import QuantliveError
from quantlive_nb.interval import Micros
from quantlive_nb.live.runtime.daemon_thread import begin

__all__ = ["Scan", "ScanRequest", "ScanState", "ScanTask"]


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """Options of a scan: bars, look-back, lags, cost of a trade.

    Attributes
    ----------
    every_us, last_us : int, µs
    lags : "aic" or int
    cost_bps : float
        Of one trade, in 1/100 of a percent.
    market : str
        The market: an exchange, ``SIMULATED`` or ``REPLAY``.
    """

    every_us: Micros
    last_us: Micros
    lags: Lags
    cost_bps: float
    market: str = ""


@dataclass(frozen=True, slots=True)
class ScanState:
    """State of the scan; immutable and replaced as a whole.

    Attributes
    ----------
    asked : ScanRequest or None
        The current request, or the last one.
    is_running : bool
    n_done, n_pairs : int
        Pairs tested so far, and in total, while it runs.
    found : ScanResult or None
        The result of ``asked``.
    error : str
        Why there is no result.
    now_us : int, µs UTC
        Market time of the request.
    """

    asked: "ScanRequest | None" = None
    is_running: bool = False
    n_done: int = 0
    n_pairs: int = 0
    found: "ScanResult | None" = None
    error: str = ""
    now_us: Micros = 0


class Scan(Protocol):
    """A function that scans, reports progress and can be cancelled."""

    def __call__(
        self, asked: ScanRequest, progress: Callable[[int, int], object], cancel: Callable[[], bool]
    ) -> ScanResult:
        """Scan."""


class ScanTask:
    """Starts and cancels a scan.

    Parameters
    ----------
    changed : callable
        Called after every step, on the scan's thread.

    Attributes
    ----------
    state : ScanState
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.state = ScanState()
        self._changed = changed
        self._lock, self._cancelled = threading.Lock(), threading.Event()

    def start(self, scan: Scan, asked: ScanRequest, now_us: Micros) -> None:
        """Start a scan; returns at once, and does nothing while one runs."""
        with self._lock:
            if self.state.is_running:
                return
            self._cancelled = threading.Event()
            self.state = ScanState(asked, is_running=True, now_us=now_us)
            cancelled = self._cancelled
        self._changed()
        begin(lambda: self._run(scan, asked, cancelled), "scan", cancelled.set)

    def refuse(self, why: str) -> None:
        """Set the error that says why nothing is scanned."""
        with self._lock:
            if not self.state.is_running:
                self.state = ScanState(error=why)
        self._changed()

    def forgive(self) -> None:
        """Clear the error, as the request may have changed."""
        with self._lock:
            if self.state.error:
                self.state = ScanState()

    def cancel(self) -> None:
        """Cancel after the current batch of pairs; results so far are kept."""
        self._cancelled.set()

    def _run(self, scan: Scan, asked: ScanRequest, cancelled: threading.Event) -> None:
        def progress(n_done: int, n_pairs: int) -> None:
            self.state = replace(self.state, n_done=n_done, n_pairs=n_pairs)
            self._changed()

        try:
            found = scan(asked, progress, cancelled.is_set)
        except QuantliveError as exc:
            self.state = replace(self.state, is_running=False, error=str(exc))
        except Exception as exc:  # noqa: BLE001  whatever it is, the user reads it and the page goes on
            self.state = replace(self.state, is_running=False, error=f"{type(exc).__name__}: {exc}")
        else:
            self.state = replace(self.state, is_running=False, found=found)
        self._changed()
