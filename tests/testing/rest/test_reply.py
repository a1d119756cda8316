"""The form of an answer."""

import json

from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.testing.rest.reply import compact


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_json_is_compact_and_means_the_same(body):
    """Nothing is lost by leaving out the blanks."""
    assert json.loads(compact(body)) == body


def test_symbols_that_are_not_ascii_are_written_as_they_are():
    """As the exchange writes them."""
    assert compact({"s": ["这", 1]}) == '{"s":["这",1]}'
