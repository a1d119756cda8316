"""Engle-Granger in both orders."""

import csv
import gzip
import json

import numpy as np
import pytest

from quantlive_nb.analytics.cointegration.both_ways import BothWays, both_ways
from quantlive_nb.analytics.cointegration.engle_granger import EGResult, engle_granger
from quantlive_nb.errors import UsageError


def test_chan(shared_data):
    """Both orders of the ETF pair have their reference numbers; the worse is EWA on EWC."""
    golden = json.loads((shared_data / "golden_coint_chan_ewa_ewc_ige.json").read_text())[
        "computed"
    ]
    with gzip.open(
        shared_data / "coint_chan_ewa_ewc_ige_2006_2012.csv.gz", "rt", newline=""
    ) as file:
        rows = list(csv.DictReader(file))
    ewc, ewa = (np.array([float(row[name]) for row in rows]) for name in ("EWC", "EWA"))
    got = both_ways(ewc, ewa, lags=1)

    for one, key in ((got.y_on_x, "EG_EWC_on_EWA_lag1"), (got.x_on_y, "EG_EWA_on_EWC_lag1")):
        np.testing.assert_allclose((one.stat, one.p), (golden[key]["t"], golden[key]["p"]), 1e-8)
    assert (got.order, got.reported) == ("x on y", got.x_on_y)


@pytest.mark.parametrize("lags", ["aic", 1])
def test_the_worse_is_reported_whatever_the_order(lags):
    """Swapping the legs swaps the tests and leaves the one reported."""
    y, x = np.random.default_rng(3).normal(size=(2, 200)).cumsum(axis=1)
    there, back = both_ways(y, x, lags, max_n=150), both_ways(x, y, lags, max_n=150)

    assert there.y_on_x == engle_granger(y[-150:], x[-150:], lags) == back.x_on_y
    assert there.reported == back.reported
    assert there.reported.p == max(there.y_on_x.p, there.x_on_y.p)
    assert {there.order, back.order} == {"y on x", "x on y"}


def test_p_that_round_to_the_same_are_told_apart():
    """Where p has reached its end the statistic decides."""
    strong, weak = (EGResult(t, 0.0, 1, 100, {}, "no cointegration") for t in (-40.0, -30.0))

    assert BothWays(weak, strong).order == "y on x"
    assert BothWays(strong, weak).reported is weak
    assert repr(BothWays(strong, weak)).startswith("x on y, the worse: .stat=-30.00")


def test_bad_input_is_the_tests_own_sentence():
    """The same symbol twice is refused as by a single test."""
    x = np.random.default_rng(3).normal(size=200).cumsum()
    with pytest.raises(UsageError, match="move as one"):
        both_ways(x, x)
