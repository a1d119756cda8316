"""Runs the recorder as a child process: starts it, restarts it, and ends it with its parent."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import duckdb

from quantlive_nb.errors import UsageError
from quantlive_nb.share.extension import load_quack
from quantlive_nb.share.server import find

__all__ = ["Supervisor", "is_shared", "unshared"]

START_S = 15.0
"""Longest wait for a recorder to share its database; its exchange may not answer."""
GRACE_S = 2.0
"""Pause after a refusal: another process may be about to share the database, or to close it."""
LEAST_S, MOST_S = 0.2, 30.0
"""First pause before a restart; doubled each time."""
LASTED_S = 10.0
"""A recorder that ran this long resets the backoff."""
LOOK_S = 0.5
"""Seconds between checks of a database that another process shares."""
UNSHARED_S = 20.0
"""A recorder that no longer shares is ended after this; it restores sharing itself before."""
STOP_S = 10.0
COMMAND = (sys.executable, "-m", "quantlive_nb", "record", "--until-eof")
HOME = Path(__file__).parents[2]
"""Working folder of the recorder, so that it runs the same code."""


class Supervisor:
    """Keeps one recorder running on a database, unless another process owns and shares it.

    Parameters
    ----------
    path : str
        The database.
    environment : mapping
        ``QUANTLIVE_*`` variables of the recorder.

    Attributes
    ----------
    trouble : str
        Why the newest recorder ended; empty until one has.
    pid : int or None
        Process id of the recorder.

    Notes
    -----
    The recorder runs in its own session, so a Ctrl-C in the terminal does not reach it. It ends
    when its standard input is closed, so also when this process is killed.
    """

    def __init__(self, path: str, environment: Mapping[str, str]) -> None:
        self.path, self.environment = path, dict(environment)
        self.trouble = ""
        self._is_up = False
        self._unshared, self._has_shared = "", False
        self._process: subprocess.Popen[str] | None = None
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="quantlive-supervisor", daemon=True)

    @property
    def pid(self) -> "int | None":
        """Process id of the recorder, while there is one."""
        process = self._process
        return None if process is None else process.pid

    def start(self) -> Self:
        """Start; use :meth:`wait` to wait until the database is shared."""
        self._thread.start()
        return self

    def wait(self) -> bool:
        """Wait until the database is shared, up to a time limit; return whether it is.

        Raises
        ------
        UsageError
            When the recorder refuses to start; has its message.
        """
        until, refused = time.monotonic() + START_S, float("inf")
        while not is_shared(self.path) and time.monotonic() < until:
            if self.trouble:
                refused = min(refused, time.monotonic() + GRACE_S)
            if time.monotonic() > refused:
                raise UsageError(self.trouble)
            self._ended.wait(0.05)
        self._is_up = True
        return is_shared(self.path)

    def stop(self) -> None:
        """End the recorder after it has stored everything it received; idempotent."""
        self._ended.set()
        with self._lock:
            process = self._process
        if process is None:
            return
        end(process)
        if self._thread is not threading.current_thread():
            self._thread.join(STOP_S)

    def __enter__(self) -> Self:
        """:meth:`start`."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """:meth:`stop`."""
        self.stop()

    def _run(self) -> None:
        wait_s = LEAST_S
        while not self._ended.is_set():
            if is_shared(self.path):
                self._ended.wait(LOOK_S)
                continue
            began_s = time.monotonic()
            self._record()
            if time.monotonic() - began_s > LASTED_S:
                wait_s = LEAST_S
            self._ended.wait(wait_s)
            wait_s = min(2 * wait_s, MOST_S)

    def _record(self) -> None:
        """Run one recorder until it ends; log a new reason."""
        with self._lock:
            if self._ended.is_set():
                return
            process = self._process = subprocess.Popen(  # noqa: S603  our own command
                COMMAND,
                cwd=HOME,
                env={**os.environ, **self.environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        watch = threading.Thread(target=self._watch, args=(process,), daemon=True)
        watch.start()
        with process:
            last = deque(process.stderr or (), maxlen=1)
        watch.join()
        trouble = self._unshared or why(process.returncode, last[0] if last else "")
        if self._is_up and not self._ended.is_set() and trouble != self.trouble:
            print(f"quantlive: {trouble}: it is started again", file=sys.stderr, flush=True)
        self.trouble = trouble

    def _watch(self, process: "subprocess.Popen[str]") -> None:
        """End a recorder that stopped sharing the database, so that a new one can."""
        self._unshared, self._has_shared, shared_s = "", False, 0.0
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_S)
                return
            if is_shared(self.path):
                self._has_shared, shared_s = True, time.monotonic()
            elif self._has_shared and time.monotonic() - shared_s > UNSHARED_S:
                self._unshared = "the recorder did not share the database any more"
                end(process)


def end(process: "subprocess.Popen[str]") -> None:
    """Terminate a process, and kill it if it does not end."""
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()


def why(code: int, said: str) -> str:
    """Why a recorder ended, from its last output or its exit code.

    Examples
    --------
    >>> why(1, "quantlive: t.duckdb: process 4711 is recording into it")
    't.duckdb: process 4711 is recording into it'
    >>> why(-9, "")
    'the recorder was ended by SIGKILL'
    """
    if said.strip() and code > 0:
        return said.strip().removeprefix("quantlive: ")
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"the recorder was ended by {signal.Signals(-code).name}"
    return f"the recorder ended with exit code {code}"


def is_shared(path: str) -> bool:
    """Whether the registered owner of a database answers."""
    address = find(path)
    if address is None:
        return False
    host, _, port = address.url.removeprefix("quack:").rpartition(":")
    try:
        with socket.create_connection((host, int(port)), 1.0):
            return True
    except (OSError, ValueError):
        return False


def unshared() -> str:
    """Why databases cannot be shared on this machine; empty if they can.

    Examples
    --------
    >>> unshared()
    ''
    """
    with contextlib.closing(duckdb.connect()) as connection:
        return load_quack(connection)
