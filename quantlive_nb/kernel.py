"""Kernels for pages, forked from a process that has imported all that a page needs.

This room knows no market and no page. To start an interpreter and to import takes a kernel one and
a half seconds of a core and 50 MB of its own (measured); all kernels of a server share them here.
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
from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

__all__ = ["ForkedProvisioner", "Kernel", "Zygote", "arguments", "prepare"]

CAN_FORK = hasattr(os, "pidfd_open")
"""Linux; elsewhere every kernel is started by itself."""
PATIENCE_S = 5.0


class Kernel:
    """A process that another has forked, as jupyter_client knows one: like a Popen.

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
        """Give the handle back."""
        with contextlib.suppress(AttributeError):
            os.close(self._handle)

    def poll(self) -> "int | None":
        """None while it runs; 0 then: how it ended only its parent learns."""
        return 0 if self._ending.poll(0) else None

    def wait(self) -> int:
        """Wait until it has ended."""
        self._ending.poll()
        return 0

    def send_signal(self, signum: int) -> None:
        """Send a signal to it, and never to another process that has its number now."""
        signal.pidfd_send_signal(self._handle, signal.Signals(signum))

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Zygote:
    """The process that kernels are forked from; it ends with this one."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair()
        self._line.settimeout(PATIENCE_S)
        self._answers = self._line.makefile("rb")
        self._lock = threading.Lock()
        self._is_ready = False
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(  # noqa: S603  nobody else's words
                [sys.executable, "-P", "-m", "quantlive_nb.zygote", str(number)],
                pass_fds=[number],
                stdin=subprocess.DEVNULL,
            )

    def close(self) -> None:
        """End it; the kernels that it has forked end by themselves a second later."""
        self._answers.close()
        self._line.close()
        self._process.wait()

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    def wait(self, timeout_s: float = 60.0) -> bool:
        """Wait until it has imported all; whether it has."""
        if not self._is_ready and select.select([self._line], [], [], timeout_s)[0]:
            self._is_ready = self._answers.readline() == b"0\n"
        return self._is_ready

    def fork(self, argv: Sequence[str], env: Mapping[str, str], cwd: str) -> Kernel:
        """A new kernel.

        Raises
        ------
        OSError
            When there is none.
        """
        wanted = {"argv": list(argv), "env": dict(env), "cwd": cwd}
        with self._lock:
            if not self.wait(0):
                raise BlockingIOError("the kernels' ancestor is still importing")
            self._line.sendall(json.dumps(wanted).encode() + b"\n")
            answer = self._answers.readline()
        if not answer:
            raise ChildProcessError("the kernels' ancestor has ended")
        return Kernel(int(answer))


_zygotes: list[Zygote] = []


def prepare() -> "Zygote | None":
    """The zygote of this process, begun the first time; None where there can be none."""
    if CAN_FORK and not _zygotes:
        _zygotes.append(Zygote())
    return _zygotes[0] if _zygotes else None


class ForkedProvisioner(LocalProvisioner):
    """Forks a kernel where that can be, and starts it by itself where not.

    Voilà finds it by the name ``quantlive`` (``notebooks/voila.json``).
    """

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch a kernel."""
        zygote, argv = prepare(), arguments(cmd)
        if zygote is not None and argv is not None:
            env, cwd = kwargs.get("env") or os.environ, kwargs.get("cwd") or "."
            with contextlib.suppress(OSError):
                kernel: Any = await asyncio.to_thread(zygote.fork, argv, env, cwd)
                self.process, self.pid, self.pgid = kernel, kernel.pid, kernel.pid
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)


def arguments(command: Sequence[str]) -> "list[str] | None":
    """What a command gives to ipykernel; None if it is not this interpreter's ipykernel.

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
