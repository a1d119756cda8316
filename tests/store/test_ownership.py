"""Who owns a database file."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from quantlive_nb.errors import StoreBusy, StoreError
from quantlive_nb.store import Store
from quantlive_nb.store.ownership import MEMORY, connect, refusal, release
from tests.conftest import ROOT
from tests.tape import many

HOLD = """
import sys
from quantlive_nb.store import Store
store = Store(sys.argv[1])
print("held")
input()
"""


@pytest.fixture
def hold():
    """Let another process open a database and keep it."""
    with contextlib.ExitStack() as stack:

        def start(path):
            command = [sys.executable, "-u", "-c", HOLD, str(path)]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            child = stack.enter_context(subprocess.Popen(command, cwd=ROOT, **pipes))
            stack.callback(child.kill)
            assert child.stdout.readline() == "held\n"
            return child

        yield start


@pytest.fixture
def own():
    """Connect as this process; given back at the end."""
    with contextlib.ExitStack() as stack:

        def start(path):
            connection = connect(str(path))
            stack.callback(release, str(path))
            return stack.enter_context(connection)

        yield start


def test_another_process_is_named_by_its_pid(tmp_path, hold, own):
    """While it lives the file is busy, for readers too; once it has died the file is free."""
    path = tmp_path / "t.duckdb"
    child = hold(path)
    for read_only in (False, True):
        with pytest.raises(StoreBusy) as caught:
            connect(str(path), read_only=read_only)
        assert caught.value.pid == child.pid
        assert str(caught.value) == f"{path}: process {child.pid} is recording into it"
    child.kill()
    child.wait()

    assert own(path).execute("SELECT count(*) FROM trades").fetchone() == (0,)


def test_this_process_owns_a_file_once(tmp_path, own):
    """A second Live here, by whatever name of the file, is told like a stranger."""
    path = tmp_path / "t.duckdb"
    own(path)
    alias = tmp_path / "alias.duckdb"
    alias.symlink_to(path)
    for name in (path, alias, tmp_path / "." / "t.duckdb"):
        with pytest.raises(StoreBusy) as caught:
            connect(str(name))
        assert caught.value.pid == os.getpid()


def test_a_file_given_back_can_be_opened_again(tmp_path, own):
    """Release forgets the file under every name that it has."""
    path = str(tmp_path / "t.duckdb")
    connect(path).close()
    release(path)
    release(path)

    assert own(path).execute("SELECT 1").fetchone() == (1,)


def test_memory_belongs_to_everyone(own):
    """Each has a database of its own."""
    own(MEMORY).execute("CREATE TABLE t (a INT)")

    assert own(MEMORY).execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)


def test_a_refused_file_is_not_owned(tmp_path, own):
    """After the mistake is mended the same path opens."""
    path = tmp_path / "t.duckdb"
    path.write_text("ts,price\n1,2\n")
    with pytest.raises(StoreError, match=r"not a DuckDB database: choose another file with --db"):
        connect(str(path))
    path.unlink()

    assert own(path).execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("name", ["no/such/folder/t.duckdb", "file/t.duckdb", "."])
def test_a_path_that_cannot_be_is_told_in_one_sentence(tmp_path, name):
    """A folder that is missing, a file where a folder should be, a folder itself."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreError) as caught:
        connect(str(tmp_path / name))

    assert "\n" not in str(caught.value)
    assert not isinstance(caught.value, StoreBusy)


def test_a_folder_without_permission_is_told(tmp_path, monkeypatch):
    """What the system refuses is worded as what to do (a root user is never refused)."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    path = str(tmp_path / "t.duckdb")
    message = f'IO Error: Cannot open file "{path}": Permission denied'

    assert refusal(path, message).why == (
        "its folder is not writable: choose another place with --db"
    )


def test_a_file_without_permission_is_told(tmp_path):
    """The file is there, so the folder is not to blame: the system's reason stands."""
    path = tmp_path / "t.duckdb"
    path.touch()
    message = f'IO Error: Cannot open file "{path}": Permission denied'

    assert refusal(str(path), message).why == "it cannot be opened (Permission denied)"


