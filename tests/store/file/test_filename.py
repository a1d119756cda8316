"""What a file's name says, and that DuckDB takes it for the name of that one file."""

import gzip
import os

import duckdb
import pytest

from quantlive_nb.errors import StoreError, UsageError
from quantlive_nb.store import Store
from quantlive_nb.store.file.export import export_trades
from quantlive_nb.store.file.filename import as_it_is, copy_options, target
from quantlive_nb.store.file.trade_file import read_trades
from tests.tape import batch, trade

NAMES = [
    "a[1].parquet",
    "a*.parquet",
    "a?.csv",
    "b.PARQUET",
    "c.csv.gz",
    "d.CSV.GZ",
    "symbol=X/e.parquet",
    "venue=X/trade_id=9/f[0-9].csv",
]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_exported_under_a_name_is_replayed_from_it(store, tmp_path, name):
    """Brackets, stars and folders that look like columns mean nothing; endings mean what they say.

    Beside it lie files that a pattern would match.
    """
    store.append(batch(trade(1), trade(2, 5)))
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    for decoy in ("a1", "aa", "ab", "f0", "f1"):
        for ending in ("parquet", "csv"):
            duckdb.sql("SELECT 7 AS decoy").write_csv(str(path.parent / f"{decoy}.{ending}"))
    assert export_trades(store, path, None, None, []) == 2
    (block,) = read_trades(path)

    assert (block.venue, block.trade_id.tolist()) == ("binance", [1, 2])
    assert set(block.symbol) == {"BTCUSDT"}


def test_a_compressed_csv_is_compressed(store, tmp_path):
    """Any tool that goes by the name can read it."""
    store.append(batch(trade(1)))
    export_trades(store, tmp_path / "t.csv.gz", None, None, [])

    with gzip.open(tmp_path / "t.csv.gz", "rt") as lines:
        assert lines.readline().startswith("venue,symbol,trade_id")


@pytest.mark.parametrize("name", ["d[1]/t?.duckdb", "symbol=X/t*.duckdb", "a:b.duckdb"])
def test_a_database_may_be_called_anything(open_store, tmp_path, name):
    """It is this file, and no other."""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    open_store(path).append(batch(trade(1)))

    assert path.is_file()


def test_a_tilde_is_the_users_folder(tmp_path, monkeypatch):
    """For a database and for an export, as a shell would have it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    store = Store("~/t.duckdb")
    store.append(batch(trade(1)))
    export_trades(store, "~/t.csv", None, None, [])
    store.close()

    assert {path.name for path in tmp_path.iterdir()} == {"t.duckdb", "t.csv"}


def test_a_link_is_written_through(store, tmp_path):
    """It stays a link, and what it points to is the export."""
    (tmp_path / "disk").mkdir()
    link = tmp_path / "latest.csv"
    link.symlink_to(tmp_path / "disk" / "t.csv")
    store.append(batch(trade(1)))
    export_trades(store, link, None, None, [])

    assert link.is_symlink()
    assert [path.name for path in (tmp_path / "disk").iterdir()] == ["t.csv"]
    assert target(link) == tmp_path / "disk" / "t.csv"


@pytest.mark.parametrize(
    ("name", "fmt", "sentence"),
    [
        ("t.parquet", "csv", "ends as parquet, but the format is csv"),
        ("t.CSV", "parquet", "ends as csv, but the format is parquet"),
        ("t.csv.gz", "parquet", "ends as csv, but the format is parquet"),
        ("t.parquet.gz", None, "leave out .gz"),
    ],
)
def test_a_name_that_says_something_else_is_refused(name, fmt, sentence):
    """Nothing is written under a name that would deceive."""
    with pytest.raises(UsageError, match=sentence):
        copy_options(name, fmt)


def test_a_name_that_says_nothing_is_a_csv():
    """Unless a format is given."""
    assert copy_options("/data/out") == copy_options("out.csv")
    assert copy_options("out", "parquet") == copy_options("out.parquet")
    assert as_it_is("/data/out") == "/data/out"


def test_no_export_takes_the_place_of_a_database(open_store, tmp_path):
    """Neither the tape that is exported nor another, under any name, through a link either."""
    store = open_store(tmp_path / "t.duckdb")
    store.append(batch(trade(1)))
    database, link = tmp_path / "tape.csv", tmp_path / "link.csv"
    store.close()
    (tmp_path / "t.duckdb").rename(database)
    link.symlink_to(database)
    held = database.read_bytes()

    for out in (database, link):
        with pytest.raises(UsageError, match="is a database: give the name of another file"):
            target(out)
    assert database.read_bytes() == held


@pytest.mark.parametrize("beside", ["t.duckdb.wal", "t.duckdb.share", "t.duckdb.share.17"])
def test_no_export_takes_the_place_of_what_belongs_to_a_database(open_store, tmp_path, beside):
    """What is not yet in the file, and where it is served: through a link either."""
    open_store(tmp_path / "t.duckdb").append(batch(trade(1)))
    file, link = tmp_path / beside, tmp_path / "link.csv"
    if not file.exists():
        file.write_text("held")
    link.symlink_to(file)
    held = file.read_bytes()

    for out in (file, link):
        with pytest.raises(UsageError, match="belongs to a database: give the name of another"):
            target(out)
    assert file.read_bytes() == held
    assert target(tmp_path / "other.share") == tmp_path / "other.share"


@pytest.mark.parametrize("out", ["", ".", "folder", "none/t.csv"])
def test_where_no_file_can_be_is_said_before_anything_is_written(store, tmp_path, monkeypatch, out):
    """A folder is no file, and one that is missing is not made; nothing else is named."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    store.append(batch(trade(1)))

    said = r"cannot be written \((it is a|there is no) folder.*: give another name"
    with pytest.raises(StoreError, match=said):
        export_trades(store, out, None, None, [])
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_no_export_takes_the_place_of_a_device(store, tmp_path):
    """What is no file is not replaced by one: a pipe stays a pipe."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(UsageError, match="is no file: give the name of one"):
        export_trades(store, pipe, None, None, [])
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", ["t.json", "t.csv.zst", "t.XLSX", "t.tsv", "t.arrow", "t.duckdb"])
def test_an_ending_of_another_format_is_refused(name):
    """A file is never CSV under the name of something else."""
    with pytest.raises(UsageError, match=r"end the name in .csv, .csv.gz or .parquet"):
        copy_options(name)


def test_an_export_touches_no_file_but_its_own(store, tmp_path):
    """What somebody else keeps beside it, under whatever ending, stays."""
    store.append(batch(trade(1)))
    beside = tmp_path / "t.csv.part"
    beside.write_text("mine")
    export_trades(store, tmp_path / "t.csv", "csv", None, [])

    assert beside.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "t.csv.part"]
