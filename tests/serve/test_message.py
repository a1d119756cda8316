"""Every field of a frame is checked; that Voilà stays up is shown in tests/browser."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1

from quantlive_nb.serve.message import BadFrame, read_frame

HEADER = {"msg_id": "1", "msg_type": "comm_msg", "session": "s", "username": "", "version": "5.2"}


def frame(header=HEADER, parent=None, metadata=None, content=None, *buffers, channel="shell"):
    """A message as a page sends it."""
    parts = [json.dumps(part or {}).encode() for part in (header, parent, metadata, content)]
    return serialize_msg_to_ws_v1([*parts, *buffers], channel)


def word(number, at, whole=None):
    """A good frame with another number in one of its words."""
    whole = frame() if whole is None else whole
    return whole[: 8 * at] + (number % 2**64).to_bytes(8, "little") + whole[8 * at + 8 :]


@given(st.lists(st.binary(), max_size=5), st.dictionaries(st.text(), st.integers()))
def test_what_a_page_sends_is_read(buffers, content):
    """Whatever it says, with buffers or without."""
    channel, parts = read_frame(frame(HEADER, HEADER, {"version": "1"}, content, *buffers))

    assert channel == "shell"
    assert json.loads(parts[3]) == content
    assert parts[4:] == buffers


@pytest.mark.parametrize("count", [0, 1, 2, 5, 257, 2**31, 2**62, 2**64 - 1])
def test_an_impossible_count_is_refused_at_once(count):
    """Without making room for so many."""
    with pytest.raises(BadFrame, match="offsets"):
        read_frame(word(count, 0))
    with pytest.raises(BadFrame, match="offsets"):
        read_frame(word(count, 0, bytes(72)))


@pytest.mark.parametrize("at", range(1, 7))
@pytest.mark.parametrize("offset", [0, 8, 55, 2**32, 2**63, -1])
def test_an_impossible_offset_is_refused(at, offset):
    """They begin behind themselves, never fall and end where the frame does."""
    with pytest.raises(BadFrame):
        read_frame(word(offset, at))


@pytest.mark.parametrize(
    "broken",
    [
        "text",
        b"",
        bytes(7),
        frame()[:-1],
        frame() + b"x",
        frame(channel="hell"),
        frame(channel=""),
        frame([1]),
        frame({}),
        frame({**HEADER, "msg_type": ["comm_msg"]}),
        frame({**HEADER, "msg_id": ""}),
        frame({**HEADER, "session": "s" * 257}),
        frame({**HEADER, "version": "x"}),
        frame({**HEADER, "date": 1}),
        frame({**HEADER, "more": "x" * 20_000}),
        frame(HEADER, {"msg_id": 1}),
        frame(HEADER, None, None, [1]),
        frame(HEADER, None, None, None, *[b""] * 300),
        serialize_msg_to_ws_v1([b"{}", b"{", b"{}", b"{}"], "shell"),
        serialize_msg_to_ws_v1([b"\xff\xfe"] * 4, "shell"),
        serialize_msg_to_ws_v1([b"[" * 100_000] * 4, "shell"),
        serialize_msg_to_ws_v1([b'{"a":' * 100_000] * 4, "shell"),
        serialize_msg_to_ws_v1([b"{}"], "shell"),
    ],
)
def test_anything_else_that_no_page_sends_is_refused(broken):
    """With one kind of error, which has a reason."""
    with pytest.raises(BadFrame, match=r"\w"):
        read_frame(broken)


@given(st.binary(max_size=400))
def test_noise_is_refused(noise):
    """Whatever comes, there is either a message or the one kind of error."""
    with pytest.raises(BadFrame):
        read_frame(noise)


@given(st.data())
def test_a_frame_with_one_changed_byte_is_read_or_refused(data):
    """And what is read has four JSON objects still."""
    whole = bytearray(frame(HEADER, HEADER, {}, {"comm_id": "c"}, b"buffer"))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        _, parts = read_frame(bytes(whole))
    except BadFrame:
        return
    assert all(isinstance(json.loads(part), dict) for part in parts[:4])
