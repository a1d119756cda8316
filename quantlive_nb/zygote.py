"""A process that has imported what a page needs, and forks into one kernel after another.

This room knows no market and no page. It is a script for ``quantlive_nb.kernel``, which talks to it
over the socket whose number is its one argument: it says 0 once it is ready, and to each line, a
kernel's ``argv``, ``env`` and ``cwd`` in JSON, the number of the kernel's process. It ends when the
other end is closed.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys

import numpy as np

__all__ = ["be_kernel", "serve"]

NEEDED = ("ipykernel.kernelapp", "quantlive_nb.dashboard")
"""What these import in turn is most of it."""
NEEDLESS = "debugpy"
"""Nobody debugs the kernel of a page; it costs each a third of a second and 25 MB."""


def serve(line: socket.socket) -> "tuple[list[str], dict[str, str], str] | None":
    """Fork for every line that comes.

    Returns
    -------
    tuple or None
        In a child: what it has to be. In the process itself, once the other end is closed: None.
    """
    for name in NEEDED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what all have in common stays common
    with line, line.makefile("rb") as lines:
        line.sendall(b"0\n")
        for wanted in lines:
            if (pid := os.fork()) == 0:
                told = json.loads(wanted)
                return told["argv"], told["env"], told["cwd"]
            line.sendall(b"%d\n" % pid)
    return None


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
    wanted = serve(socket.socket(fileno=int(sys.argv[1])))
    if wanted is not None:
        be_kernel(*wanted)


if __name__ == "__main__":
    main()
