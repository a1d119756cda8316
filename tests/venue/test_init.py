"""Venues by name."""

import pytest

from quantlive_nb.venue import EXCHANGES, exchange


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_venue_carries_the_name_it_is_asked_by(name):
    """The word after ``--source`` is the venue in the store."""
    assert exchange(name).name == name


@pytest.mark.parametrize("name", EXCHANGES)
def test_endpoints_can_be_exchanged_one_by_one(name):
    """What is not given stays the venue's own."""
    own = exchange(name)
    moved = exchange(name, ws_url="ws://127.0.0.1:9", rest_url="http://127.0.0.1:9")

    assert moved.url(["A"]).startswith("ws://127.0.0.1:9/")
    assert moved.rest_url == "http://127.0.0.1:9"
    assert exchange(name, ws_url="ws://127.0.0.1:9").rest_url == own.rest_url
    assert exchange(name, rest_url="http://127.0.0.1:9").url(["A"]) == own.url(["A"])
    assert exchange(name, "", "") == own


def test_no_two_venues_share_a_host():
    """Trades of one venue never come under the name of another."""
    urls = [exchange(name).url(["BTCUSDT"]) for name in EXCHANGES]

    assert len(set(urls)) == len(EXCHANGES)
