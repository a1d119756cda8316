"""A question written out is the same question."""

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.store.cursor import literal, spelled

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
