"""What is known of a symbol: heard, silent, suspected, confirmed."""

import itertools

import pytest

from quantlive_nb.live.repair import followed as module
from quantlive_nb.live.repair.followed import Followed


@pytest.fixture
def followed():
    """A symbol that is followed from second 0 on."""
    return Followed(heard_s=0.0)


def test_silence_is_asked_about_half_as_often_each_time(followed):
    """Up to the longest pause; a trade begins anew."""
    asked_s = [at_s for at_s in range(1_000) if followed.is_silent(at_s)]
    pauses = [b - a for a, b in itertools.pairwise(asked_s)]
    assert pauses == sorted(pauses)
    assert max(pauses) == module.QUIET_MOST_S + 1
    followed.hear(1_000.0)

    assert followed.quiet_s == module.QUIET_S


def test_only_a_suspect_is_struck_and_a_trade_clears_it(followed):
    """Two strikes in a row replace its connection; what its connection brings is no strike."""
    assert not followed.strike()
    struck = []
    for _ in range(module.STRIKES):
        followed.is_suspect = True
        struck.append(followed.strike())
    assert struck == [False, True]
    followed.is_suspect = True
    followed.strike()
    followed.hear(1.0)
    followed.is_suspect = True

    assert not followed.strike()


def test_nothing_is_confirmed_before_a_trade_or_an_answer(followed):
    """A trade confirms what lies before it; each change of connection makes it doubtful again."""
    assert not followed.is_confirmed
    followed.hear(1.0)
    assert followed.is_confirmed
    followed.change(2.0, is_open=False)

    assert not followed.is_confirmed


def test_an_answer_from_before_a_change_confirms_nothing(followed):
    """The newest trade was asked for, then the connection was lost: later ones may be missing."""
    asked = followed.ask()
    followed.change(1.0, is_open=True)
    followed.confirm(asked)
    assert not followed.is_confirmed
    followed.confirm(followed.ask())

    assert followed.is_confirmed
