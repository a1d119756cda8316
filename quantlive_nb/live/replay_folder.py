"""Which recordings a page may replay: any in JupyterLab; on a served page those of one folder.

The folder is ``QUANTLIVE_RECORDINGS``, set by ``--recordings DIR``. A served page is one that
visitors load from Voilà, without a login to this machine.
"""

import itertools
import os
from pathlib import Path

from quantlive_nb.errors import ReplayError

__all__ = ["judged", "listed", "named", "served"]

REPLAY = "replay:"
ENDINGS = (".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz")
MOST_LISTED = 500


def served() -> bool:
    """Whether the page of this process was started by Voilà, for visitors.

    Examples
    --------
    >>> served()
    False
    """
    is_visited = os.environ.get("SERVER_SOFTWARE", "").startswith("voila")
    return is_visited or os.environ.get("VOILA_PREHEAT") == "True"


def listed() -> tuple[str, ...]:
    """Names of the recordings that a served page offers: paths relative to the folder.

    Examples
    --------
    >>> listed()
    ()
    """
    folder = _folder()
    if folder is None:
        return ()
    files = itertools.islice(folder.rglob("*"), 20 * MOST_LISTED)
    names = (file.relative_to(folder).as_posix() for file in files if file.name.endswith(ENDINGS))
    found = sorted(name for name in names if _inside(folder, name) is not None)
    return tuple(found[:MOST_LISTED])


def named(source: str) -> str:
    """The name of a source's recording on a page: without its folder on a served page.

    Examples
    --------
    >>> named("replay:/data/a.parquet"), named("binance")
    ('/data/a.parquet', '')
    """
    path = source.removeprefix(REPLAY)
    if path == source or not served():
        return "" if path == source else path
    folder, name = _folder(), Path(path).name
    if folder is None or not Path(path).is_relative_to(folder):
        return name
    return Path(path).relative_to(folder).as_posix()


def judged(source: str, first: str) -> str:
    """Resolve a source, if it may be replayed here.

    Parameters
    ----------
    source : str
        As requested; on a served page a recording is requested by its name.
    first : str
        The source that this process was started with, which is always allowed.

    Raises
    ------
    ReplayError
        For a recording that a served page does not offer; the message does not reveal whether the
        file exists.

    Examples
    --------
    >>> judged("replay:a.parquet", "binance")
    'replay:a.parquet'
    """
    name = str(source).removeprefix(REPLAY)
    if str(source) in (name, first) or not served():
        return source
    if first.startswith(REPLAY) and name == named(first):
        return first
    folder = _folder()
    if folder is None:
        raise ReplayError(name, "this server was started without --recordings DIR")
    path = _inside(folder, name)
    if path is None:
        raise ReplayError(name, "it is not among the recordings of this server")
    return f"{REPLAY}{path}"


def _folder() -> "Path | None":
    """The folder of the recordings, its links resolved; None if there is none."""
    given = os.environ.get("QUANTLIVE_RECORDINGS", "")
    return Path(given).expanduser().resolve() if given else None


def _inside(folder: Path, name: str) -> "Path | None":
    """The file of a name, if it lies in the folder after resolving links and ``..``."""
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder) and path.is_file() else None
    except (
        OSError,
        RuntimeError,
        ValueError,
    ):  # a loop of links, a NUL, a name that is too long
        return None
