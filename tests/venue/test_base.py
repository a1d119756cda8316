"""What a venue says of itself: limits that hold without being stated, and what ids prove."""

import pytest

from quantlive_nb.venue import EXCHANGES, exchange
from quantlive_nb.venue.base import Capabilities, Limits


@pytest.mark.parametrize("ids", ["contiguous", "ordered", "opaque"])
def test_a_gap_is_arithmetic_only_between_contiguous_ids(ids):
    """Ids that only rise, or are texts, show no missing trade."""
    assert Capabilities(ids=ids).has_contiguous_ids == (ids == "contiguous")


def test_a_venue_that_says_nothing_is_treated_gently():
    """Nothing that is not stated is assumed to be allowed."""
    stated, unstated = exchange("binance").limits, Limits()

    assert unstated.streams < stated.streams
    assert unstated.control_per_s < stated.control_per_s
    assert unstated.weight < stated.weight


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_venue_tells_a_past_exactly_if_it_can_be_asked_for(name):
    """``history`` and the capability of that name never contradict each other."""
    for venue in (exchange(name), exchange(name).elsewhere() or exchange(name)):
        assert (venue.history is None) == (venue.capabilities.history == "none")
