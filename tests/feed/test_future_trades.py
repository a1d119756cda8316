"""A trade of the future moves no market: it is held back until others say the same."""

from quantlive_nb.feed.buffer import TradeBuffer
from quantlive_nb.feed.future_trades import TOO_SOON, FutureTrades
from quantlive_nb.judge import Judge
from tests.tape import SECOND, trade

FAR = 5 * 3_600 * SECOND


def came(trade_id, ahead_us=0):
    """A trade that comes at its second, dated so much later."""
    row = trade(trade_id, trade_id * SECOND)
    shift = row.ts_exch + ahead_us
    return row._replace(ts_exch=shift, ts_event=shift, ts_recv=row.ts_exch)


def test_one_trade_of_the_future_is_refused_and_counted():
    """It would close five hours of bars that have not begun; those around it are taken."""
    inbox = TradeBuffer(Judge({"BTCUSDT"}))
    first, soon, after = came(1), came(2, FAR), came(3)

    assert inbox.take([first, soon]) == ([first], "")
    assert inbox.take([after]) == ([after], TOO_SOON)
    assert (inbox.rows, inbox.n_rejected) == ([first, after], 1)


def test_a_clock_of_ours_that_was_set_back_loses_no_trade():
    """All trades are ahead then: after three of them they are believed, none is refused."""
    ahead, rows = FutureTrades(), [came(1), *(came(i, FAR) for i in range(2, 9))]

    assert [row for given in rows for row in ahead.admit(given)] == rows
    assert ahead.n_refused == 0


def test_two_connections_that_bring_one_trade_are_no_evidence():
    """While one takes over from the other a corrupt trade may come twice."""
    ahead = FutureTrades()

    assert [len(ahead.admit(row)) for row in (came(1), *[came(2, FAR)] * 5, came(3))] == [
        *(1, 0, 0, 0, 0, 0, 1)
    ]


def test_trades_that_come_late_are_no_trades_of_the_future():
    """A feed that hangs for ten minutes and then catches up at once."""
    ahead = FutureTrades()
    late = [came(i, -600 * SECOND + i * SECOND) for i in range(2, 9)]

    assert all(ahead.admit(row) == [row] for row in (came(1), *late, came(9)))
