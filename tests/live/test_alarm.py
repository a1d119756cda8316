"""What a Live says of alerts, from a cell."""

import pytest

from quantlive_nb.errors import UsageError
from tests.lives import BOTH, play, until

WALK = [(2700.0 + i, 60000.0 + 10 * i) for i in range(6)]


@pytest.fixture
def live(on_loopback, exchange):
    """A Live with six seconds of a market."""
    live = on_loopback().start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, WALK)
    return live


def test_a_condition_is_read_and_watched(live):
    """In words, for the pair that is streamed: the second symbol on the first."""
    rule = live.alert("wide", "zscore > 2", every="5s", cooldown="0s")

    assert str(rule) == "zscore > 2 · ETHUSDT on BTCUSDT, 5s"
    assert [status.rule for status in live.alerts()] == [rule]
    assert live.symbols == ("BTCUSDT", "ETHUSDT")


def test_the_same_name_is_the_same_alert(live):
    """A cell that is run again replaces its rule."""
    for value in (2, 3):
        live.alert("wide", f"zscore > {value}")

    assert [status.rule.value for status in live.alerts()] == [3]


def test_removed_alerts_and_cleared_firings_are_gone(live, exchange):
    """A rule leaves its firings behind, until they are forgotten too."""
    live.alert("always", "price > 0", cooldown="0s")
    play(exchange, live, WALK, first_s=6)
    until(live, live.events)
    live.remove_alert("always")
    assert live.alerts() == ()
    assert live.events()
    live.clear_events()

    assert live.events() == ()


@pytest.mark.parametrize("condition", ["zscore >> 2", "zscor > 2", "zscore > much"])
def test_a_condition_that_means_nothing_is_a_sentence(live, condition):
    """Nothing is watched."""
    with pytest.raises(UsageError):
        live.alert("wide", condition)

    assert live.alerts() == ()
