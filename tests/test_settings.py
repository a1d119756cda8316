"""What a page may show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlive_nb.errors import UsageError
from quantlive_nb.settings import Settings, Windows

PAIR = Settings("ETHUSDT", "BTCUSDT")


@pytest.mark.parametrize(("name", "least"), [("hedge", 10), ("z", 5), ("correlation", 5)], ids=str)
def test_the_shortest_window_is_accepted_and_one_bar_less_is_not(name, least):
    """The sentence names the window and the least that it can be."""
    assert getattr(Windows(**{name: least}), name) == least
    with pytest.raises(UsageError, match=f"the {name} window .* at least {least}"):
        Windows(**{name: least - 1})


def test_the_longest_window_is_accepted_and_one_bar_more_is_not():
    """A window has an upper bound, and is a whole number of bars."""
    assert Windows(hedge=10_000).hedge == 10_000
    with pytest.raises(UsageError, match="the z window is 10001 bars: give at most 10000"):
        Windows(z=10_001)
    for bad in (20.5, "20", None):
        with pytest.raises(UsageError, match=r"the hedge window is .*: give a whole number"):
            Windows(hedge=bad)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"x": "ETHUSDT"}, "Y and X are both ETHUSDT: choose two different symbols"),
        ({"bars": 19}, "19 bars cannot be drawn: choose 20 to 2000"),
        ({"bars": 2_001}, "2001 bars cannot be drawn: choose 20 to 2000"),
        ({"refresh_ms": 199}, "refresh 199 ms is outside 200 to 5000 ms"),
        ({"refresh_ms": 5_001}, "refresh 5001 ms is outside 200 to 5000 ms"),
        ({"z_threshold": 0.0}, "the z threshold is 0.0: it must be above 0"),
        ({"z_threshold": float("nan")}, "the z threshold is nan: it must be above 0"),
        ({"z_threshold": float("inf")}, "the z threshold is inf: give at most 1000"),
        ({"every_us": 367 * 86_400 * 10**6}, "bars of 367d cannot be drawn: choose 1ms to 366d"),
    ],
)
def test_a_choice_that_means_nothing_is_refused(changes, why):
    """One sentence, and the settings that were there stay what they were."""
    before = PAIR.but()
    with pytest.raises(UsageError) as caught:
        PAIR.but(**changes)

    assert str(caught.value) == why
    assert before == PAIR


def test_the_limits_themselves_can_be_chosen():
    """The widest page and the fastest refresh are inside."""
    widest = PAIR.but(bars=2_000, refresh_ms=5_000)
    narrowest = PAIR.but(bars=20, refresh_ms=200)

    assert (widest.bars, narrowest.refresh_ms) == (2_000, 200)


def test_choices_are_made_by_name():
    """A window by its own name, a bar length as text; the rest stays."""
    chosen = PAIR.chosen(z=20, every=" 5s ", bars=400)

    assert chosen == PAIR.but(windows=Windows(z=20), every_us=5_000_000, bars=400)
    with pytest.raises(UsageError, match="is not a length of time"):
        PAIR.chosen(every="soon")


def test_swapping_twice_changes_nothing():
    """Swap exchanges the legs and nothing else."""
    swapped = PAIR.but(bars=500).swapped()

    assert (swapped.y, swapped.x, swapped.bars) == ("BTCUSDT", "ETHUSDT", 500)
    assert swapped.swapped() == PAIR.but(bars=500)


@given(
    bars=st.integers(20, 2_000),
    hedge=st.integers(10, 500),
    z=st.integers(5, 500),
    correlation=st.integers(5, 500),
    every_us=st.integers(1, 10**12),
)
def test_the_pair_asked_for_holds_the_warm_up(bars, hedge, z, correlation, every_us):
    """Every drawn bar can have a z-score (hedge and z windows before it) and a correlation."""
    windows = Windows(hedge, z, correlation)
    settings = PAIR.but(bars=bars, windows=windows, every_us=every_us)
    n_before = settings.spec.last_us // every_us - bars

    assert n_before >= hedge + z
    assert n_before >= correlation + 1
    assert settings.spec[:3] == (PAIR.y, PAIR.x, every_us)
