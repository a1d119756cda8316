"""What the SQL of an owner and of a client may be: one SELECT, as DuckDB's parser tells."""

import duckdb
import pytest

from quantlive_nb.store.question.read_only import refusal


@pytest.fixture(scope="module")
def connection():
    """A database of its own."""
    with duckdb.connect() as connection:
        yield connection


@pytest.mark.parametrize("said", ["SELECT 1", "FROM trades", "WITH t AS (SELECT 1) FROM t"])
def test_one_select_is_answered(connection, said):
    """Whatever it selects, for the owner and for a client."""
    assert refusal(connection, said) == refusal(connection, said, files=True) == ""


@pytest.mark.parametrize("said", ["DELETE FROM trades", "SELECT 1; SELECT 2", "SET threads = 1"])
def test_what_changes_something_is_refused(connection, said):
    """The sentence says what to do instead, to the owner another than to a client."""
    assert "a viewer can only ask" in refusal(connection, said)
    assert "open the file with DuckDB" in refusal(connection, said, files=True)


def test_only_the_owner_reads_files(connection):
    """A table may be a file for who has the files."""
    said = "FROM read_parquet('a.parquet')"

    assert refusal(connection, said)
    assert refusal(connection, said, files=True) == ""


def test_what_cannot_be_read_is_said_in_the_parsers_words(connection):
    """A slip in the SQL is not called a forbidden statement."""
    assert "syntax error" in refusal(connection, "SELEC 1")
