"""The Hurst exponent and the variance ratio."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from quantlive_nb.analytics.cointegration.hurst import Hurst, VarianceRatio, hurst, variance_ratio
from quantlive_nb.errors import NotEnoughData, UsageError


def walk(n, seed=0):
    """A random walk far from 0."""
    return 100 + np.random.default_rng(seed).normal(size=n).cumsum()


def fractional(h, n, seed):
    """Fractional Brownian motion: exact, by the circulant of its steps (Davies and Harte)."""
    lag = np.arange(n + 1.0)
    row = (np.abs(lag + 1) ** (2 * h) - 2 * lag ** (2 * h) + np.abs(lag - 1) ** (2 * h)) / 2
    power = np.fft.fft(np.r_[row, row[-2:0:-1]]).real.clip(0)
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=len(power)) + 1j * rng.normal(size=len(power))
    return np.fft.fft(noise * np.sqrt(power / len(power))).real[:n].cumsum()


@pytest.fixture(scope="module")
def wti(oil):
    """Monthly log prices of WTI."""
    return oil["WTI"]


@pytest.mark.parametrize("h", [0.25, 0.5, 0.75])
def test_fractional_motion_is_measured(h):
    """The mean of many is the truth, and about 95 % of the intervals hold it."""
    got = [hurst(fractional(h, 1_000, seed)) for seed in range(150)]

    assert np.isclose(np.mean([one.h for one in got]), h, atol=0.025)
    assert np.mean([one.low <= h <= one.high for one in got]) > 0.88


def test_hurst_minimises_what_robinson_says():
    """Halving finds the minimum that scipy finds in the objective itself."""
    x = walk(800, 3)
    step = np.diff(x)
    m = int(len(step) ** 0.65)
    omega = 2 * np.pi * np.arange(1, m + 1) / len(step)
    power = np.abs(np.fft.rfft(step)[1 : m + 1]) ** 2

    def objective(d):
        return math.log(np.mean(omega ** (2 * d) * power)) - 2 * d * np.mean(np.log(omega))

    want = minimize_scalar(objective, bounds=(-0.5, 0.5), method="bounded", options={"xatol": 1e-9})
    assert hurst(x).h == pytest.approx(want.x + 0.5, abs=1e-6)
    assert hurst(x).n_frequencies == m


def test_hurst_of_what_is_no_walk():
    """A stationary spread is at the lower end, a sum of walks at the upper: at most, at least."""
    spread = np.random.default_rng(1).normal(size=2_000)
    got = hurst(spread)

    assert (got.word, got.low) == ("mean-reverting", 0.0)
    assert got.h < 0.05
    assert hurst(walk(2_000).cumsum()).word == "trending"
    assert hurst(walk(2_000).cumsum()).h == pytest.approx(1.0)


def test_walks_are_rarely_rejected():
    """300 random walks at a nominal 5 %, by each of the three p: three standard errors."""
    walks = [walk(500, seed) for seed in range(300)]
    ratios = [variance_ratio(x, 3) for x in walks]
    p = [[hurst(x).p for x in walks], [one.p for one in ratios], [one.p_iid for one in ratios]]

    assert (np.abs(np.mean(np.array(p) < 0.05, axis=1) - 0.05) < 0.038).all()


@pytest.mark.parametrize(
    ("q", "ratio", "z", "p", "z_iid", "p_iid"),
    [
        (2, 1.2958689425833825, 3.7494996627275383, 0.000177187735, 5.857906198009685, 4.6874e-09),
        (4, 1.5126490848431628, 3.690802420754552, 0.000223547733, 5.4253679533594426, 5.7835e-08),
        (12, 1.2207347331793184, 0.8947385720466275, 0.370926854, 1.1657077971318708, 0.243732607),
    ],
)
def test_wti_published(wti, q, ratio, z, p, z_iid, p_iid):
    """WTI by arch 8.0.0, VarianceRatio(x, lags=q, robust=True) and robust=False."""
    got = variance_ratio(wti, q)

    np.testing.assert_allclose((got.ratio, got.stat, got.stat_iid), (ratio, z, z_iid), rtol=1e-8)
    np.testing.assert_allclose((got.p, got.p_iid), (p, p_iid), rtol=1e-4)
    assert (got.lags, got.n) == (q, 393)


@pytest.mark.parametrize("q", [2, 5])
def test_the_formulas_of_the_paper(q):
    """Lo and MacKinlay's sums (equations 12, 14b, 17 and 20), written as loops."""
    x = walk(120, q)
    n = len(x) - 1
    mu = (x[-1] - x[0]) / n
    short = math.fsum((x[k] - x[k - 1] - mu) ** 2 for k in range(1, n + 1)) / (n - 1)
    m = q * (n - q + 1) * (1 - q / n)
    long = math.fsum((x[k] - x[k - q] - q * mu) ** 2 for k in range(q, n + 1)) / m
    squares = [(x[k] - x[k - 1] - mu) ** 2 for k in range(1, n + 1)]
    theta = 0.0
    for j in range(1, q):
        delta = n * math.fsum(squares[k] * squares[k - j] for k in range(j, n)) / sum(squares) ** 2
        theta += (2 * (q - j) / q) ** 2 * delta
    got = variance_ratio(x, q)

    assert got.ratio == pytest.approx(long / short)
    assert got.stat == pytest.approx(math.sqrt(n) * (long / short - 1) / math.sqrt(theta))
    want = math.sqrt(n) * (long / short - 1) / math.sqrt(2 * (2 * q - 1) * (q - 1) / (3 * q))
    assert got.stat_iid == pytest.approx(want)
    assert got.p == pytest.approx(2 * norm.sf(abs(got.stat)))
    assert got.critical == pytest.approx(
        {k: norm.isf(s) for k, s in zip(("1%", "5%", "10%"), (0.005, 0.025, 0.05), strict=True)}
    )


