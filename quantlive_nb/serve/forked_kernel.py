"""Kernels forked from a process that has already imported what a page needs.

Starting an interpreter and importing costs a kernel one and a half seconds of a core and 50 MB
(measured); forked kernels share both.
"""

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

__all__ = ["ForkServer", "ForkedProvisioner", "Kernel", "arguments", "prepare"]

CAN_FORK = hasattr(os, "pidfd_open")
"""Linux only; elsewhere every kernel is a new process."""
PATIENCE_S = 5.0
START_S = 60.0
"""A fork server that is not ready by then has failed."""
FAILED = (
    "The fork server of the kernels has failed (%s): this kernel is started by itself, the next"
    " ones are forked from a new fork server, and a process that the old one still forks ends."
)


class Kernel:
    """A process forked by the fork server, with the interface of Popen.

    Raises
    ------
    ProcessLookupError
        When it has ended already.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)
        self._ending = select.poll()
        self._ending.register(self._handle, select.POLLIN)

    def __del__(self) -> None:
        """Close the process handle."""
        with contextlib.suppress(AttributeError):
            os.close(self._handle)

    def poll(self) -> "int | None":
        """None while it runs, then 0: only its parent learns the exit code."""
        return 0 if self._ending.poll(0) else None

    def wait(self) -> int:
        """Wait until it has ended."""
        self._ending.poll()
        return 0

    def send_signal(self, signum: int) -> None:
        """Send a signal to it, never to another process that reuses its pid.

        As with Popen, does nothing if it has ended.
        """
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.Signals(signum))

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """The fork server process, from which kernels are forked; it ends with this process.

    Notes
    -----
    Each request has its own socket, so answers cannot be mixed up. The child waits on it for its
    specification. Cancelling a request closes the socket, and a child that is forked late exits
    before it becomes a kernel.
    """

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair()
        self._line.settimeout(PATIENCE_S)
        self._lock = threading.Lock()
        self._kernels: list[Kernel] = []
        self._is_ready = False
        self._ready_by_s = time.monotonic() + START_S
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(  # noqa: S603  nobody else's words
                [sys.executable, "-P", "-m", "quantlive_nb.serve.fork_server", str(number)],
                pass_fds=[number],
                stdin=subprocess.DEVNULL,
                process_group=0,  # the terminal's Ctrl-C is for the server, which ends it
            )

    def close(self) -> None:
        """End it, even if it is stopped; its kernels end a second later."""
        self._line.close()
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE_S)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def has_kernels(self) -> bool:
        """Whether one of its kernels still runs."""
        self._kernels = [kernel for kernel in self._kernels if kernel.poll() is None]
        return bool(self._kernels)

    def wait(self, timeout_s: float = START_S) -> bool:
        """Wait until it is ready; return whether it is.

        Raises
        ------
        ChildProcessError
            When it has ended.
        """
        said = select.poll()
        said.register(self._line, select.POLLIN)
        with self._lock:
            if not self._is_ready and said.poll(timeout_s * 1e3):
                if not self._line.recv(1):
                    raise ChildProcessError("it has ended")
                self._is_ready = True
        return self._is_ready

    def fork(self, argv: Sequence[str], env: Mapping[str, str], cwd: str) -> Kernel:
        """Fork a new kernel.

        Raises
        ------
        BlockingIOError
            When it is not ready yet.
        OSError
            When it has ended, or does not answer.
        """
        if not self.wait(0):
            if time.monotonic() < self._ready_by_s:
                raise BlockingIOError("it is still importing")
            raise TimeoutError(f"it has not imported all within {START_S:g} s")
        ours, theirs = socket.socketpair()
        ours.settimeout(PATIENCE_S)
        with ours, ours.makefile("rb") as answers:
            with theirs:
                socket.send_fds(self._line, [b"k"], [theirs.fileno()])
            if not (answer := answers.readline()):
                raise ChildProcessError("it has ended")
            kernel = Kernel(int(answer))
            wanted = {"argv": list(argv), "env": dict(env), "cwd": cwd}
            ours.sendall(json.dumps(wanted).encode() + b"\n")
        self._kernels = [*filter(lambda one: one.poll() is None, self._kernels), kernel]
        return kernel


_fork_servers: list[ForkServer] = []
"""The last one is in use; earlier ones have failed, and stay while their kernels run."""


def prepare() -> "ForkServer | None":
    """The fork server of this process, started on first use; None if the platform has none."""
    if CAN_FORK and not _fork_servers:
        _fork_servers.append(ForkServer())
    return _fork_servers[-1] if _fork_servers else None


def replace(failed: ForkServer) -> None:
    """Start another fork server unless that was done already; end failed ones without kernels."""
    if _fork_servers and _fork_servers[-1] is failed:
        _fork_servers.append(ForkServer())
    close_failed()


def close_failed() -> None:
    """End failed fork servers once none of their kernels run."""
    for old in [fork_server for fork_server in _fork_servers[:-1] if not fork_server.has_kernels]:
        _fork_servers.remove(old)
        old.close()


class ForkedProvisioner(LocalProvisioner):
    """Forks a kernel where possible, else starts a new process.

    Voilà finds it by the name ``quantlive`` (``notebooks/voila.json``).
    """

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch a kernel."""
        fork_server, argv = prepare(), arguments(cmd)
        if fork_server is not None and argv is not None:
            env, cwd = kwargs.get("env") or os.environ, kwargs.get("cwd") or "."
            kernel = await self._fork(fork_server, argv, env, cwd)
            if kernel is not None:
                self.process, self.pid, self.pgid = kernel, kernel.pid, kernel.pid
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)

    async def _fork(self, fork_server: ForkServer, *wanted: Any) -> Any:
        """Fork a kernel; on failure replace the fork server and return None."""
        try:
            return await asyncio.to_thread(fork_server.fork, *wanted)
        except BlockingIOError:
            return None
        except OSError as exc:
            self.log.warning(FAILED, exc)
            replace(fork_server)
            return None
        finally:
            close_failed()


def arguments(command: Sequence[str]) -> "list[str] | None":
    """The arguments of an ipykernel command; None if it is not this interpreter's ipykernel.

    Examples
    --------
    >>> python = sys.executable
    >>> arguments([python, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "k.json"])
    ['-f', 'k.json']
    >>> arguments(["R", "--slave"]) is arguments([python, "-m", "xpython", "-f", "k.json"]) is None
    True
    """
    program, *rest = command
    while rest and rest[0].startswith("-X"):
        del rest[0]
    if program != sys.executable or rest[:2] != ["-m", "ipykernel_launcher"]:
        return None
    return rest[2:]
