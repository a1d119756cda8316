"""A write-ahead log that was damaged, removed, emptied or cut off."""

import contextlib
import shutil
import subprocess
import sys

import pytest

from quantlive_nb.errors import StoreError
from quantlive_nb.store import Store
from tests.conftest import ROOT
from tests.tape import many

RECORD_AND_DIE = """
import os, sys
from quantlive_nb.store import Store
from tests.tape import many
store = Store(sys.argv[1])
store.append(many("BTCUSDT", 400))
os._exit(0)
"""


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    """What a recorder that was killed has left: all that it holds is in the write-ahead log."""
    path = tmp_path_factory.mktemp("killed") / "t.duckdb"
    subprocess.run([sys.executable, "-c", RECORD_AND_DIE, str(path)], cwd=ROOT, check=True)
    return path


@pytest.fixture
def killed(left, tmp_path):
    """A copy of it."""
    for file in left.parent.iterdir():
        shutil.copy(file, tmp_path)
    with contextlib.closing(Store(tmp_path / left.name, read_only=True)) as store:
        assert store.coverage["binance"].n_held("BTCUSDT") == 400
    return tmp_path / left.name


@pytest.mark.parametrize("at", [0, 3, 5, 6])
@pytest.mark.parametrize("read_only", [True, False])
def test_a_write_ahead_log_that_is_damaged_at_its_start_is_refused(killed, at, read_only):
    """DuckDB would pass over it, and remove it: what was recorded last would be gone."""
    log = killed.with_name("t.duckdb.wal")
    content = bytearray(log.read_bytes())
    content[at] ^= 0xFF
    log.write_bytes(content)
    with pytest.raises(StoreError, match=r"its write-ahead log .*t\.duckdb\.wal.* is damaged"):
        Store(killed, read_only=read_only)

    assert log.read_bytes() == content


@pytest.mark.parametrize("is_there", [True, False])
def test_a_database_whose_write_ahead_log_is_gone_says_so(killed, is_there):
    """What holds no table at all need not be somebody else's."""
    log = killed.with_name("t.duckdb.wal")
    log.write_bytes(b"")
    if not is_there:
        log.unlink()
    with pytest.raises(StoreError, match=r"holds no table: .* is missing or empty: restore a copy"):
        Store(killed, read_only=True)


@pytest.mark.parametrize("n_bytes", [1, 7, 8, 60])
def test_a_write_ahead_log_that_was_cut_off_is_not_damaged(killed, n_bytes):
    """A recorder that was killed in its first write leaves a part of it: it records again."""
    log = killed.with_name("t.duckdb.wal")
    log.write_bytes(log.read_bytes()[:n_bytes])
    with contextlib.closing(Store(killed)) as store:
        assert store.append(many("BTCUSDT", 3)) == 3
