"""How often the statistics are wrong: simulations of markets whose truth is known."""

import numpy as np
import pytest

from quantlive_nb.analytics import (
    adf,
    engle_granger_batch,
    ols,
    rolling_ols,
    spread,
    zscore,
)

N_BARS = 300
BLOCK = 100
"""Pairs tested at a time: the batch multiplies every row with every other."""


def rejected(y, x, lags):
    """Part of the pairs of rows that Engle-Granger calls cointegrated at 5 %."""
    p = []
    for start in range(0, len(y), BLOCK):
        rows = np.concatenate([y[start : start + BLOCK], x[start : start + BLOCK]])
        n = len(rows) // 2
        p.append(engle_granger_batch(rows, np.arange(n), np.arange(n, 2 * n), lags).p)
    return float(np.mean(np.concatenate(p) < 0.05))


def walks(n_pairs, n_bars, seed):
    """Two independent random walks for each pair."""
    steps = np.random.default_rng(seed).normal(size=(2, n_pairs, n_bars))
    return steps.cumsum(axis=2)


@pytest.mark.parametrize(("lags", "most"), [(1, 0.065), ("aic", 0.08)])
def test_engle_granger_has_its_size(lags, most):
    """Of 2 000 pairs of unrelated walks 5 % are called cointegrated; by AIC a little more."""
    y, x = walks(2_000, N_BARS, seed=1)

    assert 0.035 < rejected(y, x, lags) < most


@pytest.mark.parametrize("lags", [1, "aic"])
def test_engle_granger_has_power(lags):
    """Pairs whose spread keeps 0.8 of itself each bar are found nearly always."""
    _, x = walks(400, N_BARS, seed=2)
    error = np.random.default_rng(3).normal(size=(400, N_BARS))
    for t in range(1, N_BARS):
        error[:, t] += 0.8 * error[:, t - 1]

    assert rejected(1 + 0.7 * x + error, x, lags) > 0.95


def test_plain_adf_of_a_fitted_spread_has_not():
    """The p beside which the page puts its remark: three times as many false alarms."""
    y, x = walks(400, N_BARS, seed=4)
    alarms = [adf(ols(a, b).residuals(a, b), lags=1).p < 0.05 for a, b in zip(y, x, strict=True)]

    assert np.mean(alarms) > 0.10


def profit(y, x, z, beta):
    """What a rule earns: in at |z| > 2 against it, out at 0, each a bar later, beta kept."""
    total, side, ratio = 0.0, 0.0, 0.0
    for t in range(len(z) - 1):
        if side and z[t] * side >= 0:
            side = 0.0
        if not side and abs(z[t]) > 2:
            side, ratio = -np.sign(z[t]), beta[t]
        total += side * (y[t + 1] - y[t] - ratio * (x[t + 1] - x[t]))
    return total


def test_a_causal_z_earns_nothing_of_unrelated_walks():
    """The tutorial's z, of the whole sample, does nearly each time: it has seen the end."""
    causal, hindsight = [], []
    for a, b in zip(*walks(300, 600, seed=5), strict=True):
        beta = rolling_ols(a, b, 120).beta
        causal.append(profit(a, b, zscore(spread(a, b, 120), 60), beta))
        line = ols(a, b)
        rest = line.residuals(a, b)
        hindsight.append(profit(a, b, rest / rest.std(), np.full(len(a), line.beta)))

    earned = np.array(causal)
    assert abs(earned.mean() / earned.std() * np.sqrt(len(earned))) < 3
    assert np.mean(np.array(hindsight) > 0) > 0.75
