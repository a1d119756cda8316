"""A question written out is the same question."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.errors import UsageError
from quantlive_nb.store.question.literal import literal, spelled

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20)
NUMBERS = st.integers(-(2**62), 2**62)
VALUES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, st.lists(TEXTS, min_size=1))


@given(value=VALUES)
def test_a_value_written_into_a_query_comes_back(value):
    """Text with quotes, dollars and question marks, numbers, lists: nothing is lost or executed."""
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT {literal(value)}").fetchone()[0] == value
        by_name = spelled("SELECT $a, '$a ? it''s'", {"a": value})
        assert connection.execute(by_name).fetchone() == (value, "$a ? it's")
        by_place = spelled("SELECT ?, '?'", [value])
        assert connection.execute(by_place).fetchone() == (value, "?")


@pytest.mark.parametrize(
    "value",
    [
        -5,
        -1.5,
        Decimal("-0.00000001"),
        Decimal("61837.63"),
        float("inf"),
        b"abc'\x00\xff",
        np.float64(2.5),
        np.datetime64("2026-11-28T17:45:00.000001"),
        datetime(2026, 11, 28, 17, 45, 0, 1),  # noqa: DTZ001
        datetime(2026, 11, 28, 17, 45, tzinfo=UTC),
        pd.Timestamp("2026-11-28 17:45"),
        pd.NaT,
        date(2026, 11, 28),
        time(17, 45),
        timedelta(days=-1, microseconds=7),
        np.array([1, 2]),
        {"x": -1, "it's": "a"},
    ],
)
def test_a_value_means_the_same_written_out_and_bound(value):
    """A client's question gives the answer that the owner's, which binds the value, gives."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        query = "SELECT $a::VARCHAR AS x"
        bound = connection.execute(query, {"a": value}).fetchall()
        assert connection.execute(spelled(query, {"a": value})).fetchall() == bound


def test_numbers_of_numpy_are_numbers():
    """DuckDB binds few of them; written out, each is what it is in Python."""
    asked = spelled(
        "SELECT $a, $b, $c", {"a": np.int64(-3), "b": np.bool_(True), "c": [np.int8(1)]}
    )
    assert asked == "SELECT (-3), true, [1]"


def test_a_negative_number_behind_a_minus_is_subtracted():
    """``10-$a`` with -5 is 15: two minus signs would begin a comment, and it would be 10."""
    with duckdb.connect() as connection:
        assert connection.execute(spelled("SELECT 10-$a", {"a": -5})).fetchone() == (15,)


@pytest.mark.parametrize(
    "query",
    [
        'SELECT 1 AS "how many?"',
        'SELECT 1 AS "$a"',
        "SELECT 1 -- all of them? it's $a\n, 2",
        "SELECT 1 /* is it? $a */",
        r"SELECT e'it\'s $a?' AS x",
        "SELECT $$it's $a?$$ AS x, $tag$?$tag$ AS y",
    ],
)
def test_names_comments_and_texts_hold_no_parameters(query):
    """A question mark or a dollar within them is left as it is."""
    assert spelled(query, {"a": 1}) == query
    assert spelled(query, []) == query


def test_parameters_are_found_by_name_and_by_place():
    """As DuckDB finds them; one without a value is left, so that DuckDB names it."""
    assert spelled("SELECT $2, $1", [5, "a"]) == "SELECT 'a', 5"
    assert spelled("SELECT $a, $b, ?", {"a": 1}) == "SELECT 1, $b, ?"
    assert spelled("SELECT ?, ?", [1]) == "SELECT 1, ?"


@pytest.mark.parametrize("value", [object(), "half \udcff"])
def test_a_value_that_sql_cannot_hold_is_refused(value):
    """One sentence, and nothing is asked."""
    with pytest.raises(UsageError, match=r"give a text, a number|is no text"):
        spelled("SELECT $a", {"a": value})
