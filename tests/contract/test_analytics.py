"""Laws that every causal analytic keeps: a new one joins with one line in ``CAUSAL``."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from quantlive_nb import analytics
from quantlive_nb.analytics import (
    PairSeries,
    amihud,
    bands,
    correlation,
    drawdown,
    ewma,
    ewma_correlation,
    ewma_volatility,
    expanding_ols,
    kalman,
    pair_series,
    range_volatility,
    realised_volatility,
    recursive_residuals,
    returns,
    rolling_ols,
    rolling_performance,
    rolling_vwap,
    spearman,
    spread,
    zscore,
)
from quantlive_nb.interval import SECOND
from quantlive_nb.settings import Windows
from quantlive_nb.types import Pair, PairSpec

WINDOWS = Windows(hedge=10, z=5, correlation=6)


@dataclass(frozen=True)
class Causal:
    """One analytic: its function of ``n_legs`` prices, and how many entries it needs to warm."""

    name: str
    function: Callable[..., np.ndarray]
    n_legs: int
    warmup: int
    memory: int
    """How many entries before the current one a result may depend on."""
    starts_late: bool = False
    """Whether NaN at the beginning is only a later start."""


def of_pair(name):
    """One column of pair_series, as a function of two prices."""

    def column(y, x):
        pair = Pair(PairSpec("Y", "X", 1), np.arange(len(y)), y, x, 0, 0)
        return getattr(pair_series(pair, WINDOWS), name)

    return column


CAUSAL = [
    Causal("returns", returns, 1, warmup=1, memory=1),
    Causal("zscore", lambda x: zscore(x, 5), 1, warmup=5, memory=5),
    Causal("bands.mean", lambda x: bands(x, 5).mean, 1, warmup=5, memory=5),
    Causal("bands.std", lambda x: bands(x, 5).std, 1, warmup=5, memory=5),
    Causal("rolling_ols.alpha", lambda y, x: rolling_ols(y, x, 5).alpha, 2, warmup=5, memory=5),
    Causal("rolling_ols.beta", lambda y, x: rolling_ols(y, x, 5).beta, 2, warmup=5, memory=5),
    Causal("spread", lambda y, x: spread(y, x, 5), 2, warmup=5, memory=5),
    Causal("correlation", lambda y, x: correlation(y, x, 5), 2, warmup=5, memory=5),
    Causal("pair alpha", of_pair("alpha"), 2, warmup=10, memory=10),
    Causal("pair beta", of_pair("beta"), 2, warmup=10, memory=10),
    Causal("pair spread", of_pair("spread"), 2, warmup=10, memory=10),
    Causal("pair mean", of_pair("mean"), 2, warmup=15, memory=15),
    Causal("pair std", of_pair("std"), 2, warmup=15, memory=15),
    Causal("pair zscore", of_pair("zscore"), 2, warmup=15, memory=15),
    Causal("pair correlation", of_pair("correlation"), 2, warmup=6, memory=6),
]
ENDLESS = 10**6
"""The memory of an analytic that never forgets."""


def part(function, name, warmup):
    """One column of a result, as a function of two prices that forgets nothing."""
    column = lambda y, x: getattr(function(y, x, warmup), name)  # noqa: E731
    return Causal(f"{function.__name__}.{name}", column, 2, warmup, ENDLESS)


CAUSAL += [
    *[part(kalman, n, 10) for n in ("alpha", "beta", "innovation", "variance", "zscore")],
    *[part(expanding_ols, n, 5) for n in ("alpha", "beta")],
    Causal("recursive_residuals", recursive_residuals, 2, 2, ENDLESS),
]


def parkinson(y, x):
    """The volatility of bars that open at one price and close at the other."""
    return range_volatility(y, np.maximum(y, x), np.minimum(y, x), x, 5, method="parkinson")


def rolled(name):
    """One column of a rolling performance, of the log returns of a price."""
    return lambda x: getattr(rolling_performance(returns(x), 5, SECOND), name)


CAUSAL += [
    Causal("ewma", lambda x: ewma(x, 5), 1, 0, ENDLESS, starts_late=True),
    Causal("ewma_volatility", lambda x: ewma_volatility(x, 5), 1, 1, ENDLESS, starts_late=True),
    Causal(
        "ewma_correlation", lambda y, x: ewma_correlation(y, x, 5), 2, 5, ENDLESS, starts_late=True
    ),
    Causal("spearman", lambda y, x: spearman(y, x, 5), 2, warmup=5, memory=5),
    Causal("realised_volatility", lambda x: realised_volatility(x, 5), 1, warmup=5, memory=5),
    Causal("parkinson", parkinson, 2, warmup=4, memory=4),
    Causal("yang-zhang", lambda x: range_volatility(x, x, x, x, 5), 1, warmup=5, memory=5),
    Causal("rolling_vwap", lambda y, x: rolling_vwap(x, y * x, 5), 2, warmup=4, memory=4),
    Causal("amihud", lambda x: amihud(x, x, 5), 1, warmup=5, memory=5),
    Causal("drawdown", drawdown, 1, 0, ENDLESS),
    *[Causal(f"rolling {n}", rolled(n), 1, warmup=5, memory=5) for n in ("volatility", "sharpe")],
]
every_analytic = pytest.mark.parametrize("analytic", CAUSAL, ids=lambda one: one.name)
few = settings(max_examples=15)


def markets(least=0, most=30):
    """Two prices: wandering, on a coarse grid, or standing still for a while."""
    walk = st.builds(
        lambda n, seed: (
            100 * np.exp(1e-3 * np.random.default_rng(seed).normal(size=(2, n)).cumsum(1))
        ),
        st.integers(least, most),
        st.integers(0, 2**32 - 1),
    )
    coarse = st.integers(least, most).flatmap(
        lambda n: arrays(np.float64, (2, n), elements=st.sampled_from([99.9, 100.0, 100.1]))
    )
    return walk | coarse


def legs(analytic, market):
    """As many prices as the analytic takes, each an array of its own."""
    return [leg.copy() for leg in market[: analytic.n_legs]]


@every_analytic
@few
@given(market=markets(least=1))
def test_prefix_invariance(analytic, market):
    """f(x[:t])[-1] is f(x)[t-1], bit for bit: no result changes when more data arrives."""
    whole = analytic.function(*legs(analytic, market))
    last = [
        analytic.function(*legs(analytic, market[:, :t]))[-1] for t in range(1, market.shape[1] + 1)
    ]

    np.testing.assert_array_equal(last, whole)


@every_analytic
@few
@given(market=markets(least=2), data=st.data())
def test_no_look_ahead(analytic, market, data):
    """Another future leaves the past as it was."""
    now = data.draw(st.integers(1, market.shape[1] - 1))
    other = market.copy()
    other[:, now:] *= data.draw(st.sampled_from([0.5, 2.0, 1e6]))

    was = analytic.function(*legs(analytic, market))[:now]
    np.testing.assert_array_equal(analytic.function(*legs(analytic, other))[:now], was)


@pytest.mark.parametrize(
    "analytic", [a for a in CAUSAL if a.memory < ENDLESS], ids=lambda one: one.name
)
@few
@given(market=markets(least=20), data=st.data())
def test_the_far_past_is_forgotten(analytic, market, data):
    """What lies before the memory changes nothing, bit for bit: a tail can be computed alone."""
    start = data.draw(st.integers(0, market.shape[1] - analytic.memory))
    whole = analytic.function(*legs(analytic, market))
    tail = analytic.function(*legs(analytic, market[:, start:]))

    np.testing.assert_array_equal(tail[analytic.memory :], whole[start + analytic.memory :])


@every_analytic
@few
@given(market=markets())
def test_inputs_are_not_touched(analytic, market):
    """Neither the values nor the flags of what was handed in."""
    given_legs = legs(analytic, market)
    analytic.function(*given_legs)

    np.testing.assert_array_equal(given_legs, market[: analytic.n_legs])
    assert all(leg.flags.writeable for leg in given_legs)


@every_analytic
@pytest.mark.parametrize("n", [0, 1, 2, 5, 6, 40])
def test_shape(analytic, n):
    """As long as its input, float64, and read-only."""
    market = 100 * np.exp(1e-3 * np.random.default_rng(n).normal(size=(2, n)).cumsum(1))
    got = analytic.function(*legs(analytic, market))

    assert (got.shape, got.dtype) == ((n,), np.float64)
    assert not got.flags.writeable


@every_analytic
def test_warm_up(analytic):
    """NaN exactly until warm."""
    market = 100 * np.exp(1e-3 * np.random.default_rng(1).normal(size=(2, 60)).cumsum(1))
    got = analytic.function(*legs(analytic, market))

    assert np.isnan(got).tolist() == [t < analytic.warmup for t in range(60)]


@every_analytic
@few
@given(seed=st.integers(0, 99), at=st.integers(0, 59), leg=st.integers(0, 1))
def test_missing_values(analytic, seed, at, leg):
    """A NaN may only make NaN, and only as far as the memory reaches."""
    at = max(at, 2) if analytic.starts_late else at
    market = 100 * np.exp(1e-3 * np.random.default_rng(seed).normal(size=(2, 60)).cumsum(1))
    holed = market.copy()
    holed[leg % analytic.n_legs, at] = np.nan
    was = analytic.function(*legs(analytic, market))
    got = analytic.function(*legs(analytic, holed))
    reach = slice(at, at + analytic.memory + 1)

    unknown = np.isnan(got)
    assert unknown[reach][1:].all()
    assert (unknown | (got == was) | np.isnan(was)).all()
    unknown[reach] = np.isnan(was)[reach]
    np.testing.assert_array_equal(unknown, np.isnan(was))


@every_analytic
def test_nothing_is_made_of_rounding(analytic):
    """In a market that stands still no number looks like news: 0, NaN, or the price itself."""
    got = analytic.function(*legs(analytic, np.full((2, 40), 0.1)))

    assert set(got[np.isfinite(got)].round(12)) <= {0.0, 0.1}


def test_the_registry_is_complete():
    """Every column of a pair's series is under these laws."""
    names = {one.name for one in CAUSAL}

    assert {f"pair {field.name}" for field in fields(PairSeries)[1:]} <= names


def test_import_is_light():
    """Importing the room loads none of the heavy libraries."""
    heavy = ("statsmodels", "scipy", "pandas", "pyarrow")
    code = f"import sys, {analytics.__name__}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
