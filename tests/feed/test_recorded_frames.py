"""Recorded frames as columns, and what is left of a damaged recording."""

import gzip
import json
import zlib

import pytest

from quantlive_nb.errors import ReplayError
from quantlive_nb.feed import recorded_frames as recording
from quantlive_nb.feed.recorded_frames import read_frames
from quantlive_nb.store.file.trade_file import read_trades
from quantlive_nb.venue import Binance

STEM = "binance_spot_btcusdt_ethusdt_20240808T2354"


def line(number, frame=None):
    """A recorded trade."""
    trade = (
        f'{{"stream":"a@trade","data":{{"e":"trade","E":1723161255343,"s":"A","t":{number},'
        '"p":"1.5","q":"2","T":1723161255342,"m":true}}'
    )
    return json.dumps({"recv_ns": number * 1_000, "frame": frame or trade}).encode() + b"\n"


def read(path):
    """The ids of a recording up to its end, or up to its error; and the error."""
    ids = []
    try:
        for block in read_frames(path, Binance()):
            ids += block.trade_id.tolist()
    except ReplayError as error:
        return ids, error
    return ids, None


@pytest.fixture
def write(tmp_path):
    """Make a recording of some bytes."""

    def make(content):
        path = tmp_path / "a.frames.jsonl.gz"
        path.write_bytes(content)
        return path

    return make


def test_frames_and_columns_are_one_recording(data):
    """The frames file gives exactly the rows of the trades Parquet, in the order of receipt."""
    frames = read_frames(data / f"{STEM}.trade.frames.jsonl.gz", Binance())
    columns = read_trades(data / f"{STEM}.trades.parquet")
    from_frames = [row for block in frames for row in block.rows()]
    from_columns = [row for block in columns for row in block.rows()]

    assert [row.ts_recv for row in from_frames] == [row.ts_recv for row in from_columns]
    assert sorted(from_frames) == sorted(from_columns)
    assert len(from_frames) == 15_863


def test_blocks_are_small_and_complete(write, monkeypatch):
    """A block holds what some lines hold; together they hold everything in order."""
    monkeypatch.setattr(recording, "LINES", 4)
    path = write(gzip.compress(b"".join(map(line, range(10)))))

    assert [block.trade_id.tolist() for block in read_frames(path, Binance())] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9],
    ]


def test_the_recorders_clock_is_the_time_of_receipt(write):
    """Nanoseconds become microseconds; they are not ours."""
    (block,) = read_frames(write(gzip.compress(line(7))), Binance())

    assert block.ts_recv.tolist() == [7]
    assert block.venue == "binance"


def test_frames_that_are_no_trades_are_passed_over(write):
    """Book updates, acknowledgements and garbage, as when they came live."""
    odd = [line(5, frame) for frame in ('{"u":1,"s":"A"}', '{"result":null,"id":1}', "{]")]

    assert read(write(gzip.compress(line(1) + b"".join(odd) + line(2)))) == ([1, 2], None)


def test_what_came_before_the_damage_is_played(write):
    """A file that breaks off in its tenth thousand loses only its end."""
    whole = b"".join(map(line, range(9_000)))
    ids, error = read(write(gzip.compress(whole, 1)[:-500]))

    assert ids == list(range(len(ids)))
    assert len(ids) > 5_000
    assert f"it is damaged after line {len(ids):,}" in str(error)


def test_a_line_of_something_else_ends_it(write):
    """The sentence says after which line, and the trades before it have been played."""
    ids, error = read(write(gzip.compress(line(0) + line(1) + b'{"frame": 7}\n' + line(2))))

    assert ids == [0, 1]
    assert "it is damaged after line 2 (" in str(error)


@pytest.mark.parametrize(
    "content",
    [b"not gzip", zlib.compress(b"x")]
    + [gzip.compress(text, mtime=0) for text in (b"ts,price\n1,2\n", b"\xff\n")],
)
def test_another_kind_of_file_is_told(write, content):
    """Neither the bytes nor the lines of a recording: one sentence that names the file."""
    path = write(content)
    ids, error = read(path)

    assert ids == []
    assert str(error).startswith(f"cannot replay {path}: not recorded frames (")
    assert "\n" not in str(error)


def test_what_is_not_there_is_told(tmp_path):
    """A missing file and a folder."""
    assert "the file does not exist" in str(read(tmp_path / "none.gz")[1])
    assert "Is a directory" in str(read(tmp_path)[1])


def test_an_empty_recording_holds_no_trade(write):
    """It is whole, and there is nothing in it."""
    assert read(write(gzip.compress(b""))) == ([], None)
