"""What a client says in exactly these words: known by a part of its text, then matched whole."""

import duckdb
import pytest

from quantlive_nb.share.statement import chosen, command, shape, subscription
from quantlive_nb.store.aggregate.bar_rows import wide
from quantlive_nb.store.aggregate.bar_sql import BEFORE_OF_ERAS, QUESTION, QUESTION_OF_ERAS
from quantlive_nb.store.question.literal import spelled

PARAMETERS = {"venue": "v", "symbol": "A", "every": 1_000_000, "split": 5, "start": 0}
QUESTIONS = (QUESTION, QUESTION_OF_ERAS, wide(QUESTION), wide(QUESTION_OF_ERAS), BEFORE_OF_ERAS)


def pattern(said):
    """The pattern that is chosen for a statement."""
    found = duckdb.execute(f"SELECT {chosen(QUESTIONS)} FROM (SELECT ? AS said)", [said])
    return found.fetchone()[0]


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_each_question_is_judged_by_its_own_pattern_alone(number):
    """To compile the others would cost the recorder more than the answer does."""
    question = QUESTIONS[number]
    found = pattern(spelled(question, PARAMETERS))

    assert found == shape(question).replace("''", "'")


def test_commands_have_patterns_too():
    """A statement of any other text has none."""
    for said in (subscription("4711-ab", "BTCUSDT", 5), command(b"{}")):
        assert duckdb.execute(
            "SELECT regexp_full_match(?, ?)", [said, pattern(said)]
        ).fetchone() == (True,)
    assert pattern("FROM trades LIMIT 5") is None
