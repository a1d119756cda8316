"""Hostile messages."""

import json

import pytest

from quantlive_nb.testing.faults.garbage import BENT, garbage
from quantlive_nb.testing.market.event_frame import EventFrame, wire_frame
from quantlive_nb.testing.market.market_trade import trade_of

NOW_MS = 1_723_161_255_342


@pytest.fixture(scope="module")
def frames():
    """One of each kind."""
    return garbage("BTCUSDT", 7, NOW_MS, "61837.63000000")


def test_every_message_goes_to_everyone(frames):
    """Whatever a connection is subscribed to."""
    assert {frame.stream for frame in frames.values()} == {None}


@pytest.mark.parametrize("kind", ["malformed", "nothing", "truncated", "deep", "binary"])
def test_broken_texts_are_no_json(frames, kind):
    """A parser that stops at the first value would not notice."""
    with pytest.raises((ValueError, RecursionError)):
        json.loads(frames[kind].payload)


@pytest.mark.parametrize("kind", sorted(BENT))
def test_a_bad_trade_is_bad_in_one_field(frames, kind):
    """All else is as good as in any trade, the event time too: only a close look finds it."""
    good = {"e": "trade", "E": NOW_MS, "s": "BTCUSDT", "t": 7, "p": "61837.63000000"}
    good |= {"q": "0.01000000", "T": NOW_MS, "m": False, "M": True}
    data = json.loads(frames[kind].payload)

    assert {name for name in good if data[name] != good[name]} == set(BENT[kind])


def test_both_kinds_of_socket_get_their_form(frames):
    """With the envelope and without."""
    frame = frames["stranger"]
    raw = frame.payload.decode()

    assert frame.combined == wire_frame(f'{{"stream":"nobodyusdt@trade","data":{raw}}}')
    assert trade_of(EventFrame.of(f'{{"stream":"x@trade","data":{raw}}}')).symbol == "NOBODYUSDT"


def test_one_message_is_larger_than_any_buffer(frames):
    """4 MB, on one line; and one is no text at all."""
    assert len(frames["huge"].raw) > 4_000_000
    assert frames["binary"].raw[0] == 0x82
