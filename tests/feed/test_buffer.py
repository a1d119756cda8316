"""What has arrived and waits: bounded, counted, and whoever should know is woken."""

import pytest

from quantlive_nb.feed import buffer as module
from quantlive_nb.feed.buffer import TradeBuffer
from quantlive_nb.judge import Judge
from quantlive_nb.types import Notice
from tests.tape import VENUE, trade


@pytest.fixture
def inbox():
    """An inbox for two symbols."""
    return TradeBuffer(Judge({"BTCUSDT", "ETHUSDT"}))


def test_what_came_is_handed_over_once(inbox):
    """In the order of arrival; then there is nothing, and nobody is woken for it."""
    rows = [trade(1), trade(7, symbol="ETHUSDT"), trade(2)]
    assert inbox.take(rows[:2]) == (rows[:2], "")
    assert inbox.take(rows[2:]) == (rows[2:], "")
    inbox.opened += ["BTCUSDT", "ETHUSDT", "BTCUSDT"]
    assert inbox.stirred.is_set()
    trades, n_rejected, n_dropped, complaint, opened = inbox.empty(VENUE)

    assert list(trades.rows()) == rows
    assert (n_rejected, n_dropped, complaint, opened) == (0, 0, "", ("BTCUSDT", "ETHUSDT"))
    assert not inbox.stirred.is_set()
    trades, *rest = inbox.empty(VENUE)
    assert (len(trades), trades.venue, rest) == (0, VENUE, [0, 0, "", ()])


@pytest.mark.parametrize(
    "events",
    [[Notice("ack", "1")], [Notice("ignored", "btcusdt@kline_1m")], [Notice("shutdown")], []],
)
def test_what_is_no_trade_wakes_nobody(inbox, events):
    """An acknowledgement is nothing to hand on."""
    inbox.take(events)

    assert not inbox.stirred.is_set()


def test_an_objection_is_counted_and_told_at_once(inbox):
    """Also when no good trade comes with it: a stream of nonsense must show on the screen."""
    why = "a trade of a symbol that was not asked for"
    assert inbox.take([trade(1, symbol="NOBODY"), trade(2)]) == ([trade(2)], why)
    assert inbox.stirred.is_set()
    inbox.reject()
    _, n_rejected, *_ = inbox.empty(VENUE)

    assert n_rejected == 2
    inbox.reject()
    assert inbox.stirred.is_set()


def test_the_exchanges_complaint_waits_for_the_next_batch(inbox):
    """The latest of them, once."""
    inbox.take([Notice("error", "slow down"), Notice("error", "too many parameters")])

    assert inbox.empty(VENUE)[3] == "too many parameters"
    assert inbox.empty(VENUE)[3] == ""


def test_a_full_batch_waits_for_nobody(inbox, monkeypatch):
    """The event says so with the row that makes it full."""
    monkeypatch.setattr(module, "FLUSH_ROWS", 3)
    inbox.take([trade(1), trade(2)])
    assert not inbox.full.is_set()
    inbox.take([trade(3)])
    assert inbox.full.is_set()
    inbox.empty(VENUE)

    assert not inbox.full.is_set()


def test_what_finds_no_room_is_dropped_and_counted(inbox, monkeypatch):
    """The newest go, the order stays; it was heard all the same, so the connection works."""
    monkeypatch.setattr(module, "MOST_ROWS", 2)
    rows = [trade(i) for i in range(5)]
    assert inbox.take(rows) == (rows, "")
    trades, _, n_dropped, *_ = inbox.empty(VENUE)

    assert (trades.trade_id.tolist(), n_dropped) == ([0, 1], 3)
    inbox.take([trade(5)])
    assert inbox.empty(VENUE)[0].trade_id.tolist() == [5]
