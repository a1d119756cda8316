"""What one event looks like on a socket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame as ReferenceFrame
from websockets.frames import Opcode

from quantlive_nb.errors import UsageError
from quantlive_nb.testing.market.event_frame import EventFrame, wire_frame


@pytest.mark.parametrize("n", [0, 1, 125, 126, 65_535, 65_536, 4_000_000])
def test_a_text_of_any_length_is_framed_as_the_websockets_library_does(n):
    """The three header forms of RFC 6455 come where they should."""
    text = "x" * n

    assert wire_frame(text) == ReferenceFrame(Opcode.TEXT, text.encode()).serialize(mask=False)
    assert EventFrame.odd(text, None).payload == text.encode()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_that_is_not_ascii_is_framed_by_its_bytes(text):
    """The length in the header counts bytes, not characters."""
    assert wire_frame(text) == ReferenceFrame(Opcode.TEXT, text.encode()).serialize(mask=False)


def test_every_recorded_frame_gives_its_payload_byte_for_byte(texts):
    """What a raw socket gets is what stands between the envelope's brackets."""
    for text in texts:
        frame = EventFrame.of(text)
        envelope = '{"stream":"' + frame.stream + '","data":'

        assert frame.combined == wire_frame(text)
        assert frame.raw == wire_frame(text.removeprefix(envelope)[:-1])


def test_blanks_around_the_envelope_are_allowed_and_kept():
    """Another recorder's way of writing JSON changes nothing."""
    text = ' {"stream" : "a@trade", "data" : {"t": 7} } '
    frame = EventFrame.of(text)

    assert frame.combined == wire_frame(text)
    assert frame.raw == wire_frame('{"t": 7}')


@pytest.mark.parametrize("text", ["", "{}", '{"result":null,"id":1}', '{"e":"trade"}', "[1]"])
def test_what_is_not_of_a_combined_stream_is_refused(text):
    """A raw payload or a control answer has no stream to send it to."""
    with pytest.raises(UsageError, match="not a frame of a combined stream"):
        EventFrame.of(text)


def test_odd_text_is_the_same_on_both_kinds_of_socket():
    """Garbage is sent as given."""
    frame = EventFrame.odd("{]", None)

    assert frame.raw == frame.combined == wire_frame("{]")
