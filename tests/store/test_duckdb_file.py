"""The file's life: cursors of threads, writes that are all or nothing, and a second life."""

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from quantlive_nb.errors import Closed, StoreBusy, StoreError, StoreFull
from quantlive_nb.store import duckdb_file as database
from quantlive_nb.store.duckdb_file import DuckDBFile
from tests.disk import child, counted

FATAL = "FATAL Error: Failed to create checkpoint because of error"


class Numbers(DuckDBFile):
    """A database of one table, which counts how often it was prepared."""

    n_prepared = 0

    def _prepare(self):
        self.n_prepared += 1
        self.cursor().execute("CREATE TABLE IF NOT EXISTS t (a INT)")


@pytest.fixture
def numbers(tmp_path):
    """Such a database in a file, closed at the end."""
    with contextlib.closing(Numbers(tmp_path / "t.duckdb")) as numbers:
        yield numbers


def put(numbers, *values):
    """Write numbers in one transaction."""
    with numbers.transaction() as cursor:
        for value in values:
            cursor.execute("INSERT INTO t VALUES (?)", [value])


def held(numbers):
    """The numbers that are there."""
    return [a for (a,) in numbers.cursor().execute("FROM t ORDER BY a").fetchall()]


def test_each_thread_has_a_cursor_of_its_own(numbers):
    """The same one for as long as the thread asks, and another than its neighbour's."""
    put(numbers, 1)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(numbers.cursor).result()
        assert pool.submit(numbers.cursor).result() is other
        assert pool.submit(held, numbers).result() == [1]

    assert numbers.cursor() is numbers.cursor()
    assert other is not numbers.cursor()


def test_every_thread_writes_times_in_utc(numbers, monkeypatch, request):
    """Where the machine's zone is New York, no connection of the store is there."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    request.addfinalizer(time.tzset)
    request.addfinalizer(monkeypatch.undo)
    query = "SELECT make_timestamp(0)::TIMESTAMPTZ::VARCHAR"
    with ThreadPoolExecutor(1) as pool:
        elsewhere = pool.submit(lambda: numbers.cursor().execute(query).fetchone()).result()

    assert elsewhere == numbers.cursor().execute(query).fetchone() == ("1970-01-01 00:00:00+00",)


@pytest.mark.parametrize(
    "trouble", [KeyError("no"), KeyboardInterrupt(), duckdb.ConversionException("no")]
)
def test_a_transaction_that_fails_leaves_nothing(numbers, trouble):
    """Whatever ends the block is raised as it is, and the next transaction is not hindered."""
    with pytest.raises(type(trouble)), numbers.transaction():
        put_and_raise(numbers.cursor(), trouble)

    put(numbers, 2)
    assert held(numbers) == [2]
    assert not numbers.is_broken


def put_and_raise(cursor, trouble):
    """Write a number, then fail."""
    cursor.execute("INSERT INTO t VALUES (1)")
    raise trouble


@pytest.mark.parametrize(
    "words",
    [
        'Could not write file "t.duckdb.wal": No space left on device',
        'Could not write file "t.duckdb": File too large',
        "write failed: Disk quota exceeded",
    ],
)
def test_a_full_disk_is_told_in_a_sentence(numbers, words):
    """What there is to do stands in it; DuckDB's own words are the detail."""
    sentence = "free some space, the recording waits"
    with pytest.raises(StoreFull, match=sentence) as caught, numbers.transaction():
        raise duckdb.IOException(words)

    assert words in str(caught.value)
    assert not numbers.is_broken


def test_what_duckdb_gave_up_is_broken_until_it_is_revived(numbers):
    """Every further question says so; then what was committed is there, for every thread."""
    put(numbers, 1)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(held, numbers).result() == [1]
        with pytest.raises(StoreFull, match="Failed to create checkpoint"), numbers.asking():
            raise duckdb.FatalException(FATAL)
        assert numbers.is_broken
        numbers.revive()
        put(numbers, 2)
        assert pool.submit(held, numbers).result() == [1, 2]

    assert not numbers.is_broken
    assert numbers.n_prepared == 2


def test_memory_that_is_used_up_is_told_in_a_sentence(tmp_path):
    """The writer waits, as for a full disk, and what it had written is there."""
    with contextlib.closing(Numbers(tmp_path / "t.duckdb", memory_mb=20)) as numbers:
        put(numbers, 1)
        with (
            pytest.raises(StoreFull, match=r"DuckDB has no memory left.*: it is tried again"),
            numbers.transaction() as cursor,
        ):
            cursor.execute("INSERT INTO t SELECT len(list(n::VARCHAR)) FROM range(9000000) t(n)")

        put(numbers, 2)
        assert held(numbers) == [1, 2]
        assert not numbers.is_broken


