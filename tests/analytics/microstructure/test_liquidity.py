"""Which symbols trade enough."""

from dataclasses import replace

import numpy as np
import pytest

from quantlive_nb.analytics.microstructure.liquidity import liquidity
from quantlive_nb.analytics.microstructure.roll_spread import roll_spread
from quantlive_nb.errors import UsageError
from quantlive_nb.interval import SECOND
from quantlive_nb.types import Bars


def bars(symbol, n=600, part=1.0, quote=1_000.0, half_bps=1.0, seed=0):
    """A symbol that trades in some part of its bars, at bid or ask."""
    rng = np.random.default_rng(seed)
    has_traded = rng.uniform(size=n) < part
    price = 1e-5 * rng.normal(size=n).cumsum() + 1e-4 * half_bps * rng.choice([-1, 1], size=n)
    last = np.maximum.accumulate(np.where(has_traded, np.arange(n), 0))
    close, none = np.exp(price[last]), np.zeros(n)
    ids, flags = np.full(n, -1), np.ones(n, bool)
    volume = np.where(has_traded, quote, 0.0)
    prices, sums = (close,) * 4, (volume, volume, none)
    counts = has_traded.astype(np.int64), ids, ids, np.zeros(n, np.int64)
    is_closed = np.append(flags[:-1], False)
    return Bars(
        "v", symbol, SECOND, np.arange(n) * SECOND, *prices, *sums, *counts, is_closed, flags
    )


def test_reasons():
    """Each symbol is judged by itself; all that is wrong with it is said."""
    judged = liquidity(
        [bars("GOOD"), bars("RARE", part=0.2), bars("THIN", quote=1.0), bars("WIDE", half_bps=20)],
        quote_volume=100.0,
        spread_bps=10.0,
    )

    assert [one.symbol for one in judged if one.is_liquid] == ["GOOD"]
    reasons = {one.symbol: one.reason for one in judged}
    assert reasons["RARE"].startswith("traded in ")
    assert reasons["RARE"].endswith("% of the bars, trades 0 a bar")
    assert reasons["THIN"] == "trades 1 a bar"
    assert reasons["WIDE"].startswith("its spread is ")


def test_figures():
    """Counted on closed bars alone."""
    one = bars("A", part=0.5)
    got = liquidity([one], traded=0.0)[0]

    assert got.n == 599
    assert got.traded == pytest.approx(one.closed.n_trades.mean())
    assert got.spread_bps == roll_spread(one.closed.close).bps
    assert got.unchanged == pytest.approx(np.mean(np.diff(one.closed.close) == 0))


def test_what_cannot_be_told_is_absent():
    """No spread of a price that stands, no impact where nothing traded, no verdict without bars."""
    still = bars("A")
    still = replace(still, close=np.full(600, 0.1), quote_volume=np.zeros(600))
    got = liquidity([still], traded=0.0)[0]

    assert np.isnan(got.spread_bps)
    assert np.isnan(got.impact)
    assert liquidity([Bars.empty("v", "A", SECOND)])[0].reason == "no closed bars"


def test_usage():
    """A part is between nothing and everything."""
    with pytest.raises(UsageError, match="give a part of the bars, from 0 to 1"):
        liquidity([], traded=50)