def test_what_duckdb_says_besides_is_one_line():
    """Whatever else goes wrong: its first line, no traceback."""
    why = refusal("t.duckdb", "Serialization Error: newer version\nsecond line").why

    assert why == "it cannot be opened: Serialization Error: newer version"


def test_reading_what_does_not_exist_creates_nothing(tmp_path):
    """An export of a misspelt database leaves no empty file behind."""
    path = tmp_path / "typo.duckdb"
    with pytest.raises(StoreError):
        connect(str(path), read_only=True)

    assert not path.exists()
    assert duckdb.connect(str(path)).close() is None


def test_a_file_of_a_newer_duckdb_names_it(tmp_path):
    """Not only that it cannot be read: which version wrote it."""
    path = tmp_path / "t.duckdb"
    path.write_bytes(b"checksumDUCK" + bytes(40) + b"v2.7.1".ljust(32, b"\0") + bytes(400))
    message = (
        "IO Error: Trying to read a database file with version number 999, but we can only read "
        "versions between 64 and 68.\nThe database file was created with an newer version"
    )

    assert refusal(str(path), message).why == (
        f"DuckDB 2.7.1 wrote it, and DuckDB {duckdb.__version__}, which is installed, cannot read "
        "it: choose another with --db, or export it with the newer one"
    )


@pytest.mark.parametrize("where", [4_096, 8_192, 12_300, -1])
def test_a_damaged_file_is_a_sentence(tmp_path, where):
    """Overwritten or cut short: what to do, in one line."""
    path = tmp_path / "t.duckdb"
    store = Store(path)
    store.append(many("BTCUSDT", 1_000))
    store.close()
    content = bytearray(path.read_bytes())
    if where < 0:
        del content[len(content) // 2 :]
    else:
        content[where : where + 4_096] = b"x" * 4_096
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        Store(path, read_only=True)

    assert "restore a copy of it, or choose another with --db" in caught.value.why
    assert "\n" not in caught.value.why


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE trades (a INT)",
        "CREATE TABLE x (a INT)",
        "CREATE VIEW trades AS SELECT 1 AS a",
    ],
)
@pytest.mark.parametrize("read_only", [True, False])
def test_a_database_of_something_else_is_a_sentence(tmp_path, sql, read_only):
    """No SQL of ours is told, and nothing is added to it."""
    path = tmp_path / "t.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(sql)
    with pytest.raises(StoreError, match=r"quantlive.*: choose another with --db") as caught:
        Store(path, read_only=read_only)

    assert "Error" not in str(caught.value)
    with duckdb.connect(str(path)) as connection:
        assert len(connection.execute("SHOW TABLES").fetchall()) == 1


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.json"])
def test_a_file_of_another_kind_is_not_recorded_into(tmp_path, name):
    """DuckDB opens one as a database in memory: what is recorded would be lost."""
    path = tmp_path / name
    path.write_text("a,b\n1,2\n")

    with pytest.raises(StoreError, match="it is not a DuckDB database"):
        connect(str(path))
    assert path.read_text() == "a,b\n1,2\n"


def test_a_file_that_could_not_be_begun_is_no_obstacle(tmp_path, monkeypatch):
    """On a full disk DuckDB makes an empty file and fails; a kill may leave one too."""
    path, really = tmp_path / "t.duckdb", duckdb.connect

    def full(path, **_):
        Path(path).touch()
        raise duckdb.IOException("Could not write file: No space left on device")

    monkeypatch.setattr(duckdb, "connect", full)
    with pytest.raises(StoreError, match="No space left"):
        connect(str(path))
    assert not path.exists()
    monkeypatch.setattr(duckdb, "connect", really)
    path.touch()
    with contextlib.closing(Store(path)) as store:
        assert store.symbols() == ()
    path.write_bytes(b"")
    with pytest.raises(StoreError, match="is not a DuckDB database"):
        Store(path, read_only=True)
    assert path.exists()
