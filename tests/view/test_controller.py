"""The desk: every wish ends in new settings, a job, or a sentence."""

import threading

import pytest

from quantlive_nb.alert import Event, Rule
from quantlive_nb.view.controller import Controller
from quantlive_nb.view.worker import File, Said
from tests.view.fake import PAIR
from tests.view.stage import said


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({"y": "SOLUSDT"}, {"y": "SOLUSDT"}),
        ({"every": " 5s "}, {"every_us": 5_000_000}),
        ({"bars": 400}, {"bars": 400}),
        ({"refresh_ms": 5_000}, {"refresh_ms": 5_000}),
        ({"z_threshold": 3.5}, {"z_threshold": 3.5}),
    ],
)
def test_a_change_is_a_new_setting(desk, change, changed):
    """The settings are swapped whole, everything else stays."""
    old = desk.settings
    desk.change(**change)

    assert desk.settings == old.but(**changed)
    assert desk.is_stale


def test_windows_are_settings_too(desk):
    """A window is changed by its own name."""
    desk.change(hedge=50)
    desk.change(correlation=10)

    assert (desk.settings.windows.hedge, desk.settings.windows.correlation) == (50, 10)
    assert desk.settings.windows.z == PAIR.windows.z


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"x": "ETHUSDT"}, "choose two different symbols"),
        ({"bars": 5}, "choose 20 to 2000"),
        ({"refresh_ms": 10}, "outside 200 to 5000 ms"),
        ({"hedge": 1}, "give at least 10"),
        ({"every": "soon"}, "is not a length of time"),
        ({"z_threshold": -1.0}, "must be above 0"),
        ({"z_threshold": float("nan")}, "must be above 0"),
    ],
)
def test_what_cannot_be_is_a_sentence(desk, change, sentence):
    """The old settings stay, the controls are to show them again, and one sentence says why."""
    old = desk.settings
    desk.is_stale = False
    desk.change(**change)
    (outcome,) = desk.outcomes()

    assert outcome.is_error
    assert sentence in outcome.text
    assert desk.settings is old
    assert desk.is_stale


def test_an_error_goes_with_the_mend(desk):
    """A control that is set right takes back what was said of it and of a refused scan."""
    desk.change(bars=1)
    desk.scan("long", "aic", 10.0)
    assert desk.search.state.error
    desk.change(bars=100)

    refused, mended = said(desk, 2)
    assert refused.is_error
    assert mended == Said("")
    assert not desk.search.state.error


def test_the_drawing_itself_is_no_wish(desk):
    """What the render thread sets on a control, or on the time scale, changes nothing."""
    with desk.drawing():
        desk.change(bars=500)
        desk.regard(is_panning=True)
        desk.moved()
        desk.switch("simulated", 1.0)
        desk.want("SOLUSDT")
    desk.ask_listed()

    assert desk.settings is PAIR
    assert desk.look.is_following
    assert not desk.switching


def test_other_threads_are_heard_while_it_draws(desk):
    """A callback on another thread is a wish, even during a drawing."""
    with desk.drawing():
        other = threading.Thread(target=lambda: desk.change(bars=500))
        other.start()
        other.join()

    assert desk.settings.bars == 500


def test_a_moved_axis_follows_no_more(desk):
    """The mouse takes the time axis out of the page's hand."""
    desk.moved()

    assert not desk.look.is_following


def test_swap(desk):
    """Y and X change places."""
    desk.swap()

    assert (desk.settings.y, desk.settings.x) == (PAIR.x, PAIR.y)


def test_symbols_are_wanted_and_dropped(desk, live):
    """A good symbol is streamed; a slip is answered; a dropped one goes."""
    desk.want("SOLUSDT")
    desk.want("SOLUSD")
    desk.drop("SOLUSDT")
    first, second, third = said(desk, 3)

    assert first == Said("SOLUSDT is added")
    assert second.is_error
    assert "did you mean SOLUSDT" in second.text
    assert third == Said("SOLUSDT is streamed no more")
    assert live.symbols == ("BTCUSDT", "ETHUSDT")
    desk.want("BTCUSDT")
    assert not list(desk.outcomes())


