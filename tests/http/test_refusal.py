"""What an HTTP status means for the next request, wherever it was answered."""

import pytest

from quantlive_nb.http.refusal import CLOSED, FINAL, fall_over, retry_after_s
from quantlive_nb.venue import Binance

OWN = Binance("ws://own", "http://own", fallback=("ws://other", "http://other"))


@pytest.mark.parametrize("status", sorted(CLOSED))
def test_another_host_is_asked_where_one_is_closed(status):
    """Once; whoever was refused at the same moment goes where the others went."""
    other = fall_over(status, OWN, OWN)

    assert other.rest_url == "http://other"
    assert fall_over(status, OWN, other) is other
    assert fall_over(status, other, other) is None


@pytest.mark.parametrize("status", [400, 404, 418, 429, 500, 503])
def test_nothing_else_moves_the_exchange(status):
    """A busy or broken host is still the one to ask."""
    assert fall_over(status, OWN, OWN) is None


def test_what_is_closed_is_final_where_there_is_no_other_host():
    """It is not asked for ever."""
    assert CLOSED < FINAL


@pytest.mark.parametrize("text", [None, "", "soon", "inf", "nan"])
def test_a_pause_without_a_length_is_a_minute(text):
    """Whatever was told, nothing is asked at once."""
    assert retry_after_s(text) == 60.0
