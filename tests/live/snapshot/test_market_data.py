"""Questions asked of a recording: bars and pairs at market time."""

from contextlib import closing
from types import SimpleNamespace

import numpy as np
import pytest

from quantlive_nb import Live, PairSpec
from quantlive_nb.clock import Market
from quantlive_nb.errors import UsageError
from quantlive_nb.interval import SECOND
from quantlive_nb.live.snapshot.market_data import MarketData, aligned, paired, whole
from quantlive_nb.store import BarReader, Store
from quantlive_nb.types import Bars
from tests.lives import BOTH, INF, START_US, market, play, until, write_frames
from tests.tape import VENUE, batch, trade

WALK = [(2700.0 + i, 60000.0 + 10 * i) for i in range(8)]


def bars(*, first, closes, n_trades=1, is_complete=True, n_closed=None):
    """Bars of one second from ``first`` on."""
    n = len(closes)
    price, ids = np.asarray(closes, float), np.full(n, n_trades)
    ts = (first + np.arange(n)) * SECOND
    closed = np.arange(n) < (n if n_closed is None else n_closed)
    flags = closed, np.full(n, is_complete)
    return Bars("v", "A", SECOND, ts, *[price] * 4, *[price] * 3, *[ids] * 4, *flags)


def test_legs_are_aligned_on_the_stretch_where_both_are_closed():
    """Neither a bar that only one leg has, nor one that is still forming, is in a pair."""
    y = bars(first=0, closes=range(10, 20), n_closed=9)
    x = bars(first=3, closes=range(30, 40))
    a, b = aligned(y, x)

    assert (a.ts // SECOND).tolist() == (b.ts // SECOND).tolist() == [3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("first", [0, 100])
def test_legs_that_never_meet_make_an_empty_pair(first):
    """One leg has no bar yet, or the legs were recorded at different times: no error, no pair."""
    y, x = bars(first=first, closes=[1, 2, 3][: first or None]), bars(first=0, closes=[])
    spec = PairSpec("A", "B", SECOND)

    assert len(paired(spec, y, x)) == 0
    assert len(paired(spec, y, bars(first=50, closes=[1, 2]))) == 0


def test_a_pair_counts_what_was_filled_and_what_is_missing():
    """A reader of the pair sees how many of its bars rest on a repeated or an incomplete close."""
    y = bars(first=0, closes=[1, 2, 2, 3], n_trades=np.array([1, 1, 0, 1]))
    x = bars(first=0, closes=[5, 5, 5, 6], n_trades=np.array([1, 0, 0, 1]))
    broken = bars(first=0, closes=[1, 2, 2, 3], is_complete=False)
    pair = paired(PairSpec("A", "B", SECOND), y, x)

    assert (pair.n_filled, pair.n_missing) == (2, 0)
    assert paired(pair.spec, broken, x).n_missing == 4
    assert not whole(broken, x).any()


def test_a_pair_needs_two_different_symbols():
    """Y equal to X is told in one sentence; so is a leg without a name."""
    live = Live(source="simulated").start()
    with pytest.raises(UsageError, match="Y and X are both BTCUSDT: choose two different"):
        live.pair("btcusdt", "BTCUSDT")
    with pytest.raises(UsageError, match="name y and x"):
        live.pair("BTCUSDT", "")


def test_looking_back_is_from_market_time(tmp_path):
    """``last="3s"`` of a recording of 2024 are its last three seconds, not those before today."""
    path = write_frames(tmp_path / "a.frames.jsonl.gz", market(WALK))
    live = Live(source=f"replay:{path}", speed=INF).start()
    assert live.join(10)
    seen = live.bars("ETHUSDT", "1s", "3s")

    assert ((seen.ts - START_US) // SECOND).tolist() == [4, 5, 6, 7]
    assert MarketData(live._session.recorder).now_us == START_US + 7 * SECOND
    assert seen.close.tolist() == [y for y, _ in WALK[4:]]


def test_what_is_stored_is_seen_before_the_clock_has_heard_of_it():
    """The first batch is stored on one thread, and moves market time on another; else: empty."""
    with closing(Store()) as store:
        tape = MarketData(
            SimpleNamespace(venue=VENUE, store=store, reader=BarReader(store), market=Market())
        )
        assert len(tape.since("BTCUSDT", SECOND, 0)) == 0
        store.append(batch(trade(1)))

        assert tape.now_us == 0
        assert tape.since("BTCUSDT", SECOND, 0).close.tolist() == [100]


def test_a_bar_closes_by_the_next_trade_or_a_second_after_its_end(on_loopback, exchange):
    """The forming bar is the last one; a quiet leg's bar closes by the other leg's time."""
    live = on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, WALK[:2])
    exchange.trade("BTCUSDT", "60000", "1", ts_ms=(START_US + 2 * SECOND) // 1_000)
    until(live, lambda: live.health().n_trades == 5)
    assert live.bars("BTCUSDT", "1s").is_closed[:3].tolist() == [True, True, False]

    exchange.trade("BTCUSDT", "60000", "1", ts_ms=(START_US + 9 * SECOND) // 1_000)
    until(live, lambda: live.health().n_trades == 6)
    quiet = live.bars("ETHUSDT", "1s")

    assert quiet.is_closed[:8].all()
    assert not quiet.is_closed[-1]
    assert quiet.n_trades[:4].tolist() == [1, 1, 0, 0]
    assert quiet.close[1:].tolist() == [WALK[1][0]] * (len(quiet) - 1)
