"""The series of a pair, computed at once or bar by bar."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.analytics.correlation.correlation import correlation
from quantlive_nb.analytics.pair import pair_series as room
from quantlive_nb.analytics.pair.ols import rolling_ols
from quantlive_nb.analytics.pair.pair_series import PairSeries, SeriesMemo, pair_series
from quantlive_nb.analytics.pair.spread import spread
from quantlive_nb.analytics.pair.zscore import bands, zscore
from quantlive_nb.errors import UsageError
from quantlive_nb.settings import Windows
from quantlive_nb.types import Pair, PairSpec

WINDOWS = Windows(hedge=12, z=6, correlation=5)


def market(n, seed=0):
    """A pair of related prices, one of which sometimes stands still."""
    rng = np.random.default_rng(seed)
    step = 1e-4 * rng.normal(size=n) * (rng.random(n) > 0.3)
    x = 60_000 * np.exp(step.cumsum())
    y = 30 * x**0.4 * np.exp(1e-4 * rng.normal(size=n))
    return Pair(PairSpec("ETHUSDT", "BTCUSDT", 10), 10 * np.arange(n), y, x, 0, 0)


def part(pair, start, stop):
    """The bars from start to stop of a pair."""
    cut = slice(start, stop)
    return replace(pair, ts=pair.ts[cut].copy(), y=pair.y[cut].copy(), x=pair.x[cut].copy())


def assert_same(got, want):
    """Every column equal bit for bit, NaN where NaN is."""
    for field in fields(PairSeries):
        name = field.name
        np.testing.assert_array_equal(getattr(got, name), getattr(want, name), err_msg=name)


def test_it_is_the_public_functions_in_a_row():
    """The page shows what a user computes in a cell."""
    pair = market(100)
    got = pair_series(pair, WINDOWS)
    line = rolling_ols(pair.log_y, pair.log_x, 12)
    of_spread = spread(pair.log_y, pair.log_x, 12)
    band = bands(of_spread, 6)
    want = PairSeries(
        ts=pair.ts,
        alpha=line.alpha,
        beta=line.beta,
        spread=of_spread,
        mean=band.mean,
        std=band.std,
        zscore=zscore(of_spread, 6),
        correlation=correlation(pair.y, pair.x, 5),
    )

    assert_same(got, want)


def test_warm_when_the_settings_say_so():
    """Windows.warmup bars are enough for every column, one fewer is not."""
    pair = market(60)
    last = pair_series(part(pair, 0, WINDOWS.warmup), WINDOWS)
    early = pair_series(part(pair, 0, WINDOWS.warmup - 1), WINDOWS)

    assert all(np.isfinite(getattr(last, field.name)[-1]) for field in fields(PairSeries))
    assert np.isnan(early.zscore[-1])


def test_columns_are_read_only_and_the_pair_is_not_touched():
    """What was handed out stays; what was handed in keeps its own flags."""
    pair = market(40)
    got = pair_series(pair, WINDOWS)

    for answer in (got, got.select(slice(3, 9)), got.select(got.zscore > 0)):
        assert not any(getattr(answer, field.name).flags.writeable for field in fields(answer))
    assert pair.ts.flags.writeable


def test_select_and_empty():
    """A selection keeps bars whole; none at all is a value too."""
    got = pair_series(market(40), WINDOWS)

    assert len(got) == 40
    assert_same(got.select(got.ts >= 100), got.select(slice(10, None)))
    assert len(PairSeries.empty()) == 0
    assert_same(pair_series(market(0), WINDOWS), PairSeries.empty())


def test_an_impossible_price_is_refused():
    """No logarithm of zero."""
    pair = market(40)
    pair.x[7] = 0.0

    with pytest.raises(UsageError, match=r"position 7"):
        pair_series(pair, WINDOWS)


@given(
    seed=st.integers(0, 9),
    moves=st.lists(st.tuples(st.integers(0, 15), st.integers(0, 40)), min_size=1, max_size=6),
)
def test_memory_changes_nothing(seed, moves):
    """Whatever start and end a refresh has, the answer is the one computed from nothing."""
    pair, memo = market(200, seed), SeriesMemo()
    start, stop = 0, 30
    for slide, grow in moves:
        start, stop = start + slide, stop + grow
        now = part(pair, start, stop)

        assert_same(memo(now, WINDOWS), pair_series(now, WINDOWS))


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 60), (0, 100), (40, 100), (99, 140), (150, 180), (20, 20)]
)
def test_any_other_stretch(start, stop):
    """Shorter, the same, later, past all that is known, none at all."""
    pair, memo = market(200), SeriesMemo()
    memo(part(pair, 10, 100), WINDOWS)
    now = part(pair, start, stop)

    assert_same(memo(now, WINDOWS), pair_series(now, WINDOWS))


@pytest.mark.parametrize("at", [0, 50, 99])
def test_a_repair_is_seen(at):
    """A late trade that changes an old close changes what follows from it."""
    pair, memo = market(100), SeriesMemo()
    memo(pair, WINDOWS)
    repaired = part(pair, 0, 100)
    repaired.y[at] *= 1.001

    assert_same(memo(repaired, WINDOWS), pair_series(repaired, WINDOWS))


def test_other_windows_and_other_pairs():
    """A control moved or a symbol switched never shows the old numbers."""
    memo = SeriesMemo()
    for pair in (market(80, 1), market(80, 2)):
        for windows in (WINDOWS, Windows(hedge=20, z=6, correlation=5)):
            assert_same(memo(pair, windows), pair_series(pair, windows))


def test_only_the_new_bars_are_computed(monkeypatch):
    """One bar more costs the windows, not the history; no bar more costs nothing."""
    pair, memo = market(2_000), SeriesMemo()
    first = memo(part(pair, 0, 1_999), WINDOWS)
    computed, real = [], room._series

    def watched(ts, y, x, windows):
        computed.append(len(ts))
        return real(ts, y, x, windows)

    monkeypatch.setattr(room, "_series", watched)

    assert memo(part(pair, 0, 1_999), WINDOWS) is first
    assert computed == []
    memo(pair, WINDOWS)
    assert computed == [WINDOWS.warmup]
