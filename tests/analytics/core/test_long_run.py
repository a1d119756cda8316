"""The variance of a series with memory."""

import numpy as np
import pytest

from quantlive_nb.analytics.core.long_run import (
    least_bandwidth,
    long_run_variance,
    newey_west_bandwidth,
)
from quantlive_nb.errors import UsageError


@pytest.mark.parametrize("n_lags", [0, 1, 7])
def test_statsmodels_agrees(n_lags):
    """It is Newey and West's sum of a series on a constant, divided by the length."""
    from statsmodels.stats.sandwich_covariance import S_hac_simple

    error = np.random.default_rng(1).normal(size=200).cumsum()
    want = S_hac_simple(error[:, np.newaxis], nlags=n_lags).item() / 200

    assert np.isclose(long_run_variance(error, n_lags), want, rtol=1e-12)


def test_it_is_what_the_mean_is_uncertain_by():
    """Of averages of an MA(1) the variance times the length is what it says."""
    shocks = np.random.default_rng(2).normal(size=(2_000, 501))
    rows = shocks[:, 1:] + 0.5 * shocks[:, :-1]
    said = np.mean([long_run_variance(row, 12) for row in rows[:200]])

    assert np.isclose(500 * rows.mean(axis=1).var(), 1.5**2, rtol=0.1)
    assert np.isclose(said, 1.5**2, rtol=0.1)


def test_never_negative():
    """Bartlett's weights keep even a zigzag above 0."""
    assert 0 <= long_run_variance(np.tile([1.0, -1.0], 50), 5) < 0.1


def test_the_rule_and_its_refusals():
    """The number asked for is taken; what is no number is one sentence."""
    assert [newey_west_bandwidth("auto", n) for n in (20, 100, 2_000)] == [2, 4, 7]
    assert (newey_west_bandwidth(3, 100), least_bandwidth("auto"), least_bandwidth(3)) == (3, 0, 3)
    for bad in (-1, 1.5, "aic", None):
        with pytest.raises(UsageError, match=r'give "auto" or a whole number from 0'):
            least_bandwidth(bad)
