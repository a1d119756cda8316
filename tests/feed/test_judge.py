"""Which trades can be true beside the others of their stream."""

import pytest

from quantlive_nb.feed.judge import DAY, HOUR, LEAP, PATIENCE, Judge
from quantlive_nb.feed.recording import read_frames
from quantlive_nb.interval import SECOND
from quantlive_nb.wire import Binance
from tests.tape import trade


@pytest.fixture
def judge():
    """One that has seen a trade of each of two symbols."""
    judge = Judge({"BTCUSDT", "ETHUSDT"})
    assert not judge.objection(trade(1_000))
    assert not judge.objection(trade(9_000_000_000, symbol="ETHUSDT"))
    return judge


def later(trade_id, at_us):
    """A trade so many µs after the first, received then."""
    return trade(trade_id, at_us)


def test_the_recording_is_believed(data):
    """15 863 real trades, and 45 a second on average: not one objection."""
    path = data / "binance_spot_btcusdt_ethusdt_20240808T2354.trade.frames.jsonl.gz"
    judge = Judge({"BTCUSDT", "ETHUSDT"})
    rows = [row for block in read_frames(path, Binance()) for row in block.rows()]

    assert {judge.objection(row) for row in rows} == {""}


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (trade(1_001, symbol="XBTUSD"), "not asked for"),
        (trade(1_001, DAY + 1)._replace(ts_recv=trade(1_000).ts_recv), "a day from its neighbours"),
        (trade(1_001, -DAY - 1)._replace(ts_recv=trade(1_000).ts_recv), "a day from its neighb"),
        (trade(1_001 + LEAP), "a trade 100,000,001 ids from its neighbour"),
        (trade(1_001)._replace(ts_event=0), "hours from when it was sent"),
        (trade(1_001)._replace(ts_exch=trade(1).ts_event + HOUR + 1), "happened 1 hours from when"),
    ],
)
def test_what_cannot_follow_is_told_and_forgotten(judge, odd, why):
    """The sentence says what is wrong, and the next trade is judged as if it had not been."""
    assert why in judge.objection(odd)
    assert judge.objection(trade(1_001, SECOND)) == ""


def test_symbols_are_judged_apart(judge):
    """Ids of two symbols have nothing to do with each other."""
    assert judge.objection(trade(1_001)) == ""
    assert judge.objection(trade(9_000_000_001, symbol="ETHUSDT")) == ""
    assert "ids from its neighbour" in judge.objection(trade(1_002, symbol="ETHUSDT"))


def test_our_own_clock_is_not_asked(judge):
    """A recording of long ago, or a clock that is years off, is as good as today."""
    for n, off_us in enumerate((-10 * 365 * DAY, 10 * 365 * DAY)):
        row = trade(1_001 + n, n * SECOND)

        assert judge.objection(row._replace(ts_recv=row.ts_recv + off_us)) == ""


def test_after_a_long_silence_the_stream_goes_on(judge):
    """As much market time may have passed as has passed here."""
    assert judge.objection(later(1_001, 30 * DAY)) == ""
    assert judge.objection(later(1_002, 30 * DAY + SECOND)) == ""


def test_reordered_trades_are_neighbours(judge):
    """Older ones within the day are no nonsense."""
    assert [judge.objection(trade(i, i * SECOND)) for i in (1_500, 900, 1_499)] == [""] * 3


def test_a_stream_that_has_moved_is_followed_in_the_end(judge):
    """A hundred objections in a row: it is not they who are wrong. Until then none is kept."""
    moved = [trade(10**12 + i, i) for i in range(PATIENCE + 5)]
    objections = [judge.objection(row) for row in moved]

    assert all(objections[: PATIENCE - 1])
    assert objections[PATIENCE - 1 :] == [""] * 6
    assert "ids from its neighbour" in judge.objection(trade(1_001))


def test_patience_begins_anew_with_each_good_trade(judge):
    """Nonsense between good trades is never believed, however much of it comes."""
    for i in range(3 * PATIENCE):
        assert judge.objection(trade(10**12)) != ""
        assert judge.objection(trade(1_001 + i)) == ""


def test_symbols_may_come_while_it_judges(judge):
    """What is wanted from now on is not refused."""
    judge.symbols |= {"SOLUSDT"}

    assert judge.objection(trade(1, symbol="SOLUSDT")) == ""
