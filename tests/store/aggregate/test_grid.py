"""Aggregated trades on a grid: what is known of a bar before its trades are read."""

import duckdb
import numpy as np
import pytest

from quantlive_nb.store import BarReader
from quantlive_nb.store.aggregate.bar_rows import ROW
from quantlive_nb.store.aggregate.grid import Known, filled
from quantlive_nb.store.file.export import export_bars
from quantlive_nb.store.tape.coverage import Gap
from quantlive_nb.types import Bars
from tests.tape import SECOND, START, VENUE, batch, trade

ROWS = np.array([(SECOND, 2, 3, 1, 2, 5, 10, 0, 2, 1, 2)], ROW)


@pytest.mark.parametrize(
    ("known", "is_closed", "is_complete"),
    [
        (Known(2 * SECOND, [], 0), [True, True, False], [False, True, True]),
        (Known(2 * SECOND - 1, [], None), [True, False, False], [True, True, True]),
        (
            Known(9 * SECOND, [Gap(3, 4, 2 * SECOND, 2 * SECOND)], 0),
            [True] * 3,
            [False, True, False],
        ),
        (Known(0, [], SECOND), [False] * 3, [False, False, True]),
    ],
)
def test_a_bar_is_what_was_known_of_it(known, is_closed, is_complete):
    """Closed as far as was heard; incomplete where the tape began and where ids are missing."""
    grid = np.arange(3) * SECOND
    bars = filled(Bars.empty("v", "A", SECOND), grid, ROWS, 7.0, known)

    assert bars.close.tolist() == [7, 2, 2]
    assert bars.n_trades.tolist() == [0, 2, 0]
    assert bars.is_closed.tolist() == is_closed
    assert bars.is_complete.tolist() == is_complete


def test_no_trade_is_left_out_whatever_the_order_of_ids(store, tmp_path):
    """A trade may be older than the one with the lowest id; its bar is there, and incomplete."""
    store.append(batch(trade(5, 3 * SECOND), trade(6), trade(7, 4 * SECOND)))
    choice = {"venue": VENUE, "symbols": ["BTCUSDT"], "every_us": SECOND, "now_us": START}
    export_bars(store, tmp_path / "b.parquet", None, **choice)
    exported = duckdb.read_parquet(str(tmp_path / "b.parquet")).fetchnumpy()
    live = BarReader(store).bars(VENUE, "BTCUSDT", SECOND, now_us=START)

    for counts in (exported["n_trades"], live.n_trades):
        assert counts.tolist() == [1, 0, 0, 1, 1]
    for flags in (exported["is_complete"], live.is_complete):
        assert flags.tolist() == [False] * 4 + [True]
