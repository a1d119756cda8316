"""The values that travel through the house."""

from dataclasses import FrozenInstanceError, fields

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.types import Bars, Pair, PairSpec, Trade, Trades
from tests.tape import SECOND, START, batch, tapes, trade

SPEC = PairSpec("ETHUSDT", "BTCUSDT", SECOND)


def some_bars(n):
    """n bars of which the last is forming."""
    columns = {field.name: np.arange(n, dtype=float) for field in fields(Bars)[4:11]}
    columns |= {field.name: np.arange(n) for field in fields(Bars)[11:15]}
    flags = {"is_closed": np.arange(n) < n - 1, "is_complete": np.full(n, True)}
    return Bars("v", "A", SECOND, START + SECOND * np.arange(n), **columns, **flags)


@given(rows=tapes())
def test_rows_survive_as_columns(rows):
    """What goes in row by row comes out row by row, in Python's own types."""
    back = list(batch(*rows).rows())

    assert back == rows
    assert {type(value) for row in back for value in row} <= {str, int, bool}


@given(rows=tapes(), chance=st.randoms(use_true_random=False))
def test_select_takes_rows_in_the_order_asked(rows, chance):
    """An index, a mask and a slice mean of columns what they mean of a list."""
    trades = batch(*rows)
    index = [chance.randrange(len(rows)) for _ in rows]
    mask = [chance.random() < 0.5 for _ in rows]

    assert list(trades.select(np.array(index)).rows()) == [rows[i] for i in index]
    kept = [r for r, m in zip(rows, mask, strict=True) if m]
    assert list(trades.select(np.array(mask)).rows()) == kept
    assert list(trades.select(slice(1, 3)).rows()) == rows[1:3]


def test_no_trades_still_have_types():
    """An empty batch can be joined to a full one, and names the venue that it is told."""
    none, some = Trades.of([], "binance"), batch(trade(1))

    assert len(none) == 0
    assert none.venue == "binance"
    assert [name for name, _ in none.columns()] == [name for name, _ in some.columns()]
    for name, column in some.columns():
        assert getattr(none, name).dtype == column.dtype


def test_a_batch_cannot_be_changed():
    """A column cannot be exchanged under a reader."""
    with pytest.raises(FrozenInstanceError):
        batch(trade(1)).price = None


def test_closed_bars_are_those_that_are_closed():
    """The forming bar is left out, every column shortened alike."""
    bars = some_bars(4).closed

    assert len(bars) == 3
    assert {len(getattr(bars, field.name)) for field in fields(Bars)[3:]} == {3}
    assert len(bars.closed.select(slice(0)).closed) == 0


def test_bars_as_a_frame_are_indexed_by_utc():
    """One row a bar, at its opening time, named as the bars are."""
    bars = some_bars(2)
    frame = bars.to_pandas()

    assert frame.index.tz is not None
    assert frame.index[0] == pd.Timestamp("2024-08-08 23:54:00", tz="UTC")
    assert frame.index[1] - frame.index[0] == pd.Timedelta(seconds=1)
    assert list(frame.columns) == [field.name for field in fields(Bars)[4:]]
    np.testing.assert_array_equal(frame.index.tz_localize(None), bars.times)


def test_no_bars_are_bars():
    """Nothing has a length, a name and a frame."""
    bars = Bars.empty("binance", "BTCUSDT", 60 * SECOND)

    assert repr(bars) == "Bars(binance BTCUSDT 1min, n=0)"
    assert len(bars.closed) == len(bars.to_pandas()) == 0


def test_a_pair_tells_its_question_and_its_flaws():
    """What is filled or missing is read off at a glance; logs are natural."""
    pair = Pair(SPEC, np.arange(3), np.array([1.0, 2.0, 4.0]), np.ones(3), 2, 1)

    assert repr(pair) == "Pair(ETHUSDT on BTCUSDT, 1s: n=3, filled=2, missing=1)"
    np.testing.assert_allclose(pair.log_y, [0, np.log(2), 2 * np.log(2)])
    np.testing.assert_array_equal(pair.log_x, np.zeros(3))


def test_an_aggregate_covers_a_range_of_ids():
    """A row is one trade, or several with one price."""
    one, several = trade(7), trade(7, n_ids=3)

    assert (one.trade_id, one.last_id) == (7, 7)
    assert (several.trade_id, several.last_id) == (7, 9)
    assert isinstance(one, Trade)


def test_opaque_ids_travel_with_their_trades():
    """What is chosen of a batch keeps its texts, and the rows are those that went in."""
    rows = [trade(i)._replace(venue_trade_id=name) for i, name in enumerate(["zz", "b7", "0a"], 1)]
    batch = Trades.of(rows)

    assert list(batch.rows()) == rows
    assert batch.select(slice(1, None)).venue_trade_id.tolist() == ["b7", "0a"]
    assert Trades.of([trade(1)]).venue_trade_id is None