@pytest.mark.parametrize("source", ["demo", "replay:a.parquet"])
def test_a_recording_is_played_again_at_its_pace(desk, live, source):
    """The same source from its beginning, as fast as before."""
    live.source, live.speed = source, 30.0
    desk.play_again()
    said(desk)

    assert live.told == [("switch", source, 30.0)]


def test_a_served_page_names_no_folder_of_the_server(desk, live, monkeypatch, tmp_path):
    """What is played again is called as the visitor chose it."""
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    monkeypatch.setenv("QUANTLIVE_RECORDINGS", str(tmp_path))
    live.source, may_end = f"replay:{tmp_path}/a.parquet", threading.Event()
    monkeypatch.setattr(live, "switch", lambda *_: may_end.wait(5))
    desk.play_again()
    assert desk.switching == "switching to a.parquet"
    may_end.set()

    assert said(desk) == [Said("switched to a.parquet")]


def test_a_switch_shows_a_pair_of_the_new_source(desk, live):
    """While it is opened the page is told; a pair that is not there gives way."""
    live.symbols = ("AAA", "BBB")
    desk.moved()
    desk.switch("replay:a.parquet", 30.0)
    assert said(desk) == [Said("switched to a.parquet")]

    assert live.told == [("switch", "replay:a.parquet", 30.0)]
    assert (desk.settings.y, desk.settings.x) == ("BBB", "AAA")
    assert desk.look.is_following
    assert desk.switching == ""


def test_an_alert_is_of_the_pair_shown(desk, live):
    """Its rule has the pair, bar length and windows of the settings."""
    desk.add_alert("wide", "zscore", ">", 2.0, "30s")
    said(desk)

    s = desk.settings
    want = Rule("wide", "zscore", ">", 2.0, s.y, s.x, s.every_us, s.windows, 30_000_000)
    assert live.rules == {"wide": want}


@pytest.mark.parametrize(
    ("name", "cooldown", "sentence"),
    [("", "60s", "needs a name"), ("wide", "often", "is not a length of time")],
)
def test_an_alert_that_cannot_be_is_a_sentence(desk, live, name, cooldown, sentence):
    """Nothing is watched, and the reason is said."""
    desk.add_alert(name, "zscore", ">", 2.0, cooldown)
    (outcome,) = said(desk)

    assert outcome.is_error
    assert sentence in outcome.text
    assert live.rules == {}


def test_alerts_and_firings_go(desk, live):
    """A removed alert is gone, and so are cleared firings."""
    desk.add_alert("wide", "zscore", ">", 2.0, "0s")
    live.log.append(Event("wide", "zscore", 0, 2.5, "a firing"))
    desk.remove_alert("wide")
    desk.clear_events()
    said(desk, 3)

    assert live.rules == {}
    assert live.events == ()


def test_history_is_filled_and_no_more_filled(desk, live):
    """Each wish reaches the Live, without a sentence: there is a bar for it on the page."""
    desk.fill()
    desk.cancel_fill()
    desk.export("trades", "csv")

    assert len(said(desk, 2)) == 2
    assert live.told == [("fill",), ("cancel_fill",)]


def test_an_export_ends_in_a_file(desk):
    """First a word that it has begun, then the file."""
    desk.export("trades", "csv")
    begun, file = said(desk, 2)

    assert "exporting trades" in begun.text
    assert file == File("trades.csv", b"a,b\n1,2\n")


def test_every_wish_wakes_the_render_thread(live):
    """Nothing waits for the next refresh."""
    woken = []
    desk = Controller(live, PAIR, lambda: woken.append(1))
    desk.change(bars=100)
    desk.regard(hover_us=5)
    desk.returned()
    desk.stop()

    assert len(woken) == 3
    assert desk.is_behind


def test_one_moment_is_asked_for_first(desk, live):
    """The middle of what is shown by hand, told anew when it has moved by a tenth of it."""
    desk.watch(None)
    desk.watch((0, 100))
    desk.moved()
    for low in (1_000, 1_010, 1_011):
        desk.watch((low, low + 100))
    desk.regard(is_following=True)
    for _ in range(2):
        desk.watch((2_000, 2_100))
    desk.export("trades", "csv")
    said(desk, 2)  # the jobs before it are done

    assert live.told == [("look_at", ts) for ts in (None, 1_050, 1_061, None)]
