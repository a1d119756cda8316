"""The half-life of a spread, and when there is none."""

import csv
import gzip
import json
import math

import numpy as np
import pytest
from scipy.signal import lfilter

from quantlive_nb.analytics.cointegration.engle_granger import ADFResult, EGResult, engle_granger
from quantlive_nb.analytics.cointegration.halflife import HalfLife, half_life
from quantlive_nb.analytics.pair.ols import ols
from quantlive_nb.errors import NotEnoughData, UsageError

PASSED = ADFResult(-9.0, 0.001, 1, 100, {}, "a unit root")


def reverting(phi, n, seed=0):
    """A spread that keeps phi of its distance a bar, from its own distribution."""
    shocks = np.random.default_rng(seed).normal(size=n + 200)
    return lfilter([1.0], [1.0, -phi], shocks)[200:]


@pytest.fixture(scope="module")
def chan(shared_data):
    """E. Chan's closes and their reference results."""
    golden = json.loads((shared_data / "golden_coint_chan_ewa_ewc_ige.json").read_text())[
        "computed"
    ]
    with gzip.open(
        shared_data / "coint_chan_ewa_ewc_ige_2006_2012.csv.gz", "rt", newline=""
    ) as file:
        rows = list(csv.DictReader(file))
    return {
        name: np.array([float(row[name]) for row in rows]) for name in list(rows[0])[1:]
    }, golden


def test_chan_triple(chan):
    """The book's 22.66 days is -ln2 / (phi - 1); the exact form of the same phi is 22.31."""
    closes, golden = chan
    want = golden["johansen_EWC_EWA_IGE_det0_k1"]
    weights = want["first_evec"]
    spread = sum(w * closes[s] for w, s in zip(weights, ("EWC", "EWA", "IGE"), strict=True))
    got = half_life(spread, 86_400.0)

    assert np.isclose(-math.log(2) / (got.phi - 1), want["first_evec_half_life"], rtol=1e-8)
    assert round(want["first_evec_half_life"], 2) == 22.66
    assert got.bars == pytest.approx(-math.log(2) / math.log(got.phi))
    assert round(got.bars, 2) == 22.31
    assert got.bars_low < got.bars < got.bars_high


def test_chan_pair_goes_by_its_engle_granger(chan):
    """With the fitted pair's own test: shown at one lag (p 0.02), withheld by AIC (p 0.07)."""
    closes, golden = chan
    y, x = closes["EWC"], closes["EWA"]
    spread = ols(y, x).residuals(y, x)
    shown = half_life(spread, 86_400.0, engle_granger(y, x, 1))
    held = half_life(spread, 86_400.0, engle_granger(y, x, "aic"))

    want = golden["EG_EWC_on_EWA_lag1"]["half_life_resid"]
    assert np.isclose(-math.log(2) / (shown.phi - 1), want, rtol=1e-8)
    assert math.isnan(held.bars)
    assert repr(held) == "HalfLife(withheld: a unit root is not rejected (p=0.07), n=1500)"


@pytest.mark.parametrize("bars", [1.0, 5.0, 30.0])
def test_a_known_half_life_is_found(bars):
    """Over a long history the interval holds the truth, in bars and in seconds."""
    got = half_life(reverting(0.5 ** (1 / bars), 20_000, 1), 5.0, max_n=20_000)

    assert got.bars_low < bars < got.bars_high
    assert (got.seconds, got.seconds_low) == (got.bars * 5, got.bars_low * 5)
    assert got.seconds_high == got.bars_high * 5
    assert got.n == 20_000


def test_the_interval_covers():
    """Of 95 % intervals about 95 % hold the truth, a little less for a slow spread."""
    phi = 0.5 ** (1 / 5)
    held = 0
    for seed in range(300):
        got = half_life(reverting(phi, 500, seed), 1.0, PASSED)
        held += got.bars_low <= 5 <= got.bars_high

    assert 0.88 < held / 300 <= 0.99


def test_random_walks_have_no_half_life():
    """19 in 20 are withheld: NaN, and the reason is a sentence."""
    walks = np.random.default_rng(1).normal(size=(200, 200)).cumsum(axis=1)
    results = [half_life(x, 1.0) for x in walks]
    held = [one for one in results if one.withheld]

    assert 0.9 < len(held) / 200 < 0.99
    assert all(np.isnan([one.bars, one.bars_low, one.bars_high, one.seconds]).all() for one in held)
    assert all("a unit root is not rejected" in repr(one) for one in held)


@pytest.mark.parametrize(
    ("phi", "why"), [(-0.6, "turns the distance round"), (1.02, "the distance grows")]
)
def test_no_half_life_outside_0_and_1(phi, why):
    """Whatever the test says, the formula has no meaning there."""
    shocks = np.random.default_rng(1).normal(size=300)
    got = half_life(lfilter([1.0], [1.0, -phi], shocks), 1.0, PASSED)

    assert why in got.withheld
    assert math.isnan(got.bars)


def test_open_ends():
    """Where the interval of phi reaches 1 there is no longest half-life, where 0 no shortest."""
    slow = half_life(reverting(0.99, 60, 1), 1.0, PASSED)
    fast = half_life(reverting(0.2, 60), 1.0, PASSED)

    assert (slow.phi_high > 1, slow.bars_high) == (True, math.inf)
    assert (fast.phi_low < 0, fast.bars_low) == (True, 0.0)


def test_units_cancel_and_only_the_last_count():
    """Neither the spread's scale and level nor what lies before the cap changes anything."""
    x = reverting(0.8, 300)
    want = half_life(x, 1.0, max_n=200)

    assert want == half_life(x[-200:], 1.0)
    assert half_life(100 + 1e-6 * x, 1.0, max_n=200).bars == pytest.approx(want.bars, rel=1e-6)


def test_degenerate_input_is_one_sentence():
    """Three bars, a still spread, NaN, an exact decay, no length of a bar."""
    x = reverting(0.8, 100)
    with pytest.raises(NotEnoughData, match="half_life needs 20 observations, has 3"):
        half_life(x[:3], 1.0)
    with pytest.raises(UsageError, match=r"^x does not move"):
        half_life(np.full(100, 0.1), 1.0)
    with pytest.raises(UsageError, match=r"^x holds 1 value that is not finite"):
        half_life(np.r_[x, np.nan], 1.0)
    with pytest.raises(UsageError, match=r"hardly moves or repeats itself"):
        half_life(0.5 ** np.arange(40.0), 1.0, PASSED)
    for bad in (0.0, -5.0, math.nan, math.inf):
        with pytest.raises(UsageError, match="give the length of a bar in seconds"):
            half_life(x, bad)


def test_the_test_decides_at_5_percent():
    """p of exactly 5 % and a p that is not there withhold."""
    x = reverting(0.8, 100)
    for p, is_shown in ((0.0499, True), (0.05, False), (math.nan, False)):
        test = EGResult(-3.3, p, 1, 100, {}, "no cointegration")
        assert (half_life(x, 1.0, test).withheld == "") is is_shown


def test_repr_says_bars_and_seconds():
    """The number, its interval, the time."""
    got = HalfLife(4.0, 3.0, math.inf, 0.84, 0.79, 1.0, bar_s=60.0, n=100, p=0.01)

    assert repr(got) == "HalfLife(4.0 bars [3.0, inf] = 240.0 s, n=100)"
