"""What a question may cost: rows, memory and time, each with a sentence when it is too much."""

import contextlib
import itertools
import threading

import duckdb
import pytest

from quantlive_nb.errors import Closed, StoreError, UsageError
from quantlive_nb.store.question import question_budget as module
from quantlive_nb.store.question.question_budget import (
    Budget,
    Deadline,
    asking,
    end_questions,
    frame,
)
from tests.tape import batch, trade

CROSS = "SELECT count(*) FROM range(1000000000000)"


@pytest.fixture
def connection():
    """A database in memory, without room on the disk."""
    with duckdb.connect() as connection:
        connection.execute("SET temp_directory = ''; SET enable_progress_bar = false")
        yield connection


def test_an_answer_comes_whole(connection):
    """As many rows as it has, in their order, up to the limit itself."""
    budget = Budget(n_rows=100_000)
    found = frame(connection.execute("FROM range(100000) t(n)"), budget, "t")

    assert found.n.tolist() == list(range(100_000))
    assert len(frame(connection.execute("SELECT 1 AS a WHERE false"), budget, "t")) == 0


def test_too_many_rows_are_a_sentence(connection):
    """They are not all taken before that is known."""
    with pytest.raises(StoreError, match=r"^t: the answer has more than 10 rows: ask for fewer"):
        frame(connection.execute(CROSS.replace("count(*)", "*")), Budget(n_rows=10), "t")


def test_what_takes_too_long_is_interrupted(connection):
    """The connection can be asked again."""
    with (
        pytest.raises(StoreError, match=r"takes longer than 0\.05 s: ask for fewer"),
        Budget(seconds=0.05).bound(connection, "t"),
    ):
        connection.execute(CROSS)

    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_an_interrupt_that_is_lost_is_followed_by_another():
    """Between two statements nobody hears one; they end with the block."""
    third = threading.Event()

    class Deaf:
        """A connection that is between two statements."""

        count = itertools.count(1)

        def interrupt(self):
            """Count."""
            if next(self.count) == 3:
                third.set()

    before = threading.active_count()
    with Budget(seconds=0.001).bound(Deaf(), "t"):
        assert third.wait(20.0)

    assert threading.active_count() == before


def test_no_question_outlives_the_end(connection, monkeypatch):
    """Those at hand are interrupted until they have ended; a later one finds the store closed."""
    monkeypatch.setattr(module, "_is_ending", threading.Event())
    begun, ended = threading.Event(), threading.Event()

    def ask():
        with contextlib.suppress(duckdb.InterruptException), asking(connection):
            begun.set()
            connection.execute(CROSS)
        ended.set()

    threading.Thread(target=ask, daemon=True).start()
    assert begun.wait(20)
    end_questions(20.0)

    assert ended.wait(20)
    with pytest.raises(Closed), Budget().bound(connection, "t"):
        pytest.fail("a question began")


def test_a_deadline_is_a_moment_of_its_clock():
    """Until then nothing happens; afterwards the same sentence as that of an interrupt."""
    now_s = iter([100.0, 104.9, 105.0, 105.1])
    deadline = Deadline(5.0, "t", lambda: next(now_s))
    deadline.check()
    deadline.check()

    with pytest.raises(StoreError, match=r"^t: the answer takes longer than 5 s: ask for fewer"):
        deadline.check()


def test_rows_are_taken_until_the_deadline(connection):
    """Taking them is part of the answer, and no statement that could be interrupted."""
    now_s = itertools.count()
    deadline = Deadline(1.0, "t", lambda: next(now_s))
    with pytest.raises(StoreError, match="takes longer than 1 s"):
        frame(connection.execute(CROSS.replace("count(*)", "*")), Budget(), "t", deadline)


def test_what_needs_too_much_memory_is_a_sentence(connection):
    """DuckDB's own advice is not for the one who asked."""
    connection.execute("SET memory_limit = '20MB'")
    with (
        pytest.raises(StoreError, match="needs more than 20 MB: ask for fewer"),
        Budget(memory_mb=20).bound(connection, "t"),
    ):
        connection.execute("SELECT list(n::VARCHAR) FROM range(10000000) t(n)")


def test_a_question_that_is_wrong_stays_wrong(connection):
    """Other errors pass."""
    with pytest.raises(duckdb.CatalogException), Budget().bound(connection, "t"):
        connection.execute("FROM tardes")


def test_the_environment_says_what_a_question_may_cost(monkeypatch):
    """A number above 0, or a sentence."""
    monkeypatch.setenv("QUANTLIVE_SQL_MB", "128")
    monkeypatch.setenv("QUANTLIVE_SQL_SECONDS", "2.5")
    assert Budget.read() == Budget(memory_mb=128, seconds=2.5)
    for text in ("0", "much", "inf"):
        monkeypatch.setenv("QUANTLIVE_SQL_SECONDS", text)
        with pytest.raises(UsageError, match=r"QUANTLIVE_SQL_SECONDS is .*: give a number above 0"):
            Budget.read()


def test_sql_has_a_budget(store):
    """A question that never ends is interrupted; the writer goes on."""
    store.budget = Budget(seconds=0.1, n_rows=10)
    with pytest.raises(StoreError, match=r"takes longer than 0\.1 s"):
        store.sql("SELECT count(*) FROM range(1000000000000)")
    with pytest.raises(StoreError, match="more than 10 rows"):
        store.sql("FROM range(11)")

    assert store.append(batch(trade(1))) == 1
