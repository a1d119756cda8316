"""The controller: every wish ends in new settings, a job, or a sentence."""

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
def test_a_change_is_a_new_setting(controller, change, changed):
    """The settings are swapped whole, everything else stays."""
    old = controller.settings
    controller.change(**change)

    assert controller.settings == old.but(**changed)
    assert controller.is_stale


def test_windows_are_settings_too(controller):
    """A window is changed by its own name."""
    controller.change(hedge=50)
    controller.change(correlation=10)

    assert (controller.settings.windows.hedge, controller.settings.windows.correlation) == (50, 10)
    assert controller.settings.windows.z == PAIR.windows.z


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
def test_what_cannot_be_is_a_sentence(controller, change, sentence):
    """The old settings stay, the controls are to show them again, and one sentence says why."""
    old = controller.settings
    controller.is_stale = False
    controller.change(**change)
    (outcome,) = controller.outcomes()

    assert outcome.is_error
    assert sentence in outcome.text
    assert controller.settings is old
    assert controller.is_stale


def test_an_error_goes_with_the_mend(controller):
    """A control that is set right takes back what was said of it and of a refused scan."""
    controller.change(bars=1)
    controller.scan("long", "aic", 10.0)
    assert controller.search.state.error
    controller.change(bars=100)

    refused, mended = said(controller, 2)
    assert refused.is_error
    assert mended == Said("")
    assert not controller.search.state.error


def test_the_drawing_itself_is_no_wish(controller):
    """What the render thread sets on a control, or on the time scale, changes nothing."""
    with controller.drawing():
        controller.change(bars=500)
        controller.regard(is_panning=True)
        controller.moved()
        controller.switch("simulated", 1.0)
        controller.want("SOLUSDT")
    controller.ask_listed()

    assert controller.settings is PAIR
    assert controller.look.is_following
    assert not controller.switching


def test_other_threads_are_heard_while_it_draws(controller):
    """A callback on another thread is a wish, even during a drawing."""
    with controller.drawing():
        other = threading.Thread(target=lambda: controller.change(bars=500))
        other.start()
        other.join()

    assert controller.settings.bars == 500


def test_a_moved_axis_follows_no_more(controller):
    """The mouse takes the time axis out of the page's hand."""
    controller.moved()

    assert not controller.look.is_following


def test_swap(controller):
    """Y and X change places."""
    controller.swap()

    assert (controller.settings.y, controller.settings.x) == (PAIR.x, PAIR.y)


def test_symbols_are_wanted_and_dropped(controller, live):
    """A good symbol is streamed; a slip is answered; a dropped one goes."""
    controller.want("SOLUSDT")
    controller.want("SOLUSD")
    controller.drop("SOLUSDT")
    first, second, third = said(controller, 3)

    assert first == Said("SOLUSDT is added")
    assert second.is_error
    assert "did you mean SOLUSDT" in second.text
    assert third == Said("SOLUSDT is streamed no more")
    assert live.symbols == ("BTCUSDT", "ETHUSDT")
    controller.want("BTCUSDT")
    assert not list(controller.outcomes())


@pytest.mark.parametrize("source", ["demo", "replay:a.parquet"])
def test_a_recording_is_played_again_at_its_pace(controller, live, source):
    """The same source from its beginning, as fast as before."""
    live.source, live.speed = source, 30.0
    controller.play_again()
    said(controller)

    assert live.told == [("switch", source, 30.0)]


def test_a_served_page_names_no_folder_of_the_server(controller, live, monkeypatch, tmp_path):
    """What is played again is called as the visitor chose it."""
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    monkeypatch.setenv("QUANTLIVE_RECORDINGS", str(tmp_path))
    live.source, may_end = f"replay:{tmp_path}/a.parquet", threading.Event()
    monkeypatch.setattr(live, "switch", lambda *_: may_end.wait(5))
    controller.play_again()
    assert controller.switching == "switching to a.parquet"
    may_end.set()

    assert said(controller) == [Said("switched to a.parquet")]


def test_a_switch_shows_a_pair_of_the_new_source(controller, live):
    """While it is opened the page is told; a pair that is not there gives way."""
    live.symbols = ("AAA", "BBB")
    controller.moved()
    controller.switch("replay:a.parquet", 30.0)
    assert said(controller) == [Said("switched to a.parquet")]

    assert live.told == [("switch", "replay:a.parquet", 30.0)]
    assert (controller.settings.y, controller.settings.x) == ("BBB", "AAA")
    assert controller.look.is_following
    assert controller.switching == ""


def test_an_alert_is_of_the_pair_shown(controller, live):
    """Its rule has the pair, bar length and windows of the settings."""
    controller.add_alert("wide", "zscore", ">", 2.0, "30s")
    said(controller)

    s = controller.settings
    want = Rule("wide", "zscore", ">", 2.0, s.y, s.x, s.every_us, s.windows, 30_000_000)
    assert live.rules == {"wide": want}


@pytest.mark.parametrize(
    ("name", "cooldown", "sentence"),
    [("", "60s", "needs a name"), ("wide", "often", "is not a length of time")],
)
def test_an_alert_that_cannot_be_is_a_sentence(controller, live, name, cooldown, sentence):
    """Nothing is watched, and the reason is said."""
    controller.add_alert(name, "zscore", ">", 2.0, cooldown)
    (outcome,) = said(controller)

    assert outcome.is_error
    assert sentence in outcome.text
    assert live.rules == {}


def test_alerts_and_firings_go(controller, live):
    """A removed alert is gone, and so are cleared firings."""
    controller.add_alert("wide", "zscore", ">", 2.0, "0s")
    live.log.append(Event("wide", "zscore", 0, 2.5, "a firing"))
    controller.remove_alert("wide")
    controller.clear_events()
    said(controller, 3)

    assert live.rules == {}
    assert live.events == ()


def test_history_is_filled_and_no_more_filled(controller, live):
    """Each wish reaches the Live, without a sentence: there is a bar for it on the page."""
    controller.fill()
    controller.cancel_fill()
    controller.export("trades", "csv")

    assert len(said(controller, 2)) == 2
    assert live.told == [("fill",), ("cancel_fill",)]


def test_an_export_ends_in_a_file(controller):
    """First a word that it has begun, then the file."""
    controller.export("trades", "csv")
    begun, file = said(controller, 2)

    assert "exporting trades" in begun.text
    assert file == File("trades.csv", b"a,b\n1,2\n")


def test_every_wish_wakes_the_render_thread(live):
    """Nothing waits for the next refresh."""
    woken = []
    controller = Controller(live, PAIR, lambda: woken.append(1))
    controller.change(bars=100)
    controller.regard(hover_us=5)
    controller.returned()
    controller.stop()

    assert len(woken) == 3
    assert controller.is_behind


def test_one_moment_is_asked_for_first(controller, live):
    """The middle of what is shown by hand, told anew when it has moved by a tenth of it."""
    controller.watch(None)
    controller.watch((0, 100))
    controller.moved()
    for low in (1_000, 1_010, 1_011):
        controller.watch((low, low + 100))
    controller.regard(is_following=True)
    for _ in range(2):
        controller.watch((2_000, 2_100))
    controller.export("trades", "csv")
    said(controller, 2)  # the jobs before it are done

    assert live.told == [("look_at", ts) for ts in (None, 1_050, 1_061, None)]
