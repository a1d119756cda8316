"""Johansen's tests, beside R's printout, the book and statsmodels."""

import csv
import gzip
import json

import numpy as np
import pytest
from statsmodels.tsa.vector_ar.vecm import coint_johansen

from quantlive_nb.analytics.cointegration.johansen import RankTest, johansen
from quantlive_nb.errors import NotEnoughData, ShapeError, UsageError


def walks(k, n, seed=0):
    """Unrelated random walks."""
    return np.random.default_rng(seed).normal(size=(k, n)).cumsum(axis=1)


def columns(path):
    """The columns of a CSV file by name, the first one (dates) left out."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in list(rows[0])[1:]}


def golden(path, *keys):
    """A reference result."""
    found = json.loads(path.read_text())
    for key in keys:
        found = found[key]
    return found


def traces(result):
    """The trace of each rank."""
    return [test.trace for test in result.tests]


def sizes(result):
    """The largest-eigenvalue statistic of each rank."""
    return [test.max_eigen for test in result.tests]


def test_denmark(shared_data):
    """R's ca.jo(type=eigen, ecdet=const, K=2, spec=longrun, season=4), to all printed digits."""
    legs = columns(shared_data / "coint_urca_denmark.csv")
    want = golden(shared_data / "golden_coint_urca_denmark.json", "published")
    again = golden(shared_data / "golden_coint_urca_denmark.json", "recomputed")
    prices = [legs[name] for name in ("LRM", "LRY", "IBO", "IDE")]
    got = johansen(*prices, lags=1, constant="relation", season=4)

    assert got.eigenvalues.round(7).tolist() == want["eig"]
    assert np.round(sizes(got), 2).tolist() == want["max_eig"]
    assert [test.max_eigen_critical["5%"] for test in got.tests] == want["crit_5pct"]
    np.testing.assert_allclose(traces(got), again["trace"], rtol=1e-8)
    np.testing.assert_allclose(sizes(got), again["max_eig"], rtol=1e-8)
    beta = [1.0, -1.032949, 5.206919, -4.215879, -6.059932]
    np.testing.assert_allclose(got.relations[:, 0], beta, atol=5e-7)
    assert (got.rank, got.word, got.n) == (0, "no relation is shown", 55)


@pytest.mark.parametrize("names", [("EWC", "EWA"), ("EWC", "EWA", "IGE")])
def test_chan(shared_data, names):
    """The book's traces and eigenvalue statistics to its printed digits, and statsmodels'."""
    closes = columns(shared_data / "coint_chan_ewa_ewc_ige_2006_2012.csv.gz")
    path = shared_data / "golden_coint_chan_ewa_ewc_ige.json"
    book = golden(path, "published", {2: "johansen_pair_EWC_EWA", 3: "johansen_triple"}[len(names)])
    want = golden(path, "computed", f"johansen_{'_'.join(names)}_det0_k1")
    got = johansen(*(closes[name] for name in names), constant="drift")

    assert np.round(traces(got), 3).tolist() == book["trace"]
    np.testing.assert_allclose(sizes(got), book["max_eig"], atol=1e-3)
    np.testing.assert_allclose(traces(got), want["trace"], rtol=1e-8)
    np.testing.assert_allclose(got.eigenvalues, want["eig"], rtol=1e-8)
    first = np.array(want["first_evec"])
    np.testing.assert_allclose(got.relations[:, 0], first / first[0], rtol=1e-8)
    assert [list(test.trace_critical.values()) for test in got.tests] == want["trace_crit_90_95_99"]


def test_crude(shared_data):
    """WTI and Brent, the reference numbers: one relation."""
    prices = columns(shared_data / "coint_arch_crude_brent_wti_monthly.csv")
    want = golden(shared_data / "golden_coint_crude.json", "johansen_det0_k1")
    got = johansen(np.log(prices["WTI"]), np.log(prices["Brent"]), constant="drift")

    np.testing.assert_allclose(traces(got), want["trace"], rtol=1e-8)
    np.testing.assert_allclose(sizes(got), want["max_eig"], rtol=1e-8)
    assert (got.rank, got.word) == (1, "1 relation holds them together")


@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.parametrize("lags", [1, 2, 4])
def test_statsmodels_agrees(k, lags):
    """With a drift; its levels are of another lag, which spans the same."""
    prices = walks(k, 300, k)
    want = coint_johansen(prices.T, 0, lags)
    got = johansen(*prices, lags=lags, constant="drift")

    np.testing.assert_allclose(traces(got), want.trace_stat, rtol=1e-8)
    np.testing.assert_allclose(sizes(got), want.max_eig_stat, rtol=1e-8)
    critical = [list(test.max_eigen_critical.values()) for test in got.tests]
    np.testing.assert_array_equal(critical, want.max_eig_stat_crit_vals)


@pytest.mark.parametrize("constant", ["drift", "relation"])
def test_the_order_and_the_units_do_not_matter(constant):
    """Any order of the legs and any scale and level of each give the same test and spread."""
    a, b, c = walks(3, 200)
    got = johansen(a, b, c, constant=constant)
    other = johansen(1e6 * c + 1e7, a - 3, 1e-6 * b, constant=constant)
    spread = np.array([a, b, c]).T @ got.relations[:3, 0]
    again = np.array([1e6 * c + 1e7, a - 3, 1e-6 * b]).T @ other.relations[:3, 0]

    np.testing.assert_allclose(traces(got), traces(other), rtol=1e-6)
    assert abs(np.corrcoef(spread, again)[0, 1]) == pytest.approx(1.0)
    assert (got.relations[0] == 1).all()


