"""The pair scanner: what it finds, what it refuses, and what it may not look at."""

from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from quantlive_nb.analytics.cointegration.engle_granger import engle_granger
from quantlive_nb.analytics.core.fdr import false_discovery
from quantlive_nb.analytics.pair.ols import ols
from quantlive_nb.analytics.scan.scan import scan
from quantlive_nb.analytics.scan.scan_result import COLUMNS
from quantlive_nb.errors import UsageError

module = import_module("quantlive_nb.analytics.scan.scan")
N, N_TRAIN = 400, 280
TRAIN = [name for name in COLUMNS if not name.startswith("holdout")]


def market(n_symbols=5, seed=8, phi=0.7):
    """Log prices of independent walks, and of the companion ``S`` of the first one."""
    rng = np.random.default_rng(seed)
    logs = 0.01 * rng.normal(size=(n_symbols, N)).cumsum(axis=1)
    error = 0.01 * rng.normal(size=N)
    for t in range(1, N):
        error[t] += phi * error[t - 1]
    names = [f"W{at}" for at in range(n_symbols)]
    return dict(zip([*names, "S"], [*logs, 1 + 0.5 * logs[0] + error], strict=True))


def prices(**how):
    """The prices of that market."""
    return {name: np.exp(log) for name, log in market(**how).items()}


def row(result, y, x):
    """One pair's columns."""
    (at,) = np.flatnonzero((result.y == y) & (result.x == x))
    return {name: getattr(result, name)[at] for name in COLUMNS}


def test_the_cointegrated_pair_is_found():
    """Of 30 ordered pairs the one that is real comes first, and the holdout agrees."""
    result = scan(prices(phi=0.3), lags=1)

    assert {result.y[0], result.x[0]} == {"W0", "S"} == {result.y[1], result.x[1]}
    assert (result.q[:2] < 0.01).all()
    assert (result.holdout_p[:2] < 0.05).all()
    assert len(result) == 30
    assert (np.diff(result.p) >= 0).all()
    np.testing.assert_array_equal(result.q, false_discovery(result.p))


@pytest.mark.parametrize("lags", ["aic", 2])
def test_each_number_is_that_of_the_pair_by_itself(lags):
    """The train columns from the train bars, the holdout's from its own."""
    logs, result = market(), scan(prices(), lags=lags, cost_bps=20, entry=1.5)
    for y, x in zip(result.y, result.x, strict=True):
        got, before, after = row(result, y, x), logs[y][:N_TRAIN], logs[y][N_TRAIN:]
        x_before, x_after = logs[x][:N_TRAIN], logs[x][N_TRAIN:]
        test, again = engle_granger(before, x_before, lags), engle_granger(after, x_after, lags)
        line = ols(before, x_before)
        std = line.residuals(before, x_before).std(ddof=1)
        want = {
            "stat": test.stat,
            "p": test.p,
            "lags": test.lags,
            "beta": line.beta,
            "correlation": np.corrcoef(np.diff(before), np.diff(x_before))[0, 1],
            "hurdle": 1.5 * std / (2 * (1 + abs(line.beta)) * 0.002),
            "holdout_stat": again.stat,
            "holdout_p": again.p,
            "holdout_beta": ols(after, x_after).beta,
            "holdout_shift": line.residuals(after, x_after).mean() / std,
        }

        assert {name: got[name] for name in want} == pytest.approx(want, rel=1e-7, abs=1e-9)


def test_half_life_is_withheld_unless_the_spread_comes_back():
    """It is that of an AR(1) of the residual where H0 is rejected, and NaN elsewhere."""
    logs, result = market(phi=0.9), scan(prices(phi=0.9), lags=1)
    y, x = logs["S"][:N_TRAIN], logs["W0"][:N_TRAIN]
    u = ols(y, x).residuals(y, x)
    want = np.log(0.5) / np.log(u[1:] @ u[:-1] / (u[:-1] @ u[:-1]))

    assert row(result, "S", "W0")["half_life"] == pytest.approx(want)
    assert np.isnan(result.half_life[result.p >= 0.05]).all()


@pytest.mark.parametrize("lags", ["aic", 1])
def test_the_holdout_chooses_nothing(lags):
    """Whatever comes after the split, no train column changes by a bit, nor which legs are in."""
    before, closes = scan(prices(), lags=lags), prices()
    for at, (name, close) in enumerate(closes.items()):
        close[N_TRAIN:] = prices(seed=99)[name][N_TRAIN:] if at else np.nan
    after = scan(closes, lags=lags)

    for name in TRAIN:
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    assert (after.left_out, after.refused) == (before.left_out, before.refused)
    touched = (after.y == "W0") | (after.x == "W0")
    for name in set(COLUMNS) - set(TRAIN):
        np.testing.assert_array_equal(np.isnan(getattr(after, name)), touched)
        assert (getattr(after, name) != getattr(before, name)).all()