class Heavy(Numbers):
    """A database that needs more memory to be prepared than to be used."""

    def _prepare(self):
        super()._prepare()
        with self.transaction() as cursor:
            cursor.execute("INSERT INTO t SELECT len(list(n::VARCHAR)) FROM range(2000000) t(n)")


def test_an_older_file_may_need_more_memory_once(tmp_path):
    """What its tables need to be brought up to date is more than a frugal recorder allows."""
    with contextlib.closing(Heavy(tmp_path / "t.duckdb", memory_mb=20)) as heavy:
        (limit,) = heavy.cursor().execute("SELECT current_setting('memory_limit')").fetchone()

        assert held(heavy) == [2_000_000]
        assert limit.startswith("19")


@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_a_file_that_is_another_by_now_is_noticed(numbers, tmp_path, how):
    """What is written would be in no file that can be found."""
    numbers.check()
    path = tmp_path / "t.duckdb"
    path.rename(tmp_path / "moved.duckdb")
    if how == "replaced":
        path.write_bytes(b"")
    with pytest.raises(StoreError, match=r"its file was deleted or replaced .*: start again"):
        numbers.check()


def test_a_second_life_is_as_frugal_as_the_first(tmp_path):
    """What DuckDB may keep in memory is said to it again."""
    asked = "SELECT current_setting('memory_limit')"
    with contextlib.closing(Numbers(tmp_path / "t.duckdb", memory_mb=200)) as numbers:
        (first,) = numbers.cursor().execute(asked).fetchone()
        numbers.revive()

        assert numbers.cursor().execute(asked).fetchone() == (first,)
        assert "190" in first


def test_a_file_that_cannot_be_opened_anew_is_asked_for_again(numbers, monkeypatch):
    """Meanwhile it is not closed: who asks is told to wait, not to make a new one."""
    put(numbers, 1)
    with monkeypatch.context() as patch:
        patch.setattr(database, "connect", refuse)
        for _ in range(2):
            with pytest.raises(StoreError, match="no room"):
                numbers.revive()
            with pytest.raises(StoreError, match="cannot be opened anew: free some space"):
                numbers.cursor()
    numbers.revive()

    assert held(numbers) == [1]


def refuse(path, *, read_only=False):
    """A disk that is too full even to read what was written."""
    raise StoreError(path, "no room")


def test_who_asks_while_it_is_revived_waits(numbers, monkeypatch):
    """A page that is drawn at that moment gets its answer, a little later."""
    put(numbers, 1)
    began, may_go_on, connect = threading.Event(), threading.Event(), database.connect

    def slowly(path, **choices):
        began.set()
        assert may_go_on.wait(10)
        return connect(path, **choices)

    monkeypatch.setattr(database, "connect", slowly)
    with ThreadPoolExecutor(2) as pool:
        reviving = pool.submit(numbers.revive)
        assert began.wait(10)
        asking = pool.submit(held, numbers)
        may_go_on.set()
        reviving.result(10)

        assert asking.result(10) == [1]


def test_what_cannot_be_prepared_is_not_kept_open(tmp_path):
    """The file is free for the next who tries, and the reason is told."""

    class Odd(DuckDBFile):
        def _prepare(self):
            raise duckdb.FatalException(FATAL)

    with pytest.raises(StoreFull):
        Odd(tmp_path / "t.duckdb")
    DuckDBFile(tmp_path / "t.duckdb").close()


def test_a_closed_database_says_so(numbers):
    """Twice closed is closed once; its file can be had by another."""
    with pytest.raises(StoreBusy):
        DuckDBFile(numbers.path)
    numbers.close()
    numbers.close()
    with pytest.raises(Closed, match="this Store was closed"):
        numbers.cursor()

    DuckDBFile(numbers.path).close()


ON_A_FULL_DISK = """
import sys
from quantlive_nb.errors import StoreFull
from quantlive_nb.store import Store
from tests.disk import hasty_checkpoints, limit, rows
path, how, n, room = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
store = Store(path)
if how == "checkpoint":
    hasty_checkpoints(store)
print(store.append(rows(0, n)))
limit(room)
for _ in range(2):
    try:
        store.append(rows(n, n))
    except StoreFull:
        print("full", store.is_broken)
if not store.is_broken:
    print(store.cursor().execute("SELECT count(*) FROM trades").fetchone()[0])
limit()
if store.is_broken:
    store.revive()
print(store.append(rows(0, 2 * n)))
store.close()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "n", "room", "told"),
    [
        ("commit", 1_000, 90_000, "1000 full False full False 1000 1000"),
        ("checkpoint", 2_000, 100_000, "2000 full True full True 2000"),
    ],
)
def test_a_disk_that_is_full_costs_nothing_that_was_stored(tmp_path, how, n, room, told):
    """It can be read on, or revived; when there is room again what failed is stored, once."""
    path = tmp_path / "t.duckdb"

    assert " ".join(child(ON_A_FULL_DISK, path, how, n, room)) == told
    assert counted(path) == (2 * n, 2 * n, True)
