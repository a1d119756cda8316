"""Ctrl-C while a command is still being imported: it ends with exit code 130, without a traceback.

The package imports this file first, so it must not import any of ours.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

__all__ = ["allow_interrupt", "is_command"]

INTERRUPTED = 130


def is_command(argv: Sequence[str]) -> bool:
    """Whether an interpreter with these arguments runs the console script or its equal.

    Parameters
    ----------
    argv : sequence of str
        As :data:`sys.orig_argv` has them.

    Examples
    --------
    >>> is_command(["python", "/usr/bin/quantlive", "verify"])
    True
    >>> is_command(["python", "-P", "-m", "quantlive_nb", "verify"])
    True
    >>> is_command(["python", "-m", "quantlive_nb.testing"]), is_command(["python"])
    (False, False)
    """
    for at, argument in enumerate(argv[1:], start=1):
        if argument == "-m":
            return tuple(argv[at + 1 : at + 2]) == ("quantlive_nb",)
        if not argument.startswith("-"):
            return Path(argument).stem.removesuffix("-script") == "quantlive"
    return False


def leave(_: int, __: "FrameType | None") -> None:
    """End at once: nothing has begun yet."""
    os._exit(INTERRUPTED)


def allow_interrupt() -> None:
    """From now on Ctrl-C is an exception again, and the command ends in its own way."""
    if signal.getsignal(signal.SIGINT) is leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


if (
    is_command(sys.orig_argv)
    and threading.current_thread() is threading.main_thread()
    and signal.getsignal(signal.SIGINT) is signal.default_int_handler
):
    signal.signal(signal.SIGINT, leave)
