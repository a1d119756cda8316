"""The intake stores, waits for the disk within bounds, and books what it must give up."""

from contextlib import closing

import pytest

from quantlive_nb.errors import StoreFull
from quantlive_nb.live import writer as room
from quantlive_nb.live.writer import TradeWriter
from quantlive_nb.store import Store
from tests.disk import child, counted
from tests.tape import SECOND, START, VENUE, batch, stored, trade


class Disk(Store):
    """A store whose disk can be full."""

    is_full = False

    def append(self, trades, how="live"):
        """As a store does, unless the disk is full."""
        if self.is_full:
            raise StoreFull(self.path, "no space left on device")
        return super().append(trades, how)


@pytest.fixture
def disk():
    """A store in memory, whose disk is not full yet."""
    with closing(Disk()) as disk:
        yield disk


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Each batch is an attempt."""
    monkeypatch.setattr(room, "AGAIN_S", 0.0)


def rows(*ids):
    """A batch of trades."""
    return batch(*[trade(i, i) for i in ids])


def ids(store):
    """What is stored."""
    return [row.trade_id for row in stored(store, "BTCUSDT")]


def test_what_comes_is_stored_at_once(disk):
    """How many rows were new is told; nothing waits."""
    intake = TradeWriter(lambda: disk)

    assert (intake.take(rows(1, 2)), intake.take(rows(2, 3)), intake.take(None)) == (2, 1, 0)
    assert (intake.n_waiting, intake.n_stored, intake.trouble) == (0, 3, "")


def test_a_full_disk_is_waited_for(disk):
    """The sentence says why; when there is space again everything goes in, in its order."""
    intake = TradeWriter(lambda: disk)
    disk.is_full = True
    assert intake.take(rows(1, 2)) == intake.take(rows(3)) == 0
    assert "free some space, the recording waits" in intake.trouble
    assert (intake.n_waiting, intake.n_dropped) == (3, 0)
    disk.is_full = False

    assert intake.take(rows(4)) == 4
    assert (intake.trouble, intake.n_waiting) == ("", 0)
    assert ids(disk) == [1, 2, 3, 4]


def test_nothing_is_confirmed_of_what_waits(disk):
    """A feed's word goes as far as what is stored; what it takes back is taken back at once."""
    intake, key = TradeWriter(lambda: disk), ("binance", "BTCUSDT")
    intake.confirm("binance", {"BTCUSDT": 10})
    disk.is_full = True
    intake.take(rows(1))
    intake.confirm("binance", {"BTCUSDT": 20})
    assert disk.confirmed[key] == 10
    intake.confirm("binance", {"BTCUSDT": 5})
    assert disk.confirmed[key] == 5
    disk.is_full = False
    intake.flush()
    intake.confirm("binance", {"BTCUSDT": 20})

    assert disk.confirmed[key] == 20


def test_what_finds_no_room_is_dropped_counted_and_missing(disk):
    """The oldest stay; the ledger knows the rest at once as ids that ought to be here."""
    intake = TradeWriter(lambda: disk, most_rows=3)
    intake.take(rows(1))
    disk.is_full = True
    for n in range(2, 8, 2):
        intake.take(rows(n, n + 1))
    assert (intake.n_waiting, intake.n_dropped) == (3, 3)
    assert len(intake._waiting) == 2  # nothing grows while nothing fits
    assert disk.coverage["binance"].n_missing("BTCUSDT") == 6  # waiting ones are not here either
    disk.is_full = False
    intake.flush()

    assert ids(disk) == [1, 2, 3, 4]
    assert [gap[:2] for gap in disk.coverage["binance"].gaps("BTCUSDT")] == [(5, 7)]


def test_nothing_is_mended_while_trades_wait(disk):
    """What REST brings can be fetched again; it goes into the ledger as what it is."""
    intake = TradeWriter(lambda: disk)
    disk.is_full = True
    intake.take(rows(2))
    with pytest.raises(StoreFull):
        intake.mend(rows(1))
    disk.is_full = False
    intake.flush()

    assert intake.mend(rows(1)) == 1
    assert list(disk.sql("SELECT how FROM coverage ORDER BY from_id").how) == ["rest", "live"]


def test_a_disk_that_stays_full_is_not_asked_all_the_time(disk, monkeypatch):
    """Between two attempts a second passes, however fast trades come."""
    monkeypatch.setattr(room, "AGAIN_S", 3_600.0)
    intake = TradeWriter(lambda: disk)
    disk.is_full = True
    intake.take(rows(1))
    disk.is_full = False

    assert intake.take(rows(2)) == 0
    assert intake.flush() == 2


FULL_NOW_AND_THEN = """
import sys
from quantlive_nb.live import writer as room
from quantlive_nb.store import Store
from tests.disk import hasty_checkpoints, limit, rows
room.AGAIN_S, at = 0.0, 0
store = Store(sys.argv[1])
intake = room.TradeWriter(lambda: store)
hasty_checkpoints(store)
for n_bytes, n in ((10**9, 2_000), (100_000, 2_000), (100_000, 10), (10**9, 10), (20_000, 300)):
    limit(n_bytes)
    intake.take(rows(at, n))
    at += n
    print(store.is_broken, intake.n_waiting)
limit()
print(intake.flush(), intake.trouble or "well")
store.close()
"""


@pytest.mark.slow
def test_a_file_that_duckdb_gives_up_is_revived_as_soon_as_there_is_room(tmp_path):
    """It stumbles over a checkpoint: what was stored stays, what came meanwhile goes in, once."""
    path = tmp_path / "t.duckdb"

    assert " ".join(child(FULL_NOW_AND_THEN, path)) == (
        "False 0 True 2000 False 2010 False 0 False 300 300 well"
    )
    assert counted(path) == (4_320, 4_320, True)


def test_nothing_is_confirmed_after_a_trade_in_doubt(disk):
    """A quiet bar of a symbol whose ids may have begun anew is not known to be quiet."""
    intake, at_us = TradeWriter(lambda: disk), 50 * SECOND
    intake.take(rows(1, 2, 3))
    intake.take(batch(trade(2, at_us, price=7)))
    intake.confirm(VENUE, {"BTCUSDT": START + 90 * SECOND, "ETHUSDT": START + 90 * SECOND})

    assert disk.confirmed[VENUE, "BTCUSDT"] == START + at_us
    assert disk.confirmed[VENUE, "ETHUSDT"] == START + 90 * SECOND
    intake.take(batch(trade(4, 91 * SECOND)))
    intake.confirm(VENUE, {"BTCUSDT": START + 95 * SECOND})
    assert disk.confirmed[VENUE, "BTCUSDT"] == START + 95 * SECOND
