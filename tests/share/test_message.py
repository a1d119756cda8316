"""Commands and snapshots survive the wire; of another version one sentence is said."""

import math
from contextlib import closing

import msgspec
import pytest

from quantlive_nb.alert import Rule
from quantlive_nb.errors import StoreError
from quantlive_nb.health import FeedState, Health
from quantlive_nb.settings import Windows
from quantlive_nb.share.client import RemoteStore
from quantlive_nb.share.message import (
    VERSION,
    AddAlert,
    CancelFill,
    ClearEvents,
    Fill,
    LookAt,
    MessageError,
    RemoveAlert,
    Snapshot,
    Status,
    Tape,
    decode_command,
    decode_snapshot,
    encode,
)
from quantlive_nb.share.publisher import Owner
from quantlive_nb.share.server import Share
from quantlive_nb.store import Store
from quantlive_nb.store.tape.id_range import Era, Range

RULE = Rule("wide", "zscore", ">", 2.5, "ETHUSDT", "BTCUSDT", windows=Windows(z=70))
COMMANDS = [
    AddAlert(RULE),
    RemoveAlert("it's"),
    ClearEvents(),
    Fill(),
    Fill(5),
    CancelFill(),
    LookAt(),
    LookAt(7),
]
RANGE = Range(1, 4, 10, 40)
TAPE = Tape([RANGE], [RANGE], RANGE, 1, [Era(0, [RANGE], [])], 40, 41, [0, 7, [[0, 0.1, 2]]])


@pytest.mark.parametrize("command", COMMANDS, ids=repr)
def test_a_command_is_decoded_as_it_was_encoded(command):
    """Each kind, with and without its arguments; one line, so that it can be pushed."""
    assert decode_command(encode(command)) == command
    assert b"\n" not in encode(command)


def test_a_snapshot_is_decoded_as_it_was_encoded():
    """Ranges and eras are what they were; NaN, which JSON does not have, comes back as NaN."""
    health = Health(FeedState.DOWN, "binance", "away", lag_ms=math.nan, filled=0.5, n_trades=3)
    snapshot = Snapshot(
        status=Status.of(health),
        source="binance",
        now_us=5,
        n_alerts=2,
        tapes={"binance": {"BTCUSDT": TAPE}},
        late=[(1, "binance", "BTCUSDT", 9)],
    )
    decoded = decode_snapshot(encode(snapshot))

    assert decoded == snapshot
    assert type(decoded.tapes["binance"]["BTCUSDT"].held[0]) is Range
    assert math.isnan(decoded.status.health("binance").lag_ms)
    assert decoded.status.health("binance").but(lag_ms=0.0) == health.but(lag_ms=0.0)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"[" * 100_000,
        b'{"version":1}',
        b'{"type":"drop","version":1}',
        b'{"type":"fill","version":1,"back_us":-1}',
        b'{"type":"fill","version":1,"back_us":1e99}',
        b'{"type":"look_at","version":1,"ts":"now"}',
        b'{"type":"fill","version":1,"more":1}',
        encode(AddAlert(RULE)).replace(b"zscore", b"nonsense"),
    ],
)
def test_a_command_that_cannot_be_read_is_refused(text):
    """Broken, unknown, out of range, or a rule that cannot be: one sentence each."""
    with pytest.raises(MessageError, match="a message cannot be read") as caught:
        decode_command(text)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("decode", [decode_command, decode_snapshot])
@pytest.mark.parametrize("text", [b'{"version":2,"new":[]}', b'{"health":{}}'])
def test_a_message_of_another_version_is_known_by_its_version(decode, text):
    """Whatever else is in it: also one from before there were versions."""
    with pytest.raises(MessageError, match=r"speaks version [02] .* process version 1: run"):
        decode(text)


def test_a_client_of_another_version_is_told_in_one_sentence(tmp_path, monkeypatch):
    """It opens nothing, and says which process it met and what to do."""
    with closing(Store(tmp_path / "t.duckdb")) as store, closing(Share(store)) as share:
        share.publish(msgspec.json.encode({"version": VERSION + 1, "tapes": "of another form"}))
        with pytest.raises(
            StoreError, match=r"process \d+, which records into it, .* version 2 .* version 1: run"
        ) as caught:
            RemoteStore(store.path, share.address)

    assert "\n" not in str(caught.value)


def test_a_command_of_another_version_is_not_executed(tmp_path):
    """The owner's log says so; what it records goes on."""
    with closing(Store(tmp_path / "t.duckdb")) as store:
        owner = Owner(store, lambda: Health(FeedState.LIVE, ""), int, print, print)
        with (
            closing(owner._open()) as share,
            closing(RemoteStore(store.path, share.address)) as client,
        ):
            client.send(msgspec.structs.replace(Fill(5), version=VERSION + 1))
            client.send(Fill(6))

            assert owner._round(share)[1] == [Fill(6)]