def test_the_constant_of_the_relation_centres_the_spread():
    """The first column with its constant is the distance from balance: about 0 on average."""
    x = walks(1, 400)[0]
    y = 7 + 0.5 * x + np.random.default_rng(1).normal(size=400)
    weights = johansen(y, x).relations[:, 0]

    np.testing.assert_allclose(weights, [1, -0.5, -7], atol=0.15)
    assert abs((y + weights[1] * x + weights[2]).mean()) < 0.1


def test_size_and_power():
    """Of unrelated pairs 5 % are rejected, three standard errors; a known relation is found."""
    falls = [johansen(*walks(2, 250, seed)).rank > 0 for seed in range(300)]
    assert abs(np.mean(falls) - 0.05) < 0.038

    for seed in range(20):
        a, b = walks(2, 250, seed)
        c = a - 2 * b + np.random.default_rng(1_000 + seed).normal(size=250)
        assert johansen(a, b, c).rank >= 1


def test_a_missing_drift_is_why_relation_is_the_default():
    """Tables that take a drift for granted reject driftless pairs twice as often as they say."""
    falls = [johansen(*walks(2, 250, seed), constant="drift").rank > 0 for seed in range(300)]

    assert np.mean(falls) > 0.08


def test_a_season_is_taken_out():
    """With its dummies a calendar pattern changes nothing; without them it changes the rank."""
    a, b = walks(2, 120)
    pattern = np.tile([0.0, 30.0, 0.0, -30.0], 30)
    freed, patterned = (johansen(a, leg, season=4) for leg in (b, b + pattern))

    np.testing.assert_allclose(traces(patterned), traces(freed), rtol=1e-8)
    assert (freed.rank, johansen(a, b + pattern).rank) == (0, 1)


@pytest.mark.parametrize("constant", ["drift", "relation"])
def test_no_lags(constant):
    """Without lagged steps it is the regression of steps on levels; statsmodels' k = 0 is not."""
    y, x = walks(2, 200)
    got = johansen(y, x, lags=0, constant=constant)
    step, level = np.diff([y, x]).T, np.array([y, x]).T[:-1]
    if constant == "drift":
        step, level = step - step.mean(0), level - level.mean(0)
    else:
        level = np.column_stack([level, np.ones(199)])
    explained = step - level @ np.linalg.lstsq(level, step)[0]
    ratio = np.linalg.det(explained.T @ explained) / np.linalg.det(step.T @ step)

    assert got.tests[0].trace == pytest.approx(-199 * np.log(ratio))


def test_degenerate_input_is_one_sentence():
    """Each reason says what to do."""
    y, x = walks(2, 100)
    with pytest.raises(NotEnoughData, match="johansen needs 20 observations, has 3"):
        johansen(y[:3], x[:3])
    with pytest.raises(NotEnoughData, match="johansen needs 60 observations, has 50"):
        johansen(*walks(2, 50), lags=4, season=5)
    with pytest.raises(UsageError, match=r"^series 2 does not move"):
        johansen(y, np.full(100, 0.1))
    with pytest.raises(UsageError, match=r"^series 1 holds 1 value that is not finite"):
        johansen(np.r_[y[1:], np.nan], x)
    with pytest.raises(ShapeError, match=r"^series 2 has shape"):
        johansen(y, x[1:])
    for copy in (x, 3 - 2 * x, x + 1e-6 * y):
        with pytest.raises(UsageError, match="move as one: choose different markets"):
            johansen(y, x, copy)
    for constant in ("drift", "relation"):
        for rule in (np.arange(100.0), np.tile([0.0, 1.0], 50), np.sin(0.1 * np.arange(100))):
            with pytest.raises(UsageError, match="hardly moves or repeats itself"):
                johansen(y, rule, constant=constant)


def test_impossible_arguments():
    """Too few or too many series, lags, constants and seasons that cannot be."""
    y, x = walks(2, 100)
    for few_or_many in ([], [y], walks(12, 100)):
        with pytest.raises(UsageError, match="give 2 to 11"):
            johansen(*few_or_many)
    for bad in ("aic", -1, 1.5):
        with pytest.raises(UsageError, match=r"^lags is .*: give a whole number, at least 0"):
            johansen(y, x, lags=bad)
    with pytest.raises(UsageError, match='give "drift" or "relation"'):
        johansen(y, x, constant="c")
    with pytest.raises(UsageError, match=r"^season is 1: give a whole number, at least 2"):
        johansen(y, x, season=1)


def test_the_result_speaks():
    """H0 in words, the rank in words, read-only numbers, their source."""
    got = johansen(*walks(2, 200, 3))

    assert repr(got).endswith("rank 0 of 2: no relation is shown")
    assert [test.h0 for test in got.tests] == ["at most 0 relations", "at most 1 relation"]
    assert not got.eigenvalues.flags.writeable
    assert not got.relations.flags.writeable
    assert got.source == "Osterwald-Lenum (1992)"
    noise = johansen(*np.random.default_rng(1).normal(size=(3, 300)), constant="drift")
    assert noise.word == "full, as if each series were stationary by itself"
    assert noise.source == "MacKinnon, Haug and Michelis (1999)"
    assert not RankTest(0, 15.0, 1.0, {"5%": 15.0}, {}).is_rejected
    a = walks(1, 400, 4)[0]
    shocks = np.random.default_rng(5).normal(size=(2, 400))
    assert johansen(a, a + shocks[0], a + shocks[1]).word == "2 relations hold"
