"""A question to another process, as the text that is sent there, and what its errors mean."""

import pytest

from quantlive_nb.share.remote_cursor import asked, is_lost


def test_a_question_is_sent_as_one_text():
    """Its values are written into it, and its quotes are doubled."""
    assert "'SELECT ''it''''s'''" in asked("SELECT $a", {"a": "it's"})


@pytest.mark.parametrize("text", ["Could not connect to server", "Database was closed"])
def test_an_owner_that_is_gone_is_told_from_one_that_refuses(text):
    """Whoever is refused is not reconnected."""
    assert is_lost(text)
    assert not is_lost(f"Authorization failed: {text}")
