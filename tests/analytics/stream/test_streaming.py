"""Streaming twins, beside the batch functions that they are twins of."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.analytics.correlation.correlation import correlation
from quantlive_nb.analytics.correlation.ewma import ewma
from quantlive_nb.analytics.pair.ols import rolling_ols
from quantlive_nb.analytics.pair.zscore import bands, zscore
from quantlive_nb.analytics.stream.streaming import (
    EWMAStream,
    RollingCorrelation,
    RollingLine,
    RollingZScore,
    Window,
)
from quantlive_nb.errors import UsageError


def market(n, seed, kind):
    """Two prices: wandering, coarse, standing still for a while, holed, or infinite for once."""
    rng = np.random.default_rng(seed)
    prices = 100 * np.exp(1e-3 * rng.normal(size=(2, n)).cumsum(axis=1))
    if kind == "coarse":
        prices = prices.round(1)
    if kind == "still":
        prices[:, n // 3 : 2 * n // 3] = prices[:, n // 3 : n // 3 + 1]
    if kind in {"holed", "infinite"} and n > 4:
        prices[rng.integers(2), n // 2] = np.nan if kind == "holed" else np.inf
    return prices


KINDS = ["wandering", "coarse", "still", "holed"]


def some_markets(*more):
    """Of these kinds, and of more."""
    return st.builds(
        market, st.integers(0, 90), st.integers(0, 999), st.sampled_from([*KINDS, *more])
    )


def same(got, want):
    """Equal to 1e-9, and NaN together."""
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9)


@given(prices=some_markets("infinite"), window=st.integers(2, 20))
def test_zscore(prices, window):
    """z, mean and deviation after every value."""
    twin = RollingZScore(window)
    seen = [(twin.update(x), twin.mean, twin.std) for x in prices[0].tolist()]
    band = bands(prices[0], window)

    if seen:
        same(np.array(seen).T, [zscore(prices[0], window), band.mean, band.std])


def test_a_value_near_the_mean_of_values_that_hardly_move():
    """Its distance is no more rounding than their deviation is: the z of the series at once."""
    x = 1e8 + 2e-5 * np.array([-1.0, 0.0, 1.0, -1.0, 1.0, 0.9])
    twin = RollingZScore(5)

    assert [twin.update(value) for value in x][-1] == pytest.approx(zscore(x, 5)[-1], rel=1e-9)
    assert abs(twin.value) > 0.5


@pytest.mark.parametrize(
    ("twin", "n_series"), [(RollingZScore(2), 1), (RollingLine(3), 2), (EWMAStream(2), 1)]
)
def test_numbers_of_numpy(twin, n_series):
    """They are taken for the floats that they are, without a warning where one is infinite."""
    for x in np.array([np.inf, -np.inf, 1.0, 2.0, 4.0, 7.0]):
        assert type(twin.update(*[x] * n_series)) is float


@given(prices=some_markets("infinite"), window=st.integers(3, 20))
def test_line(prices, window):
    """Slope, intercept and spread after every pair of log prices."""
    y, x = np.log(prices)
    twin = RollingLine(window)
    seen = [(twin.update(*pair), twin.beta) for pair in zip(y.tolist(), x.tolist(), strict=True)]
    line = rolling_ols(y, x, window)

    if seen:
        same(np.array(seen).T, [line.residuals(y, x), line.beta])


@given(prices=some_markets(), window=st.integers(3, 20))
def test_correlation(prices, window):
    """Of the returns of every pair of prices."""
    twin = RollingCorrelation(window)
    seen = [twin.update(*pair) for pair in zip(*prices.tolist(), strict=True)]

    same(seen, correlation(*prices, window))


@given(prices=some_markets(), half_life=st.floats(0.2, 1e4), lead=st.integers(0, 3))
def test_ewma(prices, half_life, lead):
    """After every value, NaN at the beginning included."""
    x = np.r_[np.full(lead, np.nan), prices[0]]
    twin = EWMAStream(half_life)

    same([twin.update(value) for value in x.tolist()], ewma(x, half_life))


def test_a_million_updates_do_not_drift():
    """The last of a million is as near to the batch result as the first, far from 0 too."""
    rng = np.random.default_rng(1)
    x = 60_000 + rng.normal(size=300_000).cumsum()
    y = 1e6 + 0.6 * x + rng.normal(size=300_000)
    score, line = RollingZScore(300), RollingLine(300)
    for pair in zip(y.tolist(), x.tolist(), strict=True):
        score.update(pair[1])
        line.update(*pair)

    tail = slice(-301, None)
    assert score.value == pytest.approx(zscore(x[tail], 300)[-1], rel=1e-9)
    assert line.beta == pytest.approx(rolling_ols(y[tail], x[tail], 300).beta[-1], rel=1e-9)


def test_work_does_not_grow_with_the_window(monkeypatch):
    """Sums are joined at most three times a value, whatever the window."""
    joined = []
    sums = type(Window(2).sums)
    once = sums.joined
    monkeypatch.setattr(sums, "joined", lambda one, other: joined.append(1) or once(one, other))
    for window in (10, 1_000):
        joined.clear()
        twin = RollingZScore(window)
        for x in range(5_000):
            twin.update(float(x))
        assert len(joined) <= 3 * 5_000


def test_they_can_be_kept():
    """A pickled twin goes on where it was."""
    prices = market(60, 1, "wandering")
    twins = RollingZScore(10), RollingLine(10), RollingCorrelation(10), EWMAStream(5)
    for y, x in prices.T[:40].tolist():
        for twin in twins:
            twin.update(*(y, x)[: 2 if isinstance(twin, RollingLine | RollingCorrelation) else 1])
    again = pickle.loads(pickle.dumps(twins))
    for y, x in prices.T[40:].tolist():
        for pair in zip(twins, again, strict=True):
            both = isinstance(pair[0], RollingLine | RollingCorrelation)
            assert len({twin.update(*(y, x)[: 2 if both else 1]) for twin in pair}) == 1


def test_usage():
    """The batch functions' own words."""
    with pytest.raises(UsageError, match="at least 2"):
        RollingZScore(1)
    with pytest.raises(UsageError, match="at least 3"):
        RollingLine(2)
    with pytest.raises(UsageError, match="bars above 0"):
        EWMAStream(0)
    with pytest.raises(UsageError, match="returns need finite prices above 0"):
        RollingCorrelation(3).update(0.0, 1.0)
