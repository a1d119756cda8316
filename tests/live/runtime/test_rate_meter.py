"""How fast trades come and how late they are."""

import numpy as np
import pytest

from quantlive_nb.feed import Batch
from quantlive_nb.health import FeedState
from quantlive_nb.live.runtime import rate_meter as meter
from quantlive_nb.live.runtime.rate_meter import RateMeter
from quantlive_nb.types import Trade, Trades
from tests.lives import SECOND, START_US


@pytest.fixture
def mono(monkeypatch):
    """The monotonic clock, moved by hand."""
    now = [100.0]
    monkeypatch.setattr(meter.time, "monotonic", lambda: now[0])
    return now


def batch(*recv_s, lag_s=0.5):
    """Trades received at these seconds."""
    us = [START_US + int(s * SECOND) for s in recv_s]
    lag = int(lag_s * SECOND)
    rows = [Trade("v", "A", i, i, "1", "1", True, t - lag, t, t) for i, t in enumerate(us, 1)]
    return Batch(FeedState.LIVE, Trades.of(rows))


def test_the_rate_is_that_of_the_last_seconds_not_of_a_preloaded_past(mono):
    """Fifteen minutes of history that come at once do not look like a storm."""
    found = RateMeter()
    found.count(batch(*np.arange(0, 900, 0.1)))

    assert found.rate() == pytest.approx(10.0, rel=0.02)


def test_the_rate_of_a_young_recording_is_taken_over_its_life(mono):
    """After two seconds at twenty a second the page says twenty, not eight."""
    found = RateMeter()
    for second in range(2):
        mono[0] += 1
        found.count(batch(*(second + np.arange(0, 1, 0.05))))

    assert found.rate() == pytest.approx(20.0, rel=0.05)


def test_the_rate_of_a_silent_market_falls_to_zero(mono):
    """Five seconds after the last trade nothing is left of it."""
    found = RateMeter()
    found.count(batch(*np.arange(0, 5, 0.1)))
    mono[0] += 2.5
    assert found.rate() == pytest.approx(5.0, rel=0.1)
    mono[0] += 3.0

    assert found.rate() == 0.0


def test_lag_is_a_median_and_may_be_negative(mono):
    """A clock that runs behind is shown as it is; before the first trade there is no lag."""
    found = RateMeter()
    assert np.isnan(found.lag_ms())
    for lag_s in (-1.25, -1.25, 9.0):
        found.count(batch(1.0, lag_s=lag_s))

    assert found.lag_ms() == -1250.0


def test_rejected_and_dropped_are_added_up(mono):
    """Messages that meant nothing, and trades that found no room, batch by batch."""
    found = RateMeter()
    for n in (1, 2):
        found.count(Batch(FeedState.LIVE, n_rejected=n, n_dropped=10 * n))

    assert (found.n_rejected, found.n_dropped) == (3, 30)
