"""The owner's side of a shared database: serves it on loopback, and leaves word where to find it.

Snapshots and commands pass through it as bytes.
"""

import contextlib
import glob
import http.client
import json
import os
import secrets
import socket
import threading
from pathlib import Path
from typing import NamedTuple

import duckdb

from quantlive_nb.errors import StoreError
from quantlive_nb.interval import Micros
from quantlive_nb.share.authorize import AUTHORIZE, guard
from quantlive_nb.share.extension import load_quack
from quantlive_nb.share.push import HOST, PushServer
from quantlive_nb.store import MEMORY, Writer
from quantlive_nb.store.aggregate.bar_rows import wide
from quantlive_nb.store.aggregate.bar_sql import BEFORE_OF_ERAS, QUESTION, QUESTION_OF_ERAS
from quantlive_nb.store.alerts import QUESTIONS

__all__ = ["Address", "Share", "find"]

TRIES = 5
"""A port that was free a moment ago may be taken."""
KNOCK_S = 5.0
MOST_SUBSCRIPTIONS = 5_000
SUBSCRIPTIONS = "SELECT client, symbol, expires >= make_timestamp(?) FROM now.main.subscription"


class Address(NamedTuple):
    """Where a shared database is served and pushes its snapshots, and the secret that opens it.

    Examples
    --------
    >>> "hunter2" in repr(Address("quack:127.0.0.1:1", "hunter2", 7, 2))
    False
    """

    url: str
    token: str
    pid: int
    push_port: int

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Address({self.url}, process {self.pid})"


class Share:
    """A store that other processes may read.

    Parameters
    ----------
    store : Writer
        A file that this process owns.

    Raises
    ------
    StoreError
        When the extension cannot be had, or no port: the sentence says what to do.

    Notes
    -----
    Served by threads of DuckDB's own, on 127.0.0.1, with a random token; what cannot be asked of
    the tables is pushed by a :class:`PushServer`, to those who have the token. The token is in a
    file beside the database that only its owner can read, ``NAME.duckdb.share``; it is removed on
    :meth:`close`. Every statement is judged by :mod:`quantlive_nb.share.authorize`.
    """

    def __init__(self, store: Writer) -> None:
        if store.path == MEMORY:
            raise StoreError(
                store.path, "what is in memory cannot be shared: name a file with --db"
            )
        self.store = store
        self._lock = threading.Lock()
        cursor = store.cursor()
        if trouble := load_quack(cursor):
            raise StoreError(store.path, f"it is not shared: {trouble}")
        bars = QUESTION, QUESTION_OF_ERAS
        guard(cursor, (*bars, *map(wide, bars), BEFORE_OF_ERAS, *QUESTIONS))
        cursor.execute(f"SET GLOBAL quack_authorization_function = '{AUTHORIZE}'")
        token = secrets.token_urlsafe(32)
        url = self._serve(cursor, token)
        self._push = PushServer(token)
        self.address = Address(url, token, os.getpid(), self._push.port)
        self._leave_word()

    def publish(self, snapshot: bytes) -> None:
        """Send a snapshot to every client in place of the one before."""
        self._push.publish(snapshot)

    def subscriptions(self, now_us: Micros) -> list[tuple[str, str]]:
        """Client and symbol of each subscription; those that have expired are deleted."""
        cursor = self.store.cursor()
        rows = cursor.execute(SUBSCRIPTIONS, [now_us]).fetchall()
        if len(rows) > MOST_SUBSCRIPTIONS:  # no page wants so many; those that do renew theirs
            with self._lock:
                cursor.execute("DELETE FROM now.main.subscription")
            return []
        if not all(holds for *_, holds in rows):
            with self._lock:
                cursor.execute(
                    "DELETE FROM now.main.subscription WHERE expires < make_timestamp(?)", [now_us]
                )
        return [(client, symbol) for client, symbol, holds in rows if holds]

    def commands(self) -> list[bytes]:
        """Messages of clients since the last call."""
        cursor = self.store.cursor()
        with self._lock:
            try:
                rows = cursor.execute("DELETE FROM now.main.command RETURNING message").fetchall()
            except duckdb.TransactionException:  # one was just coming in: next time
                return []
        return [bytes.fromhex(message) for (message,) in rows]

    def check(self) -> None:
        """Be found and answer; a file that was removed is written again.

        Raises
        ------
        OSError, HTTPException
            When nothing answers at the address.
        """
        knock(int(self.address.url.rpartition(":")[2]))
        if find(self.store.path) != self.address:
            self._leave_word()

    def close(self) -> None:
        """Serve no more, and take the word back; may be called twice."""
        place = word(self.store.path)
        self._push.close()
        with contextlib.suppress(duckdb.Error, StoreError):
            stop = self.store.cursor().execute("CALL quack_stop(?)", [self.address.url])
            stop.fetchall()  # it stops when it is asked for its answer
        found = find(self.store.path)
        if found is not None and found.token == self.address.token:
            place.unlink(missing_ok=True)

    def _serve(self, cursor: duckdb.DuckDBPyConnection, token: str) -> str:
        failure = ""
        for _ in range(TRIES):
            port = free_port()
            url = f"quack:{HOST}:{port}"
            try:
                cursor.execute(
                    "CALL quack_serve($url, token => $token, disable_ssl => true)",
                    {"url": url, "token": token},
                ).fetchall()
                knock(port)
            except (duckdb.Error, OSError, http.client.HTTPException) as exc:
                failure = str(exc)
            else:
                return url
        raise StoreError(self.store.path, f"it cannot be shared ({failure})")

    def _leave_word(self) -> None:
        """Write the address where viewers look for it, whole and for nobody else."""
        place = word(self.store.path)
        for left in place.parent.glob(f"{glob.escape(place.name)}.*"):  # by a process that died
            if left.suffix[1:].isdecimal() and not is_alive(int(left.suffix[1:])):
                left.unlink(missing_ok=True)
        part = place.with_name(f"{place.name}.{os.getpid()}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            json.dump(self.address._asdict(), out)
        part.replace(place)


def word(path: str) -> Path:
    """The file beside a database that says where it is served.

    Examples
    --------
    >>> word("t.duckdb").name
    't.duckdb.share'
    """
    return Path(f"{os.path.realpath(path)}.share")


def find(path: str) -> "Address | None":
    """Where a database is served; None when nobody says so, or who says so is gone.

    Notes
    -----
    A file that others could have written or read is not believed; one whose process is gone is
    removed.
    """
    place = word(path)
    try:
        status = place.stat()
        if status.st_uid != os.getuid() or status.st_mode & 0o077:
            return None
        address = Address(**json.loads(place.read_text()))
        if not is_alive(address.pid) and place.stat().st_ino == status.st_ino:
            place.unlink()  # not yet a successor's
    except (OSError, ValueError, TypeError):
        return None
    return address if is_alive(address.pid) else None


def is_alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def knock(port: int) -> None:
    """Wait until what listens there answers.

    Raises
    ------
    OSError, HTTPException
        When it does not, or not in HTTP.

    Notes
    -----
    ``quack_serve`` returns before its thread has begun to serve, and a ``quack_stop`` that comes
    in between stops nothing.
    """
    with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=KNOCK_S)) as line:
        line.request("GET", "/")
        line.getresponse().read()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
