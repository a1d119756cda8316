"""A database that is read while another process records into it, and while none does."""

import json
import subprocess
import sys
from contextlib import closing

import pytest

from quantlive_nb.cli.main import main
from quantlive_nb.errors import StoreError
from quantlive_nb.share import open_reader as beside
from quantlive_nb.share.client import RemoteStore
from quantlive_nb.share.paged_copy import PagedCopy
from quantlive_nb.store import Store
from quantlive_nb.store.verify import verify
from tests.conftest import ROOT
from tests.lives import PARQUET
from tests.owner import owner
from tests.tape import SECOND, many, trade

HOLD = """
import sys
from quantlive_nb.store import Store
store = Store(sys.argv[1])
print("held", flush=True)
input()
"""


@pytest.fixture
def path(tmp_path):
    """A database with one hole, which nobody has open."""
    path = str(tmp_path / "t.duckdb")
    with closing(Store(path)) as store:
        store.append(many("BTCUSDT", 300))
        store.append(many("BTCUSDT", 100, first=305))
    return path


def test_a_database_is_read_whether_it_is_recorded_into_or_not(path):
    """Opened, or over the share; the verdict is the same."""
    with closing(beside.reader(path)) as store:
        assert not isinstance(store, RemoteStore)
        alone = store.verify()
    with owner(path), closing(beside.reader(path)) as store:
        assert isinstance(store, RemoteStore)
        assert store.verify() == alone

    assert [(one.n_trades, one.gaps) for one in alone] == [(400, ((301, 304),))]


def test_what_comes_meanwhile_makes_no_tape_doubtful(path, monkeypatch):
    """Trades that are stored between the ledger and the trades are left out of the verdict."""
    with owner(path) as process:
        fetch = PagedCopy.fetch

        def and_append(scratch, need):
            fetch(scratch, need)
            process.say("append", json.dumps([trade(405 + next(ids), 4 * SECOND)]))

        ids = iter(range(99))
        monkeypatch.setattr(PagedCopy, "fetch", and_append)
        process.say("append", json.dumps([trade(i, 3 * SECOND) for i in range(301, 305)]))
        with closing(beside.reader(path)) as store:
            (verdict,) = store.verify()

    assert verdict.is_whole
    assert verdict.n_trades >= 404


def test_a_ledger_that_books_what_is_not_there_is_seen_over_the_share(path):
    """The copy is judged by the tables alone."""
    with closing(Store(path)) as store:
        store.cursor().execute("UPDATE coverage SET to_id = 304 WHERE from_id = 1")
        alone = verify(store)
    with owner(path), closing(beside.reader(path)) as store:
        (verdict,) = store.verify()

    assert not verdict.does_ledger_agree
    assert (verdict,) == alone


def test_a_database_that_is_not_shared_is_a_sentence(path, monkeypatch):
    """Who has it, and what to do."""
    monkeypatch.setattr(beside, "BUSY_S", 0.0)
    command = [sys.executable, "-c", HOLD, path]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(
            StoreError, match=r"process \d+ is recording .* does not share it: stop"
        ):
            beside.reader(path)
        other.kill()


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (["verify"], "0 missing, 0 twice"),
        (["export", "--what", "trades", "--out", "{out}"], "15,863 rows in "),
        (["export", "--what", "bars", "--every", "1min", "--out", "{out}"], " rows in "),
        (["scan", "--every", "1s"], "2 pairs"),
    ],
)
def test_a_tape_is_read_while_it_is_recorded(data, tmp_path, capsys, command, answer):
    """Over the share of the process that has it; nothing need be stopped."""
    db, out = str(tmp_path / "t.duckdb"), str(tmp_path / "out.csv")
    with owner(db, data / PARQUET):
        arguments = [one.format(out=out) for one in command]
        assert main([arguments[0], "--db", db, *arguments[1:]]) == 0

    assert answer in capsys.readouterr().out
