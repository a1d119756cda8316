"""Volatility of closes, beside pandas and beside the truth."""

import numpy as np
import pandas as pd
import pytest

from quantlive_nb.analytics.volatility.volatility import (
    YEAR_US,
    ewma_volatility,
    per_root_year,
    realised_volatility,
)
from quantlive_nb.errors import UsageError
from quantlive_nb.interval import SECOND


def price(n, seed=0, step=1e-3):
    """A price that wanders."""
    return 100 * np.exp(step * np.random.default_rng(seed).normal(size=n).cumsum())


def test_pandas_agrees():
    """Root of a rolling mean of squares, and of an exponentially weighted one."""
    x = price(200)
    squares = pd.Series(np.log(x)).diff() ** 2

    want = np.sqrt(squares.rolling(30).mean())
    np.testing.assert_allclose(realised_volatility(x, 30), want, rtol=1e-9)
    want = np.sqrt(squares.ewm(halflife=20).mean())
    np.testing.assert_allclose(ewma_volatility(x, 20), want, rtol=1e-9)


@pytest.mark.parametrize("volatility", [realised_volatility, ewma_volatility])
def test_the_truth_is_found(volatility):
    """Of a walk with steps of 0.1 % a second: 0.1 % a root second, and 561 % a root year."""
    x = price(4_000)

    assert volatility(x, 2_000)[-1] == pytest.approx(1e-3, rel=0.06)
    yearly = volatility(x, 2_000, every_us=SECOND)[-1]
    assert yearly == pytest.approx(volatility(x, 2_000)[-1] * np.sqrt(365 * 86_400))


@pytest.mark.parametrize("volatility", [realised_volatility, ewma_volatility])
def test_no_movement_is_zero(volatility):
    """A price that stands still has a volatility, and it is 0 to the last bit."""
    got = volatility(np.full(50, 0.1), 5)

    assert set(got[~np.isnan(got)]) == {0.0}


def test_a_year_is_of_a_market_that_never_closes():
    """365 days of 24 hours, whatever the bar."""
    assert YEAR_US == 365 * 24 * 3_600 * SECOND
    assert per_root_year(3_600 * SECOND) == pytest.approx(np.sqrt(8_760))


def test_usage():
    """Each reason is one sentence."""
    with pytest.raises(UsageError, match="every_us is 0: give the length of a bar in µs"):
        realised_volatility(price(10), 5, every_us=0)
    with pytest.raises(UsageError, match="at least 2"):
        realised_volatility(price(10), 1)
    with pytest.raises(UsageError, match="bars above 0"):
        ewma_volatility(price(10), 0)
