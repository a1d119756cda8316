"""The newest seconds survive being told, and hold every trade from their beginning on."""

import json
from contextlib import closing

import numpy as np

from quantlive_nb.store import BarReader, Store
from quantlive_nb.store.aggregate.bar_rows import ROW
from quantlive_nb.store.aggregate.recent_bars import STEP_US, RecentBars
from tests.tape import SECOND, START, VENUE, batch, trade


def test_what_is_told_is_heard():
    """Through JSON, to the last bit, seconds without a trade left out."""
    with closing(Store()) as store:
        store.append(batch(trade(1), trade(2, SECOND // 3, price="0.1"), trade(3, 4 * SECOND)))
        newest_us = store.newest[VENUE, "BTCUSDT"]
        bars = BarReader(store).bars(VENUE, "BTCUSDT", STEP_US, now_us=newest_us)
    tail = RecentBars.of(bars, START, newest_us)
    heard = RecentBars.unpack(json.loads(json.dumps(tail.pack())))

    assert heard[:2] == (START, newest_us)
    assert heard.rows.dtype == ROW
    assert heard.rows.tolist() == tail.rows.tolist()
    assert heard.rows["ts"].tolist() == [START, START + 4 * SECOND]
    assert heard.rows["n_trades"].tolist() == [2, 1]


def test_nothing_is_told_of_nothing():
    """No row, and still rows."""
    heard = RecentBars.unpack(json.loads(json.dumps(RecentBars(0, 0, np.empty(0, ROW)).pack())))

    assert len(heard.rows) == 0
    assert heard.rows.dtype == ROW
