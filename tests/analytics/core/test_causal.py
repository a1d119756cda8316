"""A look ahead is found, wherever it hides; what is causal passes."""

import numpy as np
import pandas as pd
import pytest
from scipy.signal import fftconvolve, savgol_filter

from quantlive_nb.analytics import correlation, engle_granger, rolling_ols, spread, zscore
from quantlive_nb.analytics.core.causal import check_causal
from quantlive_nb.errors import NotEnoughData, ShapeError, UsageError


@pytest.mark.parametrize(
    "analytic",
    [
        lambda y, x: spread(y, x, 60),
        lambda y, x: zscore(spread(y, x, 60), 30),
        lambda y, x: correlation(np.exp(y), np.exp(x), 30),
        lambda y, x: rolling_ols(y, x, 40).beta,
        lambda y, x: y - x,
        lambda y, _: pd.Series(y).rolling(20).mean(),
        lambda y, _: np.full(len(y), np.nan),
    ],
)
def test_what_is_causal_passes(analytic):
    """Our own analytics, pandas' windows, and one that has nothing to say."""
    assert check_causal(analytic)


@pytest.mark.parametrize(
    "analytic",
    [
        lambda y, _: (y - y.mean()) / y.std(),
        lambda y, x: y - np.polyval(np.polyfit(x, y, 1), x),
        lambda y, _: pd.Series(y).shift(-1),
        lambda y, _: pd.Series(y).rolling(21, center=True).mean(),
        lambda y, _: pd.Series(y).where(pd.Series(y) > 0).shift(-1).bfill(),
        lambda y, _: y[::-1].cumsum()[::-1],
        lambda y, _: np.where(np.arange(len(y)) == 3, y[-1], np.nan),
        lambda y, x: y - y.mean() if engle_granger(y, x) else y,
        lambda y, _: savgol_filter(y, 61, 3),
        lambda y, _: np.where(np.arange(len(y)) == 7, 1e10, y - y.mean()),
        lambda y, _: y - y[:15].mean(),
        lambda y, _: y - y[:2].mean(),
        lambda y, _: pd.Series(y).rolling(15).mean().bfill(),
        lambda y, _: pd.Series(y).where(np.arange(len(y)) % 48 == 0).bfill(),
    ],
)
def test_a_look_ahead_is_found(analytic):
    """It hides in a mean, a shift, a centred window, one value, a huge one, or the first bars."""
    result = check_causal(analytic)

    assert not result
    assert 0 <= result.bar < result.cut <= result.n
    assert "reads the future" in repr(result)


def test_shorter_pasts_that_raise_are_counted():
    """A function of many bars is checked on those that it can be asked of."""
    result = check_causal(lambda y, x: engle_granger(y, x) and y - x)

    assert result
    assert (result.n_cuts, result.n_failed) == (11, 7)
    assert repr(result) == "causal ✓ (600 bars, cut 11 times, failed on 7 more)"


def test_fewer_cuts_can_be_asked_for():
    """Where an analytic is slow; what reads everything is found all the same."""
    assert not check_causal(lambda y, _: y - y.mean(), n_cuts=3)
    assert check_causal(lambda y, x: y - x, n_cuts=3).n_cuts == 9
    with pytest.raises(UsageError, match="n_cuts is 0"):
        check_causal(lambda y, x: y - x, n_cuts=0)


def test_nothing_could_be_checked():
    """Where every shorter past raises, that is no pass, and the reason is told."""
    result = check_causal(lambda y, _: y if len(y) == 600 else 1 / 0)

    assert not result
    assert not result.is_checked
    assert repr(result) == "not checked: it failed on all 18 shorter pasts (division by zero)"


def test_rounding_is_no_look_ahead():
    """Sums that are rounded in another order for another length differ by nothing that counts."""
    kernel = np.ones(20) / 20

    assert check_causal(lambda y, _: fftconvolve(y - y[0], kernel)[: len(y)])


def test_the_bar_is_the_first_that_changed():
    """It is named with the number of bars that were known then."""
    result = check_causal(lambda x: np.append(x[1:], np.nan), np.arange(100.0))

    assert (result.bar, result.cut) == (19, 20)


def test_it_may_be_tried_on_ones_own_prices():
    """As many series as the analytic takes; what it does to them stays with it."""
    prices = np.arange(50.0)

    def spoil(x):
        x[:] = 0.0
        return x

    assert check_causal(spoil, prices)
    assert prices[1] == 1.0


def test_too_few_bars_and_a_wrong_shape_are_told():
    """One sentence each."""
    with pytest.raises(NotEnoughData):
        check_causal(lambda x: x, np.arange(5.0))
    with pytest.raises(ShapeError, match="the analytic's answer"):
        check_causal(lambda y, x: (y - x).mean())
