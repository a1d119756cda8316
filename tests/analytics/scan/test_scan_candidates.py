"""Which symbols a scan can test, and why not the others."""

import numpy as np
import pytest

from quantlive_nb.analytics.scan.scan_candidates import split_legs
from quantlive_nb.errors import NotEnoughData, ShapeError, UsageError

N = 120


def prices(n_symbols=3, seed=2):
    """Independent walks of the logarithm."""
    logs = 0.01 * np.random.default_rng(seed).normal(size=(n_symbols, N)).cumsum(axis=1)
    return dict(zip("ABCDEF", np.exp(4 + logs), strict=False))


def test_each_side_of_the_split_stands_by_itself():
    """The oldest bars are the train, the newest the holdout, and both are logarithms."""
    closes = prices()
    legs = split_legs(closes, lags=1, holdout=0.25)

    assert (legs.symbols, legs.train.n, legs.holdout.n) == (["A", "B", "C"], 90, 30)
    assert legs.train.mean[1] == pytest.approx(np.log(closes["B"][:90]).mean())
    assert legs.holdout.mean[1] == pytest.approx(np.log(closes["B"][90:]).mean())
    assert legs.left_out == {}


REASONS = {
    "still": (np.full(N, 7.0), "does not move: wait for trades"),
    "gap": (np.r_[np.nan, np.arange(2.0, N + 1)], "holds 1 value that is not finite"),
    "zero": (np.r_[0.0, np.arange(2.0, N + 1)], "holds a price that is not above 0"),
    "negative": (-np.arange(1.0, N + 1), "holds a price that is not above 0"),
    "twin": (prices()["A"] * 3, "moves exactly as A"),
    "inverse": (1 / prices()["B"], "moves exactly as B"),
}


@pytest.mark.parametrize("name", REASONS)
def test_a_leg_that_cannot_be_tested_is_named(name):
    """The others are tested without it, and the reason is a sentence; no warning leaks."""
    bad, reason = REASONS[name]
    legs = split_legs({**prices(), name: bad}, lags=1, holdout=0.25)

    assert legs.symbols == ["A", "B", "C"]
    assert legs.left_out[name].startswith(f"{name} {reason}")
    assert len(legs.left_out) == 1


@pytest.mark.parametrize("bad", [np.nan, 0.0, -1.0, 5.0])
def test_the_holdout_excludes_nobody(bad):
    """A leg that ends in the holdout was tradeable before: it stays, and has no row there."""
    closes = prices()
    closes["B"][90:] = bad
    legs = split_legs(closes, lags=1, holdout=0.25)

    assert legs.symbols == ["A", "B", "C"]
    assert legs.place.tolist() == [0, -1, 1]
    assert legs.holdout.mean[1] == pytest.approx(np.log(closes["C"][90:]).mean())


def test_nobody_is_left():
    """That no symbol can be tested is an answer."""
    legs = split_legs({"A": np.ones(N), "B": np.ones(N)}, "aic", 0)

    assert legs.symbols == []
    assert list(legs.left_out) == ["A", "B"]
    assert legs.holdout is None


def test_bad_input_is_one_sentence():
    """Too few symbols, too few bars on one of the sides, different lengths."""
    with pytest.raises(UsageError, match="a scan needs two symbols"):
        split_legs({"A": np.ones(N)}, 1, 0)
    with pytest.raises(NotEnoughData, match=r"^scan needs 52 observations, has 24$"):
        split_legs(prices(), "aic", 0.8)
    with pytest.raises(NotEnoughData, match=r"^the holdout of scan needs 52 observations, has 24$"):
        split_legs(prices(), "aic", 0.2)
    with pytest.raises(UsageError, match=r'^lags is .*: give "aic" or a whole number'):
        split_legs(prices(), "bic", 0)
    with pytest.raises(ShapeError, match=r"^B has shape"):
        split_legs({"A": np.ones(N), "B": np.ones(N - 1)}, 1, 0)
