"""A process that has imported what a page needs, and forks into one kernel after another.

A script for ``quantlive_nb.serve.forked_kernel``, which talks to it over the socket whose number is
its one argument: it says 0 once it is ready, and forks for each socket that is sent to it. The
child says its number over that socket, and reads from it a line of JSON: the kernel's ``argv``,
``env`` and ``cwd``. Where that socket is closed instead, the request was given up, and the child
ends. The process itself ends when the other end is closed.
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
"""What these import in turn is most of it."""
NEEDLESS = "debugpy"
"""Nobody debugs the kernel of a page; it costs each a third of a second and 25 MB."""


def prepare() -> None:
    """Import what a page needs, and leave no thread behind that a child would wait for at its end.

    DuckDB opens a database with threads of its own when it is imported; whoever asks opens another.
    """
    for name in NEEDED:
        importlib.import_module(name)
    duckdb.default_connection().close()
    gc.collect()
    gc.freeze()  # what all have in common stays common


def serve(line: socket.socket) -> "socket.socket | None":
    """Fork for every request that comes.

    Returns
    -------
    socket or None
        In a child: its request. In the process itself, once the other end is closed: None.
    """
    prepare()
    with line, contextlib.suppress(ConnectionError):  # the other end may be closed at any time
        line.sendall(b"0")
        while (received := socket.recv_fds(line, 1, 1))[0]:
            for number in received[1]:
                request = socket.socket(fileno=number)
                if os.fork() == 0:
                    return request
                request.close()
    return None


def asked(request: socket.socket) -> "tuple[list[str], dict[str, str], str] | None":
    """What a child has to be; None when its request was given up."""
    try:
        with request, request.makefile("rb") as lines:
            request.sendall(b"%d\n" % os.getpid())
            told = json.loads(lines.readline())
    except (OSError, ValueError):
        return None
    return told["argv"], told["env"], told["cwd"]


def be_kernel(argv: list[str], env: dict[str, str], cwd: str) -> None:
    """Be a kernel, as if this process had been started as one, until it is shut down."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    np.random.seed()  # noqa: NPY002  what all have in common: else they would draw the same numbers
    # When they were imported, ipykernel read whose child it is, and ipywidgets saw no kernel.
    late = [f"--IPKernelApp.parent_handle={os.getppid()}", "--ext=ipywidgets"]
    sys.argv = ["ipykernel_launcher", *argv, *late]
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


def main() -> None:
    """Serve, as a process that only its server ends; in a child be a kernel."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries kernels that have ended
    sys.modules[NEEDLESS] = None  # type: ignore[assignment]
    request = serve(socket.socket(fileno=int(sys.argv[1])))
    if request is not None and (wanted := asked(request)):
        be_kernel(*wanted)


if __name__ == "__main__":
    main()
