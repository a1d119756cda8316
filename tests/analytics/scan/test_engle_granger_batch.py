"""The batched Engle-Granger test, pair by pair beside statsmodels' coint."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tools.sm_exceptions import CollinearityWarning
from statsmodels.tsa.stattools import coint

from quantlive_nb.analytics.cointegration.engle_granger import engle_granger
from quantlive_nb.analytics.scan.engle_granger_batch import engle_granger_batch
from quantlive_nb.errors import NotEnoughData, ShapeError, UsageError


def ordered(n):
    """All ordered pairs of n rows."""
    return np.nonzero(~np.eye(n, dtype=bool))


def family(n, seed, noise):
    """A walk, another, one cointegrated with the first, and one close to it as ``noise`` says."""
    rng = np.random.default_rng(seed)
    walks = rng.normal(size=(2, n)).cumsum(axis=1)
    pair = 0.7 * walks[0] + rng.normal(size=n)
    return np.array([*walks, pair, -2 * walks[0] + noise * rng.normal(size=n)])


def reference(rows, lags):
    """Statistic and p of statsmodels for all ordered pairs."""
    how = {"autolag": "aic"} if lags == "aic" else {"autolag": None, "maxlag": lags}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollinearityWarning)
        pairs = zip(*ordered(len(rows)), strict=True)
        return np.array([coint(rows[y], rows[x], **how)[:2] for y, x in pairs]).T


@pytest.mark.parametrize("noise", [1.0, 0.03, 0.01, 1e-4, 0.0])
@pytest.mark.parametrize("lags", ["aic", 0, 1, 5])
def test_statsmodels_agrees(lags, noise):
    """Unrelated, cointegrated, near-collinear and collinear pairs alike, -inf and 0 included."""
    rows = family(300, 1, noise)
    got = engle_granger_batch(rows, *ordered(len(rows)), lags)
    stat, p = reference(rows, lags)

    np.testing.assert_allclose(got.stat, stat, rtol=0, atol=1e-8)
    np.testing.assert_allclose(got.p, p, rtol=0, atol=1e-8)
    assert (np.isneginf(got.stat) == (got.lags == -1)).all()
    assert np.isneginf(got.stat).any() == (noise <= 0.01)


@given(
    n=st.integers(52, 140),
    seed=st.integers(0, 2**32 - 1),
    noise=st.sampled_from([1.0, 0.1, 0.03]),
    scale=st.sampled_from([1e-4, 1.0, 1e4]),
    lags=st.sampled_from(["aic", 0, 2, 8]),
)
@settings(max_examples=12)
def test_statsmodels_agrees_always(n, seed, noise, scale, lags):
    """Whatever the sample and the unit of y."""
    rows = family(n, seed, noise) * np.array([[1], [1], [scale], [1]])
    got = engle_granger_batch(rows, *ordered(len(rows)), lags)
    stat, p = reference(rows, lags)

    np.testing.assert_allclose(got.stat, stat, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(got.p, p, rtol=0, atol=1e-8)


@pytest.mark.parametrize("lags", ["aic", 3])
def test_one_pair_is_tested_alike(lags):
    """The test of one pair gives the same statistic, p and choice of lags."""
    rows = family(400, 2, 1.0)
    got = engle_granger_batch(rows, *ordered(len(rows)), lags)
    for at, (y, x) in enumerate(zip(*ordered(len(rows)), strict=True)):
        want = engle_granger(rows[y], rows[x], lags)

        assert got.lags[at] == want.lags
        assert (got.stat[at], got.p[at]) == pytest.approx((want.stat, want.p), rel=1e-8, abs=1e-9)


def test_unrelated_walks_are_rarely_called_cointegrated():
    """Size: of 2 000 independent pairs of walks 5 % ± 1.5 % are rejected at 5 %."""
    rng = np.random.default_rng(11)
    evens = np.arange(0, 100, 2)
    walks = rng.normal(size=(40, 100, 250)).cumsum(axis=2)
    p = np.array([engle_granger_batch(rows, evens, evens + 1, 1).p for rows in walks])

    assert p.size == 2_000
    assert abs(np.mean(p < 0.05) - 0.05) < 0.015


def test_cointegrated_walks_are_found():
    """Power: spreads that forget half in 3 bars are found nearly always, with AIC too."""
    rng = np.random.default_rng(12)
    x, error = rng.normal(size=(100, 300)).cumsum(axis=1), rng.normal(size=(100, 300))
    for t in range(1, 300):
        error[:, t] += 0.8 * error[:, t - 1]
    rows, at = np.concatenate([1 + 0.7 * x + error, x]), np.arange(100)

    assert np.mean(engle_granger_batch(rows, at, at + 100, 1).p < 0.05) >= 0.95
    assert np.mean(engle_granger_batch(rows, at, at + 100).p < 0.05) >= 0.9


def test_the_company_changes_nothing():
    """A pair has the same numbers alone, among others, and in another order."""
    rows = family(200, 3, 0.02)
    y, x = ordered(len(rows))
    whole = engle_granger_batch(rows, y, x)
    back = engle_granger_batch(rows, y[::-1], x[::-1])

    np.testing.assert_allclose(back.stat[::-1], whole.stat, rtol=1e-10)
    for at in range(len(y)):
        alone = engle_granger_batch(rows[[y[at], x[at]]], np.array([0]), np.array([1]))
        np.testing.assert_allclose(alone.stat, whole.stat[at], rtol=1e-8)
        assert alone.lags == whole.lags[at]


BARS = np.arange(200)
RULES = {
    "waves": (np.sin(0.1 * BARS), np.sin(0.17 * BARS)),
    "just begun": (np.where(BARS < 199, 5.0, 6.0), np.where(BARS < 197, 5.0, 0.1 * BARS)),
    "zigzag and line": (BARS % 2.0, 1e-3 * BARS),
}


@pytest.mark.parametrize("lags", ["aic", 4])
@pytest.mark.parametrize("name", RULES)
def test_no_chance_no_number(name, lags):
    """Where the test of one pair refuses, the batch has NaN and no lags; and no warning leaks."""
    got = engle_granger_batch(np.array(RULES[name]), np.array([0]), np.array([1]), lags)

    with pytest.raises(UsageError, match="hardly moves or repeats itself"):
        engle_granger(*RULES[name], lags)
    assert np.isnan(got.stat).all()
    assert np.isnan(got.p).all()
    assert got.lags == -1


def test_the_same_row_twice():
    """A row against itself moves as one with it."""
    got = engle_granger_batch(family(60, 5, 1.0), np.array([1]), np.array([1]))

    assert (got.stat[0], got.p[0], got.lags[0]) == (-np.inf, 0.0, -1)


def test_bad_input_is_one_sentence():
    """Short, still and NaN rows say what is wrong, and which row it is."""
    rows, pair = family(100, 5, 1.0), (np.array([0]), np.array([1]))
    with pytest.raises(NotEnoughData, match=r"engle_granger_batch needs 52 observations, has 40"):
        engle_granger_batch(rows[:, :40], *pair)
    with pytest.raises(ShapeError):
        engle_granger_batch(rows[0], *pair)
    rows[2] = 7.0
    with pytest.raises(UsageError, match=r"^series 2 does not move"):
        engle_granger_batch(rows, *pair)
    rows[2, 5] = np.nan
    with pytest.raises(UsageError, match=r"^series 2 holds 1 value that is not finite"):
        engle_granger_batch(rows, *pair)


def test_results_cannot_be_written():
    """What was found stays what was found, and the input too."""
    rows = family(60, 5, 1.0)
    before = rows.copy()
    got = engle_granger_batch(rows, *ordered(4))

    assert not any(part.flags.writeable for part in (got.stat, got.p, got.lags))
    np.testing.assert_array_equal(rows, before)
