"""A database for a command that reads: opened, or read over the share of whoever records into it.

This file knows no command.
"""

import contextlib
import os
import time
from pathlib import Path

from quantlive_nb.errors import StoreBusy, StoreError, StoreLost, UsageError
from quantlive_nb.path import expanded
from quantlive_nb.share.client import RemoteStore
from quantlive_nb.share.server import find
from quantlive_nb.store import Reader, Store

__all__ = ["reader", "recorded_by"]

BUSY_S = 5.0
"""An owner that has just started does not share yet, and one that ends does not any more."""


def reader(path: str) -> Reader:
    """A store to be read and closed, whether another process records into it or not.

    Raises
    ------
    UsageError
        When there is none.
    StoreError
        When it cannot be opened, or another process has it and does not share it.

    Examples
    --------
    >>> reader("none.duckdb")
    Traceback (most recent call last):
    quantlive_nb.errors.UsageError: there is no database none.duckdb: name one with --db, or \
record first
    """
    named, path = path, str(expanded(path))
    if not Path(path).is_file():
        raise UsageError(f"there is no database {named}: name one with --db, or record first")
    until_s = time.monotonic() + BUSY_S
    while True:
        address = find(path)
        if address is not None and address.pid != os.getpid():
            with contextlib.suppress(StoreLost):
                return RemoteStore(path, address)
        try:
            return Store(path, read_only=True)
        except StoreBusy as exc:
            if time.monotonic() > until_s:
                why = f"{exc.why}, and does not share it: stop it, or try again"
                raise StoreError(path, why) from exc
        time.sleep(0.1)


def recorded_by(store: Reader) -> "int | None":
    """The other process that records into what a reader reads; None where there is none.

    Examples
    --------
    >>> recorded_by(Store()) is None
    True
    """
    return store.address.pid if isinstance(store, RemoteStore) else None
