"""The unit-root test and the Engle-Granger test, beside published numbers and statsmodels."""

import csv
import gzip
import json

import numpy as np
import pytest
from statsmodels.tsa.stattools import adfuller, coint

from quantlive_nb.analytics.cointegration.engle_granger import (
    ADFResult,
    EGResult,
    adf,
    engle_granger,
)
from quantlive_nb.errors import NotEnoughData, UsageError

CRITICAL = {"1%": -3.9, "5%": -3.34, "10%": -3.05}


def walk(n, seed=0):
    """A random walk."""
    return np.random.default_rng(seed).normal(size=n).cumsum()


def mended(critical, n):
    """Statsmodels' critical values of n steps, with MacKinnon's own digit (its issue 10271)."""
    one, *others = critical
    return [one + (33.527 - 22.527) / n**2, *others]


def columns(path):
    """The columns of a CSV file by name, the first one (dates) left out."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in list(rows[0])[1:]}


@pytest.fixture(scope="module")
def chan(shared_data):
    """E. Chan's closes of EWA, EWC and IGE, and their reference results."""
    golden = json.loads((shared_data / "golden_coint_chan_ewa_ewc_ige.json").read_text())
    return columns(shared_data / "coint_chan_ewa_ewc_ige_2006_2012.csv.gz"), golden


@pytest.fixture(scope="module")
def crude(shared_data):
    """Monthly log prices of Brent and WTI, and their reference results."""
    golden = json.loads((shared_data / "golden_coint_crude.json").read_text())
    prices = columns(shared_data / "coint_arch_crude_brent_wti_monthly.csv")
    return {name: np.log(price) for name, price in prices.items()}, golden


@pytest.mark.parametrize(
    ("y", "x", "lags", "key"),
    [
        ("EWC", "EWA", 1, "EG_EWC_on_EWA_lag1"),
        ("EWA", "EWC", 1, "EG_EWA_on_EWC_lag1"),
        ("EWC", "EWA", "aic", "EG_EWC_on_EWA_aic"),
    ],
)
def test_chan_engle_granger(chan, y, x, lags, key):
    """The reference statistic, p and critical values of the ETF pair, in both orders."""
    closes, golden = chan
    want = golden["computed"][key]
    got = engle_granger(closes[y], closes[x], lags=lags)

    assert got.n == want["nobs"]
    np.testing.assert_allclose((got.stat, got.p), (want["t"], want["p"]), rtol=1e-8)
    critical = mended(want["crit_1_5_10"], want["nobs"] - 1)
    np.testing.assert_allclose(list(got.critical.values()), critical)


def test_chan_published(chan):
    """The book's CADF statistic, to the fourth digit that both constructions share."""
    closes, golden = chan
    want = golden["published"]["cadf_EWC_on_EWA_lag1"]["t"]

    assert abs(engle_granger(closes["EWC"], closes["EWA"], lags=1).stat - want) < 1e-4


@pytest.mark.parametrize("symbol", ["EWA", "EWC", "IGE"])
def test_chan_unit_roots(chan, symbol):
    """No ETF by itself is shown to be stationary, and the numbers are the reference ones."""
    closes, golden = chan
    want = golden["computed"]["adf"][symbol]
    got = adf(closes[symbol])

    np.testing.assert_allclose((got.stat, got.p), (want["t"], want["p"]), rtol=1e-8)
    assert (got.lags, got.n) == (want["lags"], want["nobs"] + want["lags"] + 1)
    assert got.word == "not stationary"


@pytest.mark.parametrize(("lags", "key"), [("aic", "EG_WTI_on_Brent_aic"), (1, "EG_lag1")])
def test_crude(crude, lags, key):
    """WTI and Brent, the reference numbers: cointegrated."""
    logs, golden = crude
    want = golden[key]
    got = engle_granger(logs["WTI"], logs["Brent"], lags=lags)

    np.testing.assert_allclose((got.stat, got.p), (want["t"], want["p"]), rtol=1e-7)
    critical = mended(want["crit_1_5_10"], want["nobs"] - 1)
    np.testing.assert_allclose(list(got.critical.values()), critical)
    assert (got.n, got.word) == (want["nobs"], "cointegrated")


@pytest.mark.parametrize("lags", ["aic", 0, 4])
@pytest.mark.parametrize("n", [52, 480])
def test_statsmodels_agrees(n, lags):
    """Both tests give statsmodels' numbers, although it does not tell coint's lags."""
    how = {"autolag": "aic"} if lags == "aic" else {"autolag": None, "maxlag": lags}
    y, x = walk(n, 1), walk(n, 2)
    plain = adfuller(y, result_object=True, **how)
    got, eg = adf(y, lags), engle_granger(y, x, lags)

    np.testing.assert_allclose((got.stat, got.p), (plain.statistic, plain.pvalue), rtol=1e-9)
    assert got.critical == pytest.approx(plain.critical_values)
    stat, p, critical = coint(y, x, **how)
    want = [stat, p, *mended(critical, n - 1)]
    np.testing.assert_allclose([eg.stat, eg.p, *eg.critical.values()], want, rtol=1e-8)
    assert 0 <= eg.lags <= 18


