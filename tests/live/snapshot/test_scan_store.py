"""Closes of many symbols on one grid, and the pairs that a recording holds."""

from contextlib import closing

import numpy as np
import pytest

from quantlive_nb.analytics import scan
from quantlive_nb.errors import NotEnoughData, UsageError
from quantlive_nb.interval import SECOND
from quantlive_nb.live.snapshot.scan_store import closes, screen
from quantlive_nb.store import BarReader, Store
from quantlive_nb.types import Trades
from tests.lives import START_US, market

N = 240
VENUE = "binance"


@pytest.fixture
def store():
    """Two symbols that hang together, and one that seldom trades and began later."""
    chance = np.random.default_rng(5)
    x = 11.0 + 2e-3 * chance.normal(size=N).cumsum()
    y = 0.8 * x + 2e-3 * chance.normal(size=N)
    rows = market(list(zip(np.exp(y), np.exp(x), strict=True)), y="YUSDT", x="XUSDT")
    seldom = market([(5.0 + i, 1.0) for i in range(N)], y="ZUSDT", x="OUSDT")
    rows += [row for row in seldom if row.symbol == "ZUSDT"][20::7]
    with closing(Store()) as store:
        store.append(Trades.of(sorted(rows, key=lambda row: row.ts_exch)))
        yield store


def bars_of(store, *symbols):
    """Bars of a second, up to the newest trade."""
    now_us = max(store.newest.values())
    return [BarReader(store).bars(VENUE, symbol, SECOND, now_us=now_us) for symbol in symbols]


def test_closes_stand_on_one_grid(store):
    """From the first bar that all have to the last closed one; where nobody traded is told."""
    bars = bars_of(store, "XUSDT", "ZUSDT")
    ts, prices, traded = closes(bars)

    assert ts[0] == START_US + 20 * SECOND
    assert set(np.diff(ts)) == {SECOND}
    assert [len(prices[s]) for s in ("XUSDT", "ZUSDT")] == [len(ts)] * 2
    at = np.searchsorted(bars[0].ts, ts)
    np.testing.assert_array_equal(prices["XUSDT"], bars[0].close[at])
    assert traded["XUSDT"].all()
    assert traded["ZUSDT"].mean() < 0.2


def test_a_symbol_without_bars_leaves_no_stretch(store):
    """There is no bar that all have."""
    ts, prices, _ = closes(bars_of(store, "XUSDT", "NOBODY"))

    assert len(ts) == 0
    assert {symbol: len(price) for symbol, price in prices.items()} == {"XUSDT": 0, "NOBODY": 0}


def test_the_scan_is_that_of_the_closes(store):
    """The same numbers as by hand; a symbol that mostly stands still is left out, with a reason."""
    found = screen(store, VENUE, (), every_us=SECOND, lags=1)
    _, prices, _ = closes(bars_of(store, "XUSDT", "YUSDT", "ZUSDT"))
    by_hand = scan({s: prices[s] for s in ("XUSDT", "YUSDT")}, lags=1)

    assert found.to_pandas().equals(by_hand.to_pandas())
    assert (found.y[0], found.x[0], found.q[0] < 0.05) == ("YUSDT", "XUSDT", True)
    assert found.left_out["ZUSDT"] == "ZUSDT traded in 14% of the bars: take longer ones"


def test_it_looks_back_as_far_as_asked(store):
    """Too few bars are a sentence, not a number."""
    with pytest.raises(NotEnoughData):
        screen(store, VENUE, ("XUSDT", "YUSDT"), every_us=SECOND, last_us=20 * SECOND)


@pytest.mark.parametrize(
    ("symbols", "why"),
    [
        (("XUSDT",), "a scan needs two symbols: there is only XUSDT"),
        (("XUSDT", "ZUSDT"), "a scan needs two symbols: ZUSDT traded in 14%"),
        (("XUSDT", "NONE"), "holds no trades of NONE: choose among XUSDT, YUSDT, ZUSDT"),
    ],
)
def test_what_cannot_be_scanned_is_said(store, symbols, why):
    """One sentence that says what is wrong."""
    with pytest.raises(UsageError, match=why):
        screen(store, VENUE, symbols, every_us=SECOND, lags=1)


def test_a_scan_before_the_first_trade_says_so():
    """It is the first thing that is asked of a Live that has just started."""
    store = Store()
    with pytest.raises(UsageError, match="no trades to scan yet"):
        screen(store, "binance", (), every_us=1_000_000)
    store.close()
