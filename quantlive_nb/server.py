"""Voilà and JupyterLab with the settings that a live page needs.

This room knows no market: it passes the options on to the kernels as environment variables.
"""

import os
import shutil
import socket
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from quantlive_nb.errors import UsageError

__all__ = ["lab", "notebooks", "serve"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def notebooks() -> Path:
    """The folder of the shipped notebooks: inside the installed package, or beside its source.

    Raises
    ------
    UsageError
        When the installation has none.

    Examples
    --------
    >>> (notebooks() / "dashboard.ipynb").is_file()
    True
    """
    package = Path(str(resources.files("quantlive_nb")))
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if (folder / "dashboard.ipynb").is_file():
            return folder
    raise UsageError("this installation has no notebooks: install quantlive_nb again")


def serve(environment: dict[str, str], *, host: str, port: int, theme: str, browser: bool) -> int:
    """Serve the dashboard with Voilà until Ctrl-C.

    Parameters
    ----------
    environment : dict
        ``QUANTLIVE_*`` variables for the kernels.
    host : str
        An address of this machine; only loopback, until pages can ask for a token.

    Raises
    ------
    UsageError
        When the port is occupied or the address is not loopback.
    """
    if host not in LOOPBACK:
        raise UsageError(
            f"{host} can be reached by others and the page has no password: use 127.0.0.1"
        )
    refuse_occupied(host, port)
    from voila.app import Voila

    os.environ.update(environment)
    print(f"quantlive: http://{host}:{port} · Ctrl-C ends it", flush=True)
    arguments = [str(notebooks() / "dashboard.ipynb"), *voila_options(host, port, theme)]
    Voila.launch_instance([*arguments, *([] if browser else ["--no-browser"])])
    return 0


def voila_options(host: str, port: int, theme: str) -> list[str]:
    """The options that people always get wrong, each with its reason.

    Examples
    --------
    >>> "--port=8866" in voila_options("127.0.0.1", 8866, "dark")
    True
    """
    return [
        f"--port={port}",
        f"--Voila.ip={host}",
        f"--theme={theme}",
        "--strip_sources=True",
        # Without this the page's farewell is refused and every reload leaks a kernel.
        "--Voila.tornado_settings={'disable_check_xsrf': True}",
        # Without this the server keeps every message for a page that is gone.
        "--MappingKernelManager.buffer_offline_messages=False",
        "--MappingKernelManager.cull_idle_timeout=120",
        "--MappingKernelManager.cull_interval=30",
        "--VoilaConfiguration.file_allowlist=['.*\\.(png|svg)']",
        "--VoilaConfiguration.show_tracebacks=False",
        # This extension cannot load in Voilà's shell and says so in every console.
        "--VoilaConfiguration.extension_denylist=['jupyterlab-jupytext']",
    ]


def lab(*, port: int, browser: bool, further: Sequence[str] = ()) -> int:
    """Open JupyterLab on the notebooks.

    Parameters
    ----------
    further : sequence of str
        Options for JupyterLab itself.

    Notes
    -----
    In a checkout of the source these are its own; elsewhere they are copied once into
    ``./quantlive-notebooks``, where what the user changes is left alone.

    Raises
    ------
    UsageError
        When the port is occupied.
    """
    refuse_occupied("127.0.0.1", port)
    from jupyterlab.labapp import LabApp

    folder = Path("notebooks")
    if not (folder / "dashboard.ipynb").is_file():
        folder = Path("quantlive-notebooks")
        folder.mkdir(exist_ok=True)
        for notebook in notebooks().glob("*.ipynb"):
            if not (folder / notebook.name).exists():
                shutil.copy(notebook, folder)
    quiet = [] if browser else ["--no-browser"]
    LabApp.launch_instance([f"--port={port}", f"--notebook-dir={folder}", *quiet, *further])
    return 0


def refuse_occupied(host: str, port: int) -> None:
    """Say in one sentence that a port cannot be had.

    Raises
    ------
    UsageError
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError as exc:
            raise UsageError(f"port {port} does not exist: give 1 to 65535 with --port") from exc
        except PermissionError as exc:
            raise UsageError(f"port {port} is not allowed: choose one above 1023") from exc
        except OSError as exc:
            raise UsageError(f"port {port} is occupied: choose another with --port") from exc