def test_without_a_holdout():
    """All bars choose, and the holdout's columns are absent."""
    result = scan(prices(), lags=1, holdout=0)

    assert (result.n_train, result.n_holdout) == (N, 0)
    assert np.isnan(result.holdout_p).all()
    assert np.isfinite(result.stat).all()


def test_what_cannot_be_tested_is_named():
    """Legs are left out and pairs refused, each with a reason, and no number stands for them."""
    closes, wave = prices(), 0.1 * np.arange(N)
    closes |= {
        "USD": np.ones(N),
        "TWIN": 2 * closes["W1"],
        "PEG": closes["W2"] * np.exp(1e-6 * np.random.default_rng(1).normal(size=N)),
        "SIN": np.exp(np.sin(wave)),
        "COS": np.exp(np.sin(1.7 * wave)),
    }
    result = scan(closes, lags=4)

    assert set(result.left_out) == {"USD", "TWIN"}
    peg = "the two move as one: choose two different markets"
    rule = "the spread hardly moves or repeats itself: take more bars"
    assert result.refused == {
        ("W2", "PEG"): peg,
        ("PEG", "W2"): peg,
        ("SIN", "COS"): rule,
        ("COS", "SIN"): rule,
    }
    assert len(result) == 9 * 8 - 4
    assert result.complete
    assert np.isfinite([result.stat, result.p, result.q, result.beta, result.hurdle]).all()
    assert (result.lags == 4).all()


def test_no_symbol_is_left():
    """An empty table, and the reasons."""
    result = scan({"A": np.ones(N), "B": np.ones(N)})

    assert len(result) == len(result.to_pandas()) == 0
    assert repr(result) == "ScanResult(0 pairs; 0 at q ≤ 0.05; left out: A, B)"


def test_a_data_frame_is_scanned_alike():
    """Its columns are the symbols."""
    table = scan(pd.DataFrame(prices()), lags=1).to_pandas()

    pd.testing.assert_frame_equal(table, scan(prices(), lags=1).to_pandas())


def test_progress_is_told(monkeypatch):
    """Now and then, and at the end; the chunks change no number."""
    whole, told = scan(prices(), lags=1).to_pandas(), []
    monkeypatch.setattr(module, "CHUNK", 12)
    parts = scan(prices(), lags=1, progress=lambda *state: told.append(state))

    assert told == [(12, 30), (24, 30), (30, 30)]
    pd.testing.assert_frame_equal(parts.to_pandas(), whole, rtol=1e-10)


def test_a_cancelled_scan_says_so(monkeypatch):
    """It ends with the pairs it has, q is theirs, and the result tells how far it came."""
    monkeypatch.setattr(module, "CHUNK", 12)
    told = []
    result = scan(
        prices(), lags=1, progress=lambda done, _: told.append(done), cancel=lambda: bool(told)
    )

    assert told == [12]
    assert (len(result), result.n_done, result.n_pairs, result.complete) == (12, 12, 30, False)
    assert repr(result).endswith("; cancelled after 12 of 30 pairs)")
    np.testing.assert_array_equal(result.q, false_discovery(result.p))
    assert len(scan(prices(), lags=1, cancel=lambda: True)) == 0


def test_unrelated_walks_are_no_discoveries():
    """40 walks: 5 % of 1 560 pairs look cointegrated, and in view of their number nearly none."""
    logs = np.random.default_rng(21).normal(size=(40, 500)).cumsum(axis=1)
    closes = {f"W{at}": np.exp(0.01 * log) for at, log in enumerate(logs)}
    result = scan(closes, lags=1, holdout=0)

    assert np.mean(result.p < 0.05) > 0.02
    assert len(result.discoveries()) <= 2


@pytest.mark.parametrize("options", [{"holdout": 1}, {"holdout": -0.1}, {"holdout": np.nan}])
@pytest.mark.parametrize("more", [{}, {"cost_bps": 0}, {"entry": -2}, {"cost_bps": np.nan}])
def test_options_that_cannot_be(options, more):
    """The sentence names the option and says what to give."""
    with pytest.raises(UsageError, match=r"^holdout is .*: give a part of the bars"):
        scan(prices(), **options)
    if more:
        with pytest.raises(UsageError, match=r"^(cost_bps|entry) is .*: give a number above 0"):
            scan(prices(), **more)
