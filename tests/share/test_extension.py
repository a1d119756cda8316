"""DuckDB's client-server extension is found, or it is said how to get it."""

import subprocess
import sys

import duckdb
import pytest

from quantlive_nb.share import extension
from quantlive_nb.share.extension import empty, load_quack, warm

KNOWN = "SELECT count(*) FROM duckdb_functions() WHERE function_name = 'quack_serve'"


def test_it_loads_from_what_is_installed():
    """Without a network, and a second time without a word."""
    with duckdb.connect() as connection:
        assert load_quack(connection) == ""
        assert load_quack(connection) == ""
        assert connection.execute(KNOWN).fetchone()[0] > 0


@pytest.mark.parametrize("way", ["_from_wheel", "_copied_from_wheel"])
def test_each_way_to_the_wheel_is_enough(monkeypatch: pytest.MonkeyPatch, way: str):
    """From where pip has put the file; else copied by the wheels' own function."""
    others = {"_installed", "_from_wheel", "_copied_from_wheel", "_from_duckdb"} - {way}
    for other in others:
        monkeypatch.setattr(extension, other, fail)
    with duckdb.connect() as connection:
        assert load_quack(connection) == ""


def test_a_home_that_cannot_be_written_is_no_hindrance(tmp_path):
    """The wheels' files are read where they are."""
    (tmp_path / "file").touch()
    code = "from quantlive_nb.serve.supervisor import unshared; print(repr(unshared()))"
    home = {"HOME": str(tmp_path / "file" / "x"), "PATH": ""}
    run = subprocess.run([sys.executable, "-c", code], env=home, capture_output=True, text=True)

    assert (run.stdout, run.stderr) == ("''\n", "")


def fail(*_: object) -> None:
    """A way that leads nowhere."""
    raise OSError


def test_what_cannot_be_had_is_a_sentence(monkeypatch: pytest.MonkeyPatch):
    """It names the extension and the remedy; nothing is raised."""
    monkeypatch.setattr(extension, "NEEDED", ("nosuchthing",))
    with duckdb.connect() as connection:
        trouble = load_quack(connection)

    assert "extension nosuchthing cannot be had: pip install 'quantlive_nb[share]'" in trouble


def test_what_was_loaded_ahead_is_handed_out_once(monkeypatch: pytest.MonkeyPatch):
    """To the first who asks; every other gets a database of its own."""
    monkeypatch.setattr(extension, "_warmed", [])
    warm()
    warm()
    with empty() as first, empty() as second:
        first.execute("CREATE TABLE t (x INTEGER)")

        assert first.execute(KNOWN).fetchone()[0] > 0
        assert second.execute(KNOWN).fetchone()[0] == 0
        assert second.execute("SELECT count(*) FROM duckdb_tables()").fetchone()[0] == 0