def test_unrelated_walks_are_rarely_called_cointegrated():
    """Engle-Granger errs about as often as it says; plain ADF on the residual three times as often.

    300 pairs at a nominal 5 %: within three standard errors of it, and ADF more than twice as much.
    """
    honest = naive = 0
    for seed in range(300):
        y, x = walk(200, 2 * seed), walk(200, 2 * seed + 1)
        beta, alpha = np.polyfit(x, y, 1)
        honest += engle_granger(y, x, lags=1).p < 0.05
        naive += adf(y - alpha - beta * x, lags=1).p < 0.05

    assert abs(honest / 300 - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 300)
    assert naive > 2 * honest


def test_cointegrated_walks_are_found():
    """Power: pairs whose spread forgets half in 3 bars are found nearly always."""
    found = 0
    for seed in range(40):
        x, error = walk(300, seed), np.random.default_rng(1_000 + seed).normal(size=300)
        for t in range(1, 300):
            error[t] += 0.8 * error[t - 1]
        found += engle_granger(1 + 0.7 * x + error, x, lags=1).word == "cointegrated"

    assert found >= 36


def test_the_caveat_is_shown():
    """An estimated spread's p is too small, and the result says so wherever it is printed."""
    x = walk(100)

    assert "read Engle-Granger" in repr(adf(x, 1, estimated=True))
    assert adf(x, 1).caveat == ""
    assert adf(x, 1, estimated=True).p == adf(x, 1).p


def test_only_the_last_observations_count():
    """The cap is the newest ones, and n states it."""
    y, x = walk(300, 1), walk(300, 2)

    assert engle_granger(y, x, max_n=100) == engle_granger(y[-100:], x[-100:])
    assert adf(y, max_n=100) == adf(y[-100:])
    assert adf(y, max_n=100).n == 100


@pytest.mark.parametrize("noise", [0.0, 1e-12, 1e-6])
@pytest.mark.parametrize("slope", [1.0, -0.7])
def test_legs_that_move_as_one_have_no_number(slope, noise):
    """The same symbol twice, a pegged pair, an exact multiple: a sentence, not a statistic."""
    x = walk(200)
    y = 3 + slope * x + noise * np.random.default_rng(9).normal(size=200)

    with pytest.raises(UsageError, match=r"^y and x move as one .* choose two different markets$"):
        engle_granger(y, x)


def test_bad_input_is_one_sentence():
    """Short, still and NaN legs say what is wrong."""
    y, x = walk(100, 1), walk(100, 2)
    with pytest.raises(NotEnoughData, match=r"engle_granger needs 52 observations, has 40"):
        engle_granger(y[:40], x[:40])
    with pytest.raises(NotEnoughData, match=r"adf needs 52 observations, has 40"):
        adf(x[:40])
    with pytest.raises(UsageError, match=r"^y does not move"):
        engle_granger(np.full(100, 0.1), x)
    with pytest.raises(UsageError, match=r"^x does not move"):
        adf(np.full(100, 0.1))
    y[0] = np.nan
    with pytest.raises(UsageError, match=r"^y holds 1 value that is not finite"):
        engle_granger(y, x)


@pytest.mark.parametrize(
    ("p", "verdict", "stationary", "cointegrated"),
    [
        (0.0499, "rejected at 5 %", "stationary", "cointegrated"),
        (0.05, "not rejected at 5 %", "not stationary", "not cointegrated"),
    ],
)
def test_the_verdict_goes_by_p(p, verdict, stationary, cointegrated):
    """Below 5 % rejects; the critical values do not get a second vote."""
    plain = ADFResult(-9.0, p, 1, 100, CRITICAL, "a unit root")
    pair = EGResult(-9.0, p, 1, 100, CRITICAL, "no cointegration")

    assert (plain.verdict, plain.word) == (verdict, stationary)
    assert (pair.verdict, pair.word) == (verdict, cointegrated)


def test_a_tiny_p_is_not_shown_as_zero():
    """Nothing is impossible: 0.000 would say so."""
    test = EGResult(-9.0, 1e-9, 1, 100, CRITICAL, "no cointegration")

    assert repr(test) == ".stat=-9.00 .p<0.001  H0: no cointegration → rejected at 5 %"
