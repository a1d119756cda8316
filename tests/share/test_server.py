"""The owner's side: who may know where the database is served, and what is left behind."""

import json
import os
import stat

import pytest

from quantlive_nb.errors import StoreError
from quantlive_nb.share.client import RemoteStore
from quantlive_nb.share.server import Share, find, word
from quantlive_nb.store import Store
from tests.owner import owner


@pytest.fixture
def shared(open_store, tmp_path):
    """A store of this process, shared."""
    share = Share(open_store(tmp_path / "t.duckdb"))
    yield share
    share.close()


def test_the_word_is_for_its_owner_alone(shared):
    """Mode 0600, from the first moment; it holds address, token and process."""
    place = word(shared.store.path)

    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert find(shared.store.path) == shared.address
    assert shared.address.pid == os.getpid()
    assert shared.address.token not in repr(shared.address)


def test_each_share_has_a_secret_of_its_own(shared, open_store, tmp_path):
    """Tokens are random and long."""
    other = Share(open_store(tmp_path / "other.duckdb"))
    other.close()

    assert other.address.token != shared.address.token
    assert len(shared.address.token) >= 32


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o606])
def test_a_word_that_others_could_read_is_not_believed(shared, mode):
    """Somebody else may have written it, or know the token by now."""
    word(shared.store.path).chmod(mode)

    assert find(shared.store.path) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"url": "x"}', '{"url": 1, "token": 2, "pid": "x"}']
)
def test_a_word_that_says_nothing_is_none(tmp_path, text):
    """Half written, or of another program."""
    path = tmp_path / "t.duckdb"
    word(str(path)).write_text(text)
    word(str(path)).chmod(0o600)

    assert find(str(path)) is None


def test_the_word_of_a_process_that_is_gone_is_stale(tmp_path):
    """After kill -9 the file is still there, is not believed, and is removed."""
    path = tmp_path / "t.duckdb"
    with owner(path) as other:
        assert find(str(path)).pid == other.process.pid
        other.process.kill()
        other.process.wait()

        assert word(str(path)).exists()
        assert find(str(path)) is None
        assert not word(str(path)).exists()


def test_closing_takes_the_word_back(open_store, tmp_path):
    """Twice is once; nobody finds the database, and nobody answers there."""
    path = str(tmp_path / "t.duckdb")
    share = Share(open_store(path))
    address = share.address
    share.close()
    share.close()

    assert find(path) is None
    assert not word(path).exists()
    with pytest.raises(StoreError):
        RemoteStore(path, address)


def test_closing_leaves_the_word_of_a_successor(shared):
    """Whoever owns the database by now keeps his."""
    successor = shared.address._replace(token="another")
    place = word(shared.store.path)
    place.write_text(json.dumps(successor._asdict()))
    shared.close()

    assert find(shared.store.path) == successor


def test_memory_is_not_shared():
    """There is no file beside which a word could be left."""
    store = Store()
    with pytest.raises(StoreError, match="memory cannot be shared: name a file"):
        Share(store)
    store.close()


def test_sharing_changes_nothing_in_the_file(tmp_path):
    """What concerns the moment is kept in memory: the file has its four tables and no macro."""
    path = tmp_path / "t.duckdb"
    with owner(path) as other:
        assert other.say("close") == "closed"
    store = Store(path, read_only=True)
    tables = store.sql(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 't'"
    ).table_name
    store.close()

    assert sorted(tables) == ["alert_events", "alerts", "coverage", "schema_version", "trades"]
