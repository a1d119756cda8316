"""Real servers for the browser tests: `quantlive`, `quantlive lab` and a plain `voila`."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from quantlive_nb.share.server import free_port

START_S = 120.0
END_S = 60.0
"""A kernel that others leave no time may take several seconds to end."""


@dataclass
class Server:
    """A server that is up, and the processes that it has started."""

    url: str
    process: psutil.Process
    log: Path

    def descendants(self) -> list[psutil.Process]:
        """Every process under it."""
        try:
            return self.process.children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def children(self, what: str) -> list[psutil.Process]:
        """Processes under it whose command line has a word."""
        found = []
        for child in self.descendants():
            with contextlib.suppress(psutil.Error):
                if what in child.cmdline() and child.status() != psutil.STATUS_ZOMBIE:
                    found.append(child)
        return found

    @property
    def kernels(self) -> list[psutil.Process]:
        """The kernels that run: forked from one process, or started by themselves."""
        found = self.children("quantlive_nb.serve.fork_server")
        ancestors = {process.pid for process in found if process.ppid() == self.process.pid}
        return [k for k in found if k.pid not in ancestors] + self.children("ipykernel_launcher")

    @property
    def n_kernels(self) -> int:
        """How many kernels run."""
        return len(self.kernels)

    @property
    def recorder(self) -> psutil.Process:
        """The one recorder."""
        (recorder,) = self.children("record")
        return recorder


@contextlib.contextmanager
def quantlive(*arguments: str, folder: Path, **environment: str) -> Iterator[str]:
    """Run one of the serving commands in a folder until the block ends; its address."""
    command = ("quantlive_nb", *arguments, "--no-browser")
    with serving(*command, folder=folder, **environment) as server:
        yield server.url


@contextlib.contextmanager
def serving(*command: str, folder: Path, **environment: str) -> Iterator[Server]:
    """Run a module that serves in a folder until the block ends; nothing of it is left then."""
    port = free_port()
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, f"--port={port}"],
            cwd=folder,
            stdout=out,
            stderr=out,
            env=os.environ | environment,
        )
        server = Server(f"http://127.0.0.1:{port}", psutil.Process(process.pid), log)
        try:
            _wait_until_up(server.url, process, log)
            yield server
        finally:
            left = [process.pid, *(child.pid for child in server.descendants())]
            process.send_signal(signal.SIGINT)
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise
    until(lambda: not any(map(psutil.pid_exists, left)), 30, "a process outlived its server")


def until(condition: Callable[[], bool], timeout_s: float, complaint: str) -> None:
    """Wait for other processes, which give no event to wait for."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, complaint
        time.sleep(0.1)


def _wait_until_up(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """A server that has just started gives no event to wait for, so it is asked."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/static/", timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the server did not start:\n{log.read_text()[-2_000:]}")
