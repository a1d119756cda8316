"""Reading recordings, whole and broken."""

import gzip

import pytest

from quantlive_nb.errors import ReplayError
from quantlive_nb.testing.exchange.frames_file import read_recording
from quantlive_nb.testing.market.event_frame import wire_frame


def test_the_real_recording_is_read_whole(recorded, texts):
    """Every frame is there in its order, with the last id of each symbol."""
    recording = read_recording(recorded)

    assert [frame.combined for frame in recording.frames] == [wire_frame(text) for text in texts]
    assert recording.streams == ("btcusdt@trade", "ethusdt@trade")
    assert recording.last_ids == {"BTCUSDT": 3_735_693_015, "ETHUSDT": 1_520_545_030}


def test_speed_divides_the_recorders_time(recorded):
    """At 30 times the pace the 346 seconds take 11.5; at infinite pace none."""
    recording = read_recording(recorded)
    real = list(recording.offsets_s(1.0))

    assert real == sorted(real)
    assert real[0] == 0.0
    assert 345 < real[-1] < 347
    assert list(recording.offsets_s(30.0))[-1] == pytest.approx(real[-1] / 30)
    assert not any(recording.offsets_s(float("inf")))


def test_a_start_divides_the_recording_in_two(record):
    """A frame at the very second is played, at once; whatever was earlier is not."""
    recording = read_recording(record(*[GOOD_FRAME] * 4, every_s=10.0))

    assert recording.n_before(20.0) == 2
    assert list(recording.offsets_s(2.0, 20.0)) == [0.0, 5.0]
    assert recording.n_before(float("inf")) == 4
    assert list(recording.offsets_s(1.0, float("inf"))) == []


def test_streams_of_no_symbol_list_no_symbol(record):
    """All-market streams and events other than trades are played as well."""
    path = record(
        '{"stream":"!miniTicker@arr","data":[]}', '{"stream":"bnbbtc@bookTicker","data":{"u":1}}'
    )
    recording = read_recording(path)

    assert recording.symbols == ("BNBBTC",)
    assert recording.last_ids == {}


GOOD_FRAME = '{"stream":"a@trade","data":{}}'
GOOD = b'{"recv_ns":1,"frame":"{\\"stream\\":\\"a@trade\\",\\"data\\":{}}"}\n'


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"not gzip", "it is not a whole gzip file"),
        (gzip.compress(GOOD * 999, mtime=0)[:-20], "it is not a whole gzip file"),
        (gzip.compress(b"", mtime=0), "it holds no frames"),
        (gzip.compress(GOOD + b"{]\n", mtime=0), "line 2 is not a recorded frame"),
        (gzip.compress(GOOD + b"\xff\n", mtime=0), "line 2 is not a recorded frame"),
        (gzip.compress(GOOD + b'{"recv_ns":1}\n', mtime=0), "line 2 is not a recorded frame"),
        (gzip.compress(b'{"recv_ns":1,"frame":7}\n', mtime=0), "line 1 is not a recorded frame"),
        (
            gzip.compress(b'{"recv_ns":1,"frame":"{}"}\n', mtime=0),
            "line 1 is not a frame of a combined",
        ),
    ],
)
def test_a_broken_file_is_told_in_one_sentence(tmp_path, content, why):
    """Whatever is wrong, the sentence names the file and what is wrong with it."""
    path = tmp_path / "broken.frames.jsonl.gz"
    path.write_bytes(content)

    with pytest.raises(ReplayError) as caught:
        read_recording(path)

    assert str(caught.value).startswith(f"cannot replay {path}: {why}")
    assert "\n" not in str(caught.value)


def test_a_folder_is_not_a_recording(tmp_path):
    """What cannot be opened is told in the system's words."""
    with pytest.raises(ReplayError, match="Is a directory"):
        read_recording(tmp_path)
