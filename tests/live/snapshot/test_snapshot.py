"""One refresh of the page as a value."""

import dataclasses

import numpy as np
import pytest

from quantlive_nb import Settings
from quantlive_nb.health import FeedState, Health
from quantlive_nb.live.snapshot.build_snapshot import blank
from quantlive_nb.live.snapshot.snapshot import PanelView


def test_a_frame_is_a_value():
    """Whoever draws it cannot change it under another's hands."""
    frame = blank(Settings("ETHUSDT", "BTCUSDT"), Health(FeedState.NEW, "simulated"), ())
    with pytest.raises(dataclasses.FrozenInstanceError):
        frame.loading = "no"


def test_times_are_the_opening_times_of_the_closed_bars():
    """What the time axis gets are datetimes, one a bar of the series."""
    frame = blank(Settings("ETHUSDT", "BTCUSDT"), Health(FeedState.NEW, "simulated"), ())
    ts = np.array([0, 1_723_161_600_000_000])
    columns = {name: np.zeros(2) for name in frame.series.__slots__} | {"ts": ts}
    frame = dataclasses.replace(frame, series=type(frame.series)(**columns))

    assert (
        frame.times.tolist()
        == np.array(["1970-01-01T00:00:00", "2024-08-09T00:00:00"], "datetime64[us]").tolist()
    )


def test_a_panel_without_an_error_says_nothing():
    """Only a slip has words."""
    assert PanelView("z", 1, np.empty(0, np.int64), np.empty(0)).error == ""
