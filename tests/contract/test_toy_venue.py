"""A venue added as CONTRIBUTING says: its ids are texts, its WebSocket is written here."""

import contextlib
import gzip
import json
from dataclasses import dataclass, field, replace

import msgspec
import pytest

from quantlive_nb import Live
from quantlive_nb.errors import WireError
from quantlive_nb.feed import reconnecting
from quantlive_nb.health import FeedState
from quantlive_nb.judge import as_micros, flaw
from quantlive_nb.live import source
from quantlive_nb.types import Notice, Trade
from quantlive_nb.venue import EXCHANGES
from quantlive_nb.venue.base import UNREADABLE, Capabilities, Limits
from tests.lives import until
from tests.tape import START
from tests.toy_server import Server, text

# Step 1: a few of its messages, and the trades that they mean.

TRADES = (
    '{"type":"trades","market":"BTCUSD","trades":['
    '{"id":"q7-f","price":"61837.63","size":"0.02","taker":"sell","time":1723161255342},'
    '{"id":"03-a","price":"61837.64","size":"1","taker":"buy","time":1723161255342}]}'
)
MEANT = [
    ("BTCUSD", "61837.63", "0.02", False, 1_723_161_255_342_000, "q7-f"),
    ("BTCUSD", "61837.64", "1", True, 1_723_161_255_342_000, "03-a"),
]
SAYS = [
    ('{"type":"subscribed","markets":["BTCUSD"]}', "ack"),
    ('{"type":"error","message":"no such market"}', "error"),
    ('{"type":"goodbye"}', "shutdown"),
    ('{"type":"somethingNew"}', "ignored"),
]

# Step 2: the venue, which would be quantlive_nb/venue/toy/stream.py.


class ToyTrade(msgspec.Struct):
    """One trade of a message."""

    id: str
    price: str
    size: str
    taker: str
    time: int


class ToyMessage(msgspec.Struct):
    """Any message; unknown keys are ignored."""

    type: str
    market: str = ""
    trades: list[ToyTrade] = []
    message: str = ""


MESSAGE = msgspec.json.Decoder(ToyMessage)
KINDS = {"subscribed": "ack", "error": "error", "goodbye": "shutdown"}


@dataclass
class Toy:
    """An exchange with a stream, no past and no list of symbols."""

    ws_url: str = "wss://toy.invalid"
    rest_url: str = ""
    name: str = "toy"
    limits: Limits = field(default_factory=lambda: Limits(control_per_s=5))
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(ids="opaque"))
    alternative: str = ""
    history: None = None

    def elsewhere(self):
        """It has no other hosts."""

    def url(self, symbols):
        """One address for all."""
        return f"{self.ws_url}/feed"

    def hello(self, symbols):
        """What is wanted."""
        return [self.subscribe(symbols, 0)]

    def subscribe(self, symbols, request_id):
        """Add symbols."""
        return json.dumps({"op": "subscribe", "markets": list(symbols), "id": request_id})

    def unsubscribe(self, symbols, request_id):
        """Remove symbols."""
        return json.dumps({"op": "unsubscribe", "markets": list(symbols), "id": request_id})

    def parse(self, raw, ts_recv):
        """Trades, or what else a message says."""
        try:
            message = MESSAGE.decode(raw)
        except UNREADABLE as exc:
            raise WireError(self.name, raw, f"not a message ({exc})") from exc
        if message.type != "trades":
            return [Notice(KINDS.get(message.type, "ignored"), message.message)]
        return [self._trade(message.market, row, raw, ts_recv) for row in message.trades]

    def _trade(self, market, row, raw, ts_recv):
        """One checked trade; its number is given when it is stored."""
        ts, numbers = as_micros(row.time), (row.price, row.size, row.taker == "buy")
        trade = Trade(self.name, market, 0, 0, *numbers, ts, ts, ts_recv, row.id)
        if why := flaw(trade) or ("" if row.id else "a trade without an id"):
            raise WireError(self.name, raw, why)
        return trade

    def listing_path(self):
        """It lists no symbols."""
        return ""

    def listing(self, body):
        """It lists no symbols."""
        return {}


# Step 3: registered, as one line of quantlive_nb/venue/__init__.py does.


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """The venue has a name that ``--source`` takes."""
    monkeypatch.setitem(EXCHANGES, "toy", Toy)
    monkeypatch.setattr(source, "SOURCES", (*source.SOURCES, "toy"))
    monkeypatch.setattr(reconnecting, "OVERLAP_S", 5.0)


@pytest.fixture
def server():
    """The toy exchange on this machine."""
    server = Server()
    yield server
    server.close()


