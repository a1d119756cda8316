"""The outlines of candles and volumes."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.view.charts.geometry import BODY, Ground, candles, centers, dashes
from tests.view.fake import make_bars

GROUND = Ground(2_000.0, 3.0)


def pieces(x, y):
    """The runs of points between lifts of the pen."""
    lifts = np.flatnonzero(np.isnan(y))
    parts = np.split(np.stack([x, y]), lifts, axis=1)
    return [part[:, ~np.isnan(part[1])] for part in parts if (~np.isnan(part[1])).any()]


def test_a_candle_spans_low_to_high_and_open_to_close():
    """Each outline reaches from low to high; its body is as wide as a body is, open to close."""
    bars = make_bars(n=9)
    shape = candles(bars, GROUND)
    drawn = [part for row in range(1, 4) for part in pieces(shape.x[row], shape.y[row])]
    drawn = sorted((part for part in drawn if part.shape[1] == 10), key=lambda part: part[0, 0])

    assert len(drawn) == 9
    for at, (x, y) in enumerate(drawn):
        assert (y.min(), y.max()) == (bars.low[at], bars.high[at])
        assert np.isclose(x.max() - x.min(), bars.every_us / 1e3 * BODY)
        body = y[x != centers(bars)[at]]
        assert {body.min(), body.max()} == {
            min(bars.open[at], bars.close[at]),
            max(bars.open[at], bars.close[at]),
        }


def test_candles_are_sorted_by_kind():
    """After the volumes come bars without trades, then rises, then falls."""
    bars = make_bars(n=12)
    n_trades = bars.n_trades.copy()
    n_trades[3] = 0
    bars = replace(bars, n_trades=n_trades)
    shape = candles(bars, GROUND)
    counts = [sum(p.shape[1] == 10 for p in pieces(shape.x[k], shape.y[k])) for k in (1, 2, 3)]
    is_up = (bars.close >= bars.open) & (n_trades > 0)

    assert counts == [1, is_up.sum(), 11 - is_up.sum()]


@given(st.integers(0, 30), st.sets(st.integers(0, 29)))
def test_no_curve_ends_with_a_lifted_pen(n, holes):
    """Whatever bars are not finite, they are left out and each curve ends in a real point."""
    bars = make_bars(n=n)
    close = bars.close.copy()
    close[[at for at in holes if at < n]] = np.nan
    shape = candles(replace(bars, close=close), GROUND)

    assert not np.isnan(shape.x).any()
    if shape.y.size:
        assert shape.y.shape == shape.x.shape
        assert not np.isnan(shape.y[:, -1]).any()


def test_volumes_stand_on_the_ground():
    """A box reaches from the floor up by its volume; a bar without volume has none."""
    bars = replace(make_bars(n=4), volume=np.array([1.0, 0.0, 3.0, 2.0]))
    shape = candles(bars, GROUND)
    boxes = [part for part in pieces(shape.x[0], shape.y[0]) if part.shape[1] == 4]

    assert [(y.min(), y.max()) for _, y in boxes] == [
        (2_000.0, 2_000.0 + 3.0 * volume) for volume in (1.0, 3.0, 2.0)
    ]


@given(st.sets(st.integers(0, 14)))
def test_dashes_are_under_the_bars_named(named):
    """Each run of bars has one dash, from its opening to its end, with the pen down at last."""
    bars = make_bars(n=15)
    which = np.isin(np.arange(15), sorted(named))
    shape = dashes(bars, which, 2.0)
    drawn = pieces(*shape)
    covered = [
        (bars.ts / 1e3 >= x.min()) & ((bars.ts + bars.every_us) / 1e3 <= x.max()) for x, _ in drawn
    ]

    assert np.array_equal(np.any([*covered, which & False], axis=0), which)
    assert len(drawn) == sum(k - 1 not in named for k in named)
    assert all((y == 2.0).all() for _, y in drawn)
    assert not len(shape.y) or np.isfinite(shape.y[-1])
