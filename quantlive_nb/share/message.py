"""Messages between the owner of a database and its clients: commands to it, snapshots from it.

Each is JSON and says the version of this protocol; a change that an older process would
misunderstand raises :data:`VERSION`.
"""

import math
from typing import Annotated, Any, Self

import msgspec

from quantlive_nb.alert import Rule
from quantlive_nb.errors import QuantliveError
from quantlive_nb.health import FeedState, Health
from quantlive_nb.interval import Micros
from quantlive_nb.store.tape.coverage import Range
from quantlive_nb.store.tape.id_range import Era

__all__ = [
    "VERSION",
    "AddAlert",
    "CancelFill",
    "ClearEvents",
    "Command",
    "Fill",
    "LookAt",
    "MessageError",
    "RemoveAlert",
    "Snapshot",
    "Status",
    "Tape",
    "decode_command",
    "decode_snapshot",
    "encode",
]

VERSION = 1
Moment = Annotated[int, msgspec.Meta(ge=0, lt=2**62)]


class MessageError(QuantliveError):
    """A message that cannot be read; the sentence says why."""


class Header(msgspec.Struct, frozen=True):
    """What is read of any message first."""

    version: int = 0


class Command(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """What a client asks its owner to do."""

    version: int = VERSION


class AddAlert(Command, frozen=True, tag="add_alert"):
    """Watch a rule; one of the same name is replaced."""

    rule: Rule


class RemoveAlert(Command, frozen=True, tag="remove_alert"):
    """Watch a rule no more."""

    name: str


class ClearEvents(Command, frozen=True, tag="clear_events"):
    """Forget every firing."""


class Fill(Command, frozen=True, tag="fill"):
    """Fetch what was skipped; with ``back_us`` everything so far back."""

    back_us: "Moment | None" = None


class CancelFill(Command, frozen=True, tag="cancel_fill"):
    """Fill the history no further."""


class LookAt(Command, frozen=True, tag="look_at"):
    """Fetch what is missing near a moment first; None: the newest first."""

    ts: "Moment | None" = None


COMMANDS = AddAlert | RemoveAlert | ClearEvents | Fill | CancelFill | LookAt


class Status(msgspec.Struct, frozen=True):
    """How the recording is doing: a Health without what a client knows itself; None is NaN."""

    state: FeedState = FeedState.NEW
    reason: str = ""
    trades_per_s: float = 0.0
    lag_ms: "float | None" = None
    n_trades: int = 0
    n_rejected: int = 0
    n_dropped: int = 0
    n_differing: int = 0
    n_unconfirmed: int = 0
    is_repairing: bool = False
    filled: "float | None" = None
    trouble: str = ""

    @classmethod
    def of(cls, health: Health) -> Self:
        """The part of a Health that is sent."""
        return cls(**{name: as_none(getattr(health, name)) for name in cls.__struct_fields__})

    def health(self, source: str) -> Health:
        """As a Health of that source.

        Examples
        --------
        >>> Status.of(Health(FeedState.LIVE, "binance", n_trades=5)).health("binance").n_trades
        5
        """
        numbers = {name: getattr(self, name) for name in self.__struct_fields__}
        nan = {name: math.nan for name in ("lag_ms", "filled") if numbers[name] is None}
        return Health(source=source, **(numbers | nan))


class Tape(msgspec.Struct, frozen=True):
    """What is stored of one symbol.

    Attributes
    ----------
    held, skipped, wanted, era, past
        As :class:`Coverage` has them.
    newest, confirmed : int, µs UTC
    recent : list or None
        The newest seconds, of a symbol to which somebody subscribes; see :class:`RecentBars`.
    """

    held: list[Range]
    skipped: list[Range]
    wanted: "Range | None"
    era: int
    past: list[Era]
    newest: Micros
    confirmed: Micros = 0
    recent: "list[Any] | None" = None


class Snapshot(msgspec.Struct, frozen=True):
    """Everything that a client must know and cannot ask of the tables; pushed on each change.

    Attributes
    ----------
    source : str
        What is recorded; empty where nobody said.
    n_alerts : int
        Grows with every change of an alert or a firing.
    tapes : dict of str to dict of str to Tape
        By venue and symbol.
    late : list of (int, str, str, int)
        Number, venue, symbol and time of the last writes into the past.
    """

    version: int = VERSION
    status: Status = Status()
    source: str = ""
    now_us: Micros = 0
    n_alerts: int = 0
    tapes: dict[str, dict[str, Tape]] = {}
    late: list[tuple[int, str, str, Micros]] = []


def encode(message: "Command | Snapshot") -> bytes:
    """A message as one line of JSON.

    Examples
    --------
    >>> encode(Fill(5))
    b'{"type":"fill","back_us":5,"version":1}'
    """
    return msgspec.json.encode(message)


def decode_command(text: bytes) -> COMMANDS:
    """A command of a client of this version.

    Raises
    ------
    MessageError

    Examples
    --------
    >>> decode_command(encode(Fill(5)))
    Fill(back_us=5, version=1)
    """
    command: COMMANDS = _decode(text, COMMANDS)
    return command


def decode_snapshot(text: bytes) -> Snapshot:
    """A snapshot of an owner of this version.

    Raises
    ------
    MessageError
    """
    snapshot: Snapshot = _decode(text, Snapshot)
    return snapshot


def _decode(text: bytes, kind: Any) -> Any:
    """A message of a kind, once its version is known."""
    try:
        header = msgspec.json.decode(text, type=Header)
        if header.version != VERSION:
            raise MessageError(
                f"it speaks version {header.version} of the share's protocol and this process "
                f"version {VERSION}: run the same version of quantlive_nb in both"
            )
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, RecursionError) as exc:
        raise MessageError(f"a message cannot be read ({exc})") from exc


def as_none(value: object) -> Any:
    """A value as JSON can hold it: NaN is None."""
    return None if value != value else value
