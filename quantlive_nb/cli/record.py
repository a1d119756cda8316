"""The recorder without a page: records until the time is over, the source ends, or it is told to.

This room knows no widget and no server; what it prints is one line now and then.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

from quantlive_nb.errors import UsageError
from quantlive_nb.health import Health
from quantlive_nb.live import Live

__all__ = ["ended_by_sigterm", "record"]

SAY_S = 10.0
"""So often a line says how it is going."""
READ_BYTES = 4_096
REPAIR_S = 10.0
"""How long a recording that ends may wait for what is being repaired."""


def record(live: Live, seconds: "float | None" = None, *, until_eof: bool = False) -> Health:
    """Record, then close the database; how it went.

    Parameters
    ----------
    live : Live
    seconds : float, optional
        End after so long.
    until_eof : bool
        End when standard input does: a recorder whose parent holds the other end of the pipe never
        outlives it, however it ended.

    Notes
    -----
    Ctrl-C and SIGTERM end it too, with everything stored that has arrived.

    Raises
    ------
    UsageError
        When the time is not above 0.
    QuantliveError
        What made the recording fail.
    """
    if seconds is not None and not seconds > 0:
        raise UsageError(f"a recording of {seconds:g} s is none: give seconds above 0")
    with ended_by_sigterm():
        try:
            with contextlib.suppress(KeyboardInterrupt):
                if until_eof:
                    threading.Thread(target=interrupt_at_eof, daemon=True).start()
                live.start()
                follow(live, seconds)
                wait_repaired(live)
        finally:
            live.stop()
            health = live.health()
            live.close()
    return health


def follow(live: Live, seconds: "float | None") -> None:
    """Say now and then how it is going, until it is over."""
    until = time.monotonic() + (float("inf") if seconds is None else seconds)
    while time.monotonic() < until and not live.join(min(SAY_S, until - time.monotonic())):
        print(live.health(), flush=True)


def wait_repaired(live: Live) -> None:
    """Let an exchange's tape become whole, if that takes no longer than some seconds."""
    until, version = time.monotonic() + REPAIR_S, -1
    while live.options.is_exchange and time.monotonic() < until:
        health = live.health()
        if health.is_confirmed and not health.n_missing:
            return
        version = live.wait_change(version, 0.5)


@contextlib.contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """While the block runs, SIGTERM is Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def interrupted(_: int, __: "FrameType | None") -> None:
    """End as Ctrl-C does; said again while it ends, it changes nothing.

    Raises
    ------
    KeyboardInterrupt
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def interrupt_at_eof() -> None:
    """Wait for the end of standard input, then end as SIGTERM does.

    Notes
    -----
    The descriptor is read, not ``sys.stdin``: its buffer has a lock, and an interpreter that exits
    while a daemon thread holds that lock aborts. Once the recording is over, nobody is interrupted.
    """
    with contextlib.suppress(OSError, ValueError, AttributeError):  # None where it was closed
        descriptor = sys.stdin.buffer.fileno()
        while os.read(descriptor, READ_BYTES):
            pass
    if signal.getsignal(signal.SIGTERM) is interrupted:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
