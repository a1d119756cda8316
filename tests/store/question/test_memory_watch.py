"""A statement ends when the process has grown too much, and only then."""

import duckdb
import pytest

from quantlive_nb.errors import StoreError
from quantlive_nb.store.question import memory_watch as module
from quantlive_nb.store.question.memory_watch import light, resident_mb

GREEDY = "SELECT mode(x) FROM range(100000000) t(x)"


def test_a_statement_that_grows_is_ended():
    """The connection can be asked again."""
    with duckdb.connect() as connection:
        with (
            pytest.raises(StoreError, match=r"^t: the answer needs more than 30 MB: ask for"),
            light(connection, 30, "t"),
        ):
            connection.execute(GREEDY)

        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_another_interrupt_stays_one():
    """Who interrupts a small statement is not told of memory."""
    with (
        duckdb.connect() as connection,
        pytest.raises(duckdb.InterruptException),
        light(connection, 1_000, "t"),
    ):
        raise duckdb.InterruptException


def test_what_is_kept_of_the_tables_belongs_to_no_statement(tmp_path, monkeypatch):
    """Reading a file fills DuckDB's cache, which it gives up when it must."""
    path = str(tmp_path / "t.duckdb")
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE t AS SELECT hash(x) AS h FROM range(8000000) t(x)")
    monkeypatch.setattr(module, "LOOK_S", 0.001)
    with duckdb.connect(path) as connection:
        before_mb = module.cached(connection)
        with light(connection, 25, "t"):
            connection.execute("SELECT sum(h) FROM t").fetchall()
        assert module.cached(connection) - before_mb > 40


def test_a_system_without_proc_tells_the_most(monkeypatch, tmp_path):
    """A bound on the peak, which grows too."""
    now_mb = resident_mb()
    monkeypatch.setattr(module, "STATM", tmp_path / "none")

    assert resident_mb() >= 0.9 * now_mb