@contextlib.contextmanager
def recording(server, path, n_made=[0]):  # noqa: B006  a name that no Live had before
    """A Live of the venue, recording into a file."""
    n_made[0] += 1
    options = {"source": "toy", "ws_url": server.ws_url, "db": str(path), "preload": "0"}
    live = Live("BTCUSD", name=f"toy{n_made[0]}", **options).start()
    try:
        yield live
    finally:
        live.close()


ROWS = "SELECT era, trade_id, last_id, venue_trade_id FROM trades ORDER BY ALL"


def rows(live, n):
    """What is stored, once it is so much."""
    until(live, lambda: len(live.sql(ROWS)) >= n)
    return [(*map(int, row[:3]), row[3]) for row in live.sql(ROWS).itertuples(index=False)]


def test_its_messages_mean_what_is_written():
    """The trades of the examples, exactly, and everything else by its kind."""
    trades = Toy().parse(TRADES, 5)

    assert [(t.symbol, t.price, t.qty, t.is_buy, t.ts_exch, t.venue_trade_id) for t in trades] == (
        MEANT
    )
    for said, kind in SAYS:
        assert [notice.kind for notice in Toy().parse(said, 5)] == [kind]
    for bad in ("{]", TRADES.replace("61837.63", "-1"), TRADES.replace("q7-f", "")):
        with pytest.raises(WireError):
            Toy().parse(bad, 5)


def test_opaque_ids_are_kept_and_receipts_counted(server, tmp_path):
    """``venue_trade_id`` is the venue's text, ``trade_id`` the number of its receipt."""
    with recording(server, tmp_path / "a.duckdb") as live:
        server.trade("zz", "b7")
        server.trade("0a")

        assert rows(live, 3) == [(0, 1, 1, "zz"), (0, 2, 2, "b7"), (0, 3, 3, "0a")]
        assert not live.health().n_missing


def test_after_a_break_the_count_begins_anew_and_the_seam_is_a_hole(server, tmp_path):
    """No id tells what was missed: an era ends. What is told again is not stored again."""
    with recording(server, tmp_path / "a.duckdb") as live:
        server.trade("zz", "b7")
        rows(live, 2)
        server.drop(missed=["lost", "also lost"])
        server.trade("0a", "0b", "0c")

        assert rows(live, 7)[2:] == [
            (1, 1, 1, "lost"),
            (1, 2, 2, "also lost"),
            *((1, 3 + n, 3 + n, name) for n, name in enumerate(["0a", "0b", "0c"])),
        ]
        bars = live.bars("BTCUSD", every="1s", last="1min")
        assert not bars.is_complete[bars.ts == START + 1_000_000].any()
        assert "began anew" in str(live.health())


def test_the_next_recording_knows_what_is_stored(server, tmp_path):
    """What was traded between two recordings is a break; what both are told is stored once."""
    with recording(server, tmp_path / "a.duckdb") as live:
        server.trade("zz", "b7")
        rows(live, 2)
    with recording(server, tmp_path / "a.duckdb") as live:
        server.wait_connections(2)
        server.trade("0a")

        assert rows(live, 3) == [(0, 1, 1, "zz"), (0, 2, 2, "b7"), (1, 1, 1, "0a")]


def test_a_renewed_connection_is_no_break(server, tmp_path, monkeypatch):
    """Two connections bring the same trades for a while: each is stored once, in one era."""
    brief = replace(Toy().limits, rotate_s=0.3, connects=1_000)
    monkeypatch.setitem(EXCHANGES, "toy", lambda **urls: Toy(**urls, limits=brief))
    with recording(server, tmp_path / "a.duckdb") as live:
        n = 0
        while server.n_connections < 4:
            server.trade(f"t{n}")
            n += 1
            rows(live, n)

        assert rows(live, n) == [(0, i + 1, i + 1, f"t{i}") for i in range(n)]


def test_its_recording_is_played_as_it_was_told(tmp_path):
    """Frames that name the venue go the same way; played again, nothing is stored twice."""
    path, db = tmp_path / "a.frames.jsonl.gz", str(tmp_path / "a.duckdb")
    frames = [text((f"f{n}", n)) for n in range(6)]
    lines = [
        {"recv_ns": (START + n * 500_000) * 1_000, "frame": frame, "venue": "toy"}
        for n, frame in enumerate(frames)
    ]
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    for name in ("first", "again"):
        replay = Live(source=f"replay:{path}", db=db, speed=float("inf"), name=name)
        with contextlib.closing(replay) as live:
            live.start()
            until(live, lambda live=live: live.health().state is FeedState.ENDED)

            assert rows(live, 6) == [(0, n + 1, n + 1, f"f{n}") for n in range(6)]
