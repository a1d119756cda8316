"""The fork server: imports what a page needs, then forks kernels on request.

A script for ``quantlive_nb.serve.forked_kernel``, which talks to it over the socket whose number is
its only argument. It sends 0 when it is ready, and forks for each socket that it receives. The
child sends its process id over that socket and reads a line of JSON from it: the kernel's ``argv``,
``env`` and ``cwd``. If that socket is closed instead, the request was cancelled and the child
exits. The fork server exits when the other end is closed.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys

import duckdb
import numpy as np

__all__ = ["asked", "be_kernel", "prepare", "serve"]

NEEDED = ("ipykernel.kernelapp", "quantlive_nb.dashboard")
"""Modules to import; they import most of the rest."""
NEEDLESS = "debugpy"
"""The debugger is not imported: it would cost each kernel a third of a second and 25 MB."""


def prepare() -> None:
    """Import what a page needs, and stop threads that a child would wait for at exit.

    On import DuckDB opens a database with threads of its own; it is closed, and opened again on
    use.
    """
    for name in NEEDED:
        importlib.import_module(name)
    duckdb.default_connection().close()
    gc.collect()
    gc.freeze()  # shared memory pages stay shared


def serve(line: socket.socket) -> "socket.socket | None":
    """Fork for every request.

    Returns
    -------
    socket or None
        In a child: its request. In the process itself, once the other end is closed: None.
    """
    prepare()
    with line, contextlib.suppress(ConnectionError):  # the other end may close at any time
        line.sendall(b"0")
        while (received := socket.recv_fds(line, 1, 1))[0]:
            for number in received[1]:
                request = socket.socket(fileno=number)
                if os.fork() == 0:
                    return request
                request.close()
    return None


def asked(request: socket.socket) -> "tuple[list[str], dict[str, str], str] | None":
    """The kernel specification of a child; None if its request was cancelled."""
    try:
        with request, request.makefile("rb") as lines:
            request.sendall(b"%d\n" % os.getpid())
            told = json.loads(lines.readline())
    except (OSError, ValueError):
        return None
    return told["argv"], told["env"], told["cwd"]


def be_kernel(argv: list[str], env: dict[str, str], cwd: str) -> None:
    """Run a kernel in this process until it is shut down."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    np.random.seed()  # noqa: NPY002  what all have in common: else they would draw the same numbers
    # At import ipykernel read its parent process id, and ipywidgets found no kernel.
    late = [f"--IPKernelApp.parent_handle={os.getppid()}", "--ext=ipywidgets"]
    sys.argv = ["ipykernel_launcher", *argv, *late]
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


def main() -> None:
    """Serve until the server ends this process; in a child, run a kernel."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system reaps kernels that have ended
    sys.modules[NEEDLESS] = None  # type: ignore[assignment]
    request = serve(socket.socket(fileno=int(sys.argv[1])))
    if request is not None and (wanted := asked(request)):
        be_kernel(*wanted)


if __name__ == "__main__":
    main()
