"""Starts Voilà and JupyterLab with the settings that a live page needs.

Options are passed to the kernels as environment variables.
"""

import contextlib
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from quantlive_nb.errors import UsageError
from quantlive_nb.serve.access import Hosts, redacted
from quantlive_nb.serve.supervisor import Supervisor, unshared

__all__ = ["lab", "notebooks", "serve"]


def notebooks() -> Path:
    """The folder of the shipped notebooks, in the installed package or in the source tree.

    Raises
    ------
    UsageError
        When the installation has no notebooks.

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


def serve(
    environment: Mapping[str, str],
    *,
    host: str,
    port: int,
    theme: str,
    browser: bool,
    token: str = "",
    hosts: Sequence[str] = (),
    recorded: str = "",
    n_warm: int = 0,
    max_visitors: int = 20,
    further: Sequence[str] = (),
) -> int:
    """Serve the dashboard with Voilà until Ctrl-C or SIGTERM.

    Parameters
    ----------
    environment : mapping
        ``QUANTLIVE_*`` variables for the recorder and the kernels.
    host : str
        An address of this machine.
    token : str
        Token for visitors; created if others can reach the address and none is given.
    hosts : sequence of str
        Host names that a proxy uses, beside those of loopback.
    recorded : str
        Database of an exchange's trades: one recorder writes it, every page reads it. Empty: each
        page has its own market.
    n_warm : int
        Number of kernels started in advance for future visitors.
    max_visitors : int
        Most pages at a time.
    further : sequence of str
        Settings of Voilà itself, such as ``--Voila.base_url=/quant/``.

    Raises
    ------
    UsageError
        When the port is occupied, a host name is invalid, or the recorder refuses to start.
    """
    names = Hosts(hosts)
    refuse_occupied(host, port)
    os.environ.update(environment)
    with data_folders(), recording(recorded, environment) as begun:
        from quantlive_nb.serve.forked_kernel import prepare

        prepare()
        from quantlive_nb.serve.application import Server  # as slow as the start of the recorder

        visitors = [f"--VisitorKernelManager.max_visitors={max_visitors}"]
        if n_warm > 0:
            visitors += [f"--pool_size={n_warm}", "--preheat_kernel=True"]
        begun()
        with orderly(lambda: getattr(Server.instance(), "ioloop", None)), redacted(Server.secret):
            Server.launch_instance(
                [str(notebooks() / "dashboard.ipynb"), f"--theme={theme}", *visitors, *further],
                hosts=names,
                ip=host,
                port=port,
                port_retries=0,
                token=token,
                config_file_paths=[str(notebooks())],
                open_browser=browser,
            )
    return 0


@contextlib.contextmanager
def orderly(running: Callable[[], Any]) -> Iterator[None]:
    """While the block runs, the first Ctrl-C stops the running loop between two callbacks.

    A KeyboardInterrupt could be raised anywhere, and would be lost in a ``__del__``; only the
    second Ctrl-C raises it. An idle loop is woken, or it would stop only at the next request.
    """
    before = signal.getsignal(signal.SIGINT)

    def stop(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        if (loop := running()) is None:
            raise KeyboardInterrupt
        loop.asyncio_loop.call_soon_threadsafe(loop.stop)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def recording(path: str, environment: Mapping[str, str]) -> Iterator[Callable[[], None]]:
    """While the block runs, a recorder writes a database that the kernels read.

    Without sharing or without a database, each kernel records for itself. The yielded function
    waits for the recorder to start.
    """
    if trouble := path and unshared():
        print(f"quantlive: one page records, others do so in memory: {trouble}", flush=True)
    if trouble or not path:
        yield lambda: None
        return
    with Supervisor(path, environment) as supervisor:
        os.environ["QUANTLIVE_SUPERVISED"] = path

        def begun() -> None:
            if not supervisor.wait():
                print("quantlive: the recorder has not begun yet, pages wait for it", flush=True)

        yield begun


@contextlib.contextmanager
def data_folders() -> Iterator[None]:
    """While the block runs, Jupyter stores its keys in a temporary folder if the home is read-only.

    Voilà signs notebooks, and answers every request with an error if it cannot store a key.
    """
    from jupyter_core.paths import jupyter_data_dir

    try:
        Path(jupyter_data_dir()).mkdir(parents=True, exist_ok=True)
        is_writable = os.access(jupyter_data_dir(), os.W_OK)
    except OSError:
        is_writable = False
    if is_writable:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="quantlive-") as folder:
        kept = {name: os.environ.get(name) for name in ("JUPYTER_DATA_DIR", "IPYTHONDIR")}
        os.environ.update(dict.fromkeys(kept, folder))
        try:
            yield
        finally:
            for name, value in kept.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def lab(*, port: int, browser: bool, further: Sequence[str] = ()) -> int:
    """Open JupyterLab on the notebooks.

    Parameters
    ----------
    further : sequence of str
        Options of JupyterLab itself.

    Notes
    -----
    In a source checkout these are its own; elsewhere they are copied once into
    ``./quantlive-notebooks``, where the user's changes are kept.

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
        for shipped in (*notebooks().glob("*.ipynb"), notebooks() / "voila.json"):
            if not (folder / shipped.name).exists():
                shutil.copy(shipped, folder)
    quiet = [] if browser else ["--no-browser"]
    LabApp.launch_instance([f"--port={port}", f"--notebook-dir={folder}", *quiet, *further])
    return 0


def refuse_occupied(host: str, port: int) -> None:
    """Raise one clear error if a port cannot be opened.

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
