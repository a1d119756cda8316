"""A batch becomes rows, all its columns in their places."""

import duckdb
import numpy as np
import pytest

from quantlive_nb.store.tape.trade_rows import insert
from tests.tape import batch, eight_places, stored, trade


def test_every_column_finds_its_place(store):
    """Ids, exact decimals, side and the three times, as they were given."""
    rows = [trade(1, 5, "61837.63", "0.02", is_buy=False), trade(2, 7, n_ids=3)]
    insert(store.cursor(), batch(*rows), np.zeros(2))

    assert stored(store, "BTCUSDT") == [eight_places(row) for row in rows]


def test_a_batch_that_does_not_fit_leaves_the_connection_as_it_was(store):
    """A price too large is DuckDB's error; the next batch goes in."""
    with pytest.raises(duckdb.Error):
        insert(store.cursor(), batch(trade(1, price="100000000000")), np.zeros(1))
    insert(store.cursor(), batch(trade(1)), np.zeros(1))

    assert len(stored(store, "BTCUSDT")) == 1