def test_a_changing_variance_fools_only_the_plain_z():
    """Steps without memory whose size comes in bursts: the robust z keeps its promise."""
    rng = np.random.default_rng(6)
    size = np.repeat(rng.lognormal(sigma=1.2, size=(300, 25)), 20, axis=1)
    ratios = [variance_ratio(x, 2) for x in (rng.normal(size=size.shape) * size).cumsum(axis=1)]

    assert np.mean([one.p < 0.05 for one in ratios]) < 0.088
    assert np.mean([one.p_iid < 0.05 for one in ratios]) > 0.15


def test_direction():
    """Steps that follow each other trend, steps that turn back revert; what is not told is said."""
    steps = np.random.default_rng(2).normal(size=1_001)
    trending, bouncing = ((steps[1:] + a * steps[:-1]).cumsum() for a in (0.4, -0.4))

    assert variance_ratio(trending).word == "trending"
    assert variance_ratio(bouncing).word == "mean-reverting"
    assert variance_ratio(steps.cumsum()).word == "not told from a random walk"


@pytest.mark.parametrize("test", [hurst, variance_ratio])
def test_units_cancel_and_only_the_last_count(test):
    """Neither scale nor level nor what lies before the cap changes anything."""
    x = walk(600)
    got, want = test(1e-9 * x, max_n=400), test(x[-400:])

    assert repr(got) == repr(want)
    assert got.p == pytest.approx(want.p, rel=1e-6)
    assert got.n == 400


@pytest.mark.parametrize("test", [hurst, variance_ratio])
def test_degenerate_input_is_one_sentence(test):
    """Three bars, a still price, NaN, a line, a zigzag: no number."""
    with pytest.raises(NotEnoughData, match=f"{test.__name__} needs .* observations, has 3"):
        test(walk(3))
    with pytest.raises(UsageError, match=r"^x does not move"):
        test(np.full(200, 0.1))
    with pytest.raises(UsageError, match=r"^x holds 1 value that is not finite"):
        test(np.r_[walk(200), np.inf])
    for rule in (np.arange(200.0), np.tile([0.0, 1.0], 100), np.r_[np.zeros(199), 1.0]):
        with pytest.raises(UsageError, match=r"hardly moves or repeats itself"):
            test(rule)


def test_the_minimum_is_computed():
    """Hurst needs 100 observations; the ratio needs four for each bar of its horizon."""
    with pytest.raises(NotEnoughData, match="hurst needs 100 observations, has 99"):
        hurst(walk(99))
    with pytest.raises(NotEnoughData, match="variance_ratio needs 80 observations, has 79"):
        variance_ratio(walk(79), 20)
    for bad in (1, 2.5, None):
        with pytest.raises(UsageError, match="whole number of bars, at least 2"):
            variance_ratio(walk(100), bad)


def test_reprs():
    """Number, interval, p, hypothesis, verdict."""
    one = Hurst(0.5, 0.42, 0.58, 0.0001, 1_000, 88)
    two = VarianceRatio(0.3, 0.76, 4, 500, {}, "a random walk", 1.02, 0.4, 0.69)

    assert repr(one) == (
        "Hurst(0.50 [0.42, 0.58], n=1000) .p<0.001  H0: a random walk, H = 1/2 → rejected at 5 %"
    )
    assert repr(two) == ("VR(4)=1.020 .stat=0.30 .p=0.760  H0: a random walk → not rejected at 5 %")
