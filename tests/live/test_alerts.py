"""What a Live says of alerts, from a cell."""

from contextlib import closing

import pytest

from quantlive_nb.alert import AlertLog, LogReader, Rule
from quantlive_nb.errors import UsageError
from quantlive_nb.share.client import RemoteStore
from quantlive_nb.share.server import find
from quantlive_nb.store import AlertReader
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
    live.alert("always", "price > 1", cooldown="0s")
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


@pytest.mark.parametrize(
    ("condition", "options", "why"),
    [
        ("correlation < 2", {}, "correlation < 2 is always true: correlation lies from -1 to 1"),
        ("correlation > 1,5", {}, "can never be"),
        ("adf_p < 5", {}, "is always true: adf_p lies from 0 to 1"),
        ("zscore > 1,000", {}, "may be 1 or 1000"),
        ("zscore > 2", {"hysteresis": float("nan")}, "hysteresis and cooldown have to be numbers"),
        ("zscore > 2", {"every": "99999999999d"}, "is too long a time"),
        ("zscore > 2", {"cooldown": "9" * 30 + "d"}, "is too long a time"),
    ],
)
def test_a_number_that_cannot_be_meant_is_a_sentence(live, condition, options, why):
    """A threshold outside its metric's range, two numbers in one text, no number, no time."""
    with pytest.raises(UsageError, match=why):
        live.alert("wide", condition, **options)

    assert live.alerts() == ()


def test_a_decimal_comma_is_understood(live):
    """2,5 is two and a half."""
    assert live.alert("wide", "zscore > 2,5").value == 2.5


def test_what_is_no_condition_is_refused(live):
    """Also what comparing a panel by == gives."""
    for asked in (None, 2.0, ("zscore", ">", 2), False):
        with pytest.raises(UsageError, match="is no condition: write it as zscore > 2"):
            live.alert("wide", asked)


@pytest.mark.parametrize("symbol", ["NOPE", "A;B", "", " ", "ETHUSDT,BTCUSDT"])
@pytest.mark.parametrize("condition", ["price > 5", "zscore > 2"])
def test_an_alert_on_what_is_not_streamed_is_a_sentence(live, condition, symbol):
    """It would wait for ever: the streamed symbols can be watched, and no others."""
    with pytest.raises(UsageError, match=r"is not streamed|is no symbol|needs two symbols"):
        live.alert("wide", condition, symbol, "BTCUSDT")
    with pytest.raises(UsageError, match=r"call live\.want"):
        live.add_alert(Rule("wide", "price", ">", 5, "SOLUSDT", "BTCUSDT"))

    assert live.alerts() == ()


def test_a_streamed_symbol_may_be_named_in_any_case(live):
    """Blanks around it are no part of it, as everywhere else."""
    rule = live.alert("wide", "zscore > 2", " ethusdt ", "btcusdt")

    assert (rule.y, rule.x) == ("ETHUSDT", "BTCUSDT")
    assert live.alerts()[0].rule == rule


def test_an_alert_on_a_panel_that_is_not_there_is_a_sentence(live):
    """It would wait for ever too."""
    with pytest.raises(UsageError, match=r"there is no panel:z: define it with @live\.panel"):
        live.alert("wide", "panel:z > 2")


def test_a_client_reads_the_log_by_the_owners_numbers(on_loopback, exchange, tmp_path):
    """Over the share, with a cursor of its own, also after the firings were cleared."""
    path, reader, got = str(tmp_path / "t.duckdb"), LogReader(from_start=True), []
    live = on_loopback(db=path).start()
    exchange.wait_subscribed(*BOTH)
    play(exchange, live, WALK)
    until(live, lambda: find(path) is not None)
    live.alert("always", "price > 1", cooldown="0s")
    live.alert("moved", "price > 2707", cooldown="0s")
    with closing(RemoteStore(path, find(path))) as remote:
        journal = AlertReader(remote)
        assert (journal.name, journal.newest(), journal.firings()) == (path, 0, ())
        play(exchange, live, WALK[1:3], first_s=6)
        until(live, live.events)
        got += reader.read([AlertLog(journal)])
        live.clear_events()
        assert (journal.newest(), journal.firings()) == (1, ())
        play(exchange, live, [(2710.0, 60000.0)] * 2, first_s=8)
        until(live, live.events)
        got += reader.read([AlertLog(journal)])

    assert [(firing.seq, firing.event.rule) for firing in got] == [(1, "always"), (2, "moved")]
    assert [firing.seq for firing in live.logs()[0].recent] == [2]
