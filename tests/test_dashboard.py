"""The Dashboard: from showing to close, and everything a visitor does between."""

import threading
from unittest.mock import Mock

import pytest

from quantlive_nb.alert import Event
from quantlive_nb.dashboard import IDLE_S, Dashboard
from quantlive_nb.errors import Closed, UsageError
from quantlive_nb.settings import Settings
from quantlive_nb.view.charts.bqplot_model import Mark
from quantlive_nb.view.render import Render
from quantlive_nb.view.widgets.widget_tree import family
from tests.view import conftest as view
from tests.view.fake import PAIR, START, FakeLive, alive, make_frame
from tests.view.stage import Time, later, settle, words

wire, live, no_widget_stays = view.wire, view.live, view.no_widget_stays
"""Fixtures: an ear on the wire, a Live that is moved by hand, and a broom."""


@pytest.fixture(scope="module", autouse=True)
def statistics_are_loaded():
    """The first frame loads statsmodels, for longer than a close waits on a busy machine."""
    make_frame()


@pytest.fixture
def clock(monkeypatch):
    """A clock that is moved by hand."""
    made = Time()
    monkeypatch.setattr("quantlive_nb.dashboard.time", made)
    return made


@pytest.fixture
def dash(wire, live, clock, monkeypatch):
    """A shown Dashboard whose steps are made by the test."""
    monkeypatch.setattr(Render, "start", lambda _: None)
    made = Dashboard(live, PAIR)
    made.start()
    yield made
    made.close()


def test_the_constructor_makes_no_widget_and_no_thread(live):
    """Nothing happens before it is shown."""
    before, threads = alive(), threading.active_count()
    dash = Dashboard(live)

    assert alive() == before
    assert threading.active_count() == threads
    assert repr(dash) == "Dashboard(main: ETHUSDT on BTCUSDT, 1s)"
    dash.close()


def test_it_shows_itself_as_often_as_asked(dash):
    """Two showings are two views of one page."""
    first, second = dash._repr_mimebundle_(), dash._repr_mimebundle_()
    view = "application/vnd.jupyter.widget-view+json"

    assert first[view]["model_id"] == second[view]["model_id"] == dash._page.root.model_id


def test_close_leaves_no_widget_and_no_thread(live):
    """Closing frees everything, twice is once, and showing it then is a sentence."""
    before = alive()
    dash = Dashboard(live, PAIR)
    dash.start()
    render = dash._render
    assert render.is_alive
    dash.close()
    dash.close()

    assert alive() == before
    assert not render.is_alive
    assert "was closed: make a new one" in dash._repr_mimebundle_()["text/plain"]


def test_running_the_cell_again_takes_over(live):
    """The elder of that name ends, and says so where it was; another goes on; all is freed."""
    before = alive()
    elder, other = Dashboard(live, PAIR), Dashboard(live, PAIR, name="other")
    root, _ = elder.start(), other.start()
    heir = Dashboard(live, PAIR)
    heir.start()

    assert (elder._render.is_alive, other._render.is_alive, heir._render.is_alive) == (0, 1, 1)
    assert "named &#x27;main&#x27;, has taken over" in root.children[-1].value
    assert "was closed: make a new one" in elder._repr_mimebundle_()["text/plain"]
    for dash in (other, heir):
        dash.close()
    assert alive() == before


def test_a_pair_is_needed():
    """One symbol is not enough; with two, the second is explained by the first."""
    with pytest.raises(UsageError, match="give the Live a second symbol"):
        Dashboard(FakeLive("BTCUSDT"))
    dash = Dashboard(FakeLive("AAA", "BBB", "CCC"))

    assert dash.settings == Settings("BBB", "AAA")
    dash.close()


def test_it_draws_what_is_new_at_its_pace(dash, live, clock):
    """Without news a second apart; with news not faster than the refresh rate."""
    frames = []
    live.before_frame = lambda: frames.append(clock.now_s)
    dash.step()
    live.move(tick=1)
    later(dash, clock, 0.1)
    assert len(frames) == 1
    later(dash, clock, 0.15)
    assert len(frames) == 2
    assert later(dash, clock, 0.5) == PAIR.refresh_ms / 1e3
    assert len(frames) == 2
    later(dash, clock, IDLE_S)

    assert len(frames) == 3


def test_new_settings_do_not_wait(dash, live, clock):
    """However slow the refresh, a changed control is answered at once."""
    dash.settings = PAIR.but(refresh_ms=5_000)
    dash.step()
    dash._controller.swap()
    later(dash, clock, 0.05)

    assert "BTCUSDT</b>" in words(dash)


def test_a_frame_of_other_settings_is_not_drawn(dash, live, clock):
    """When the pair is changed while its frame is computed, the frame is thrown away."""
    live.before_frame = lambda: setattr(dash._controller, "settings", PAIR.swapped())
    dash.step()
    assert "loading ETHUSDT on BTCUSDT" in words(dash)
    live.before_frame = lambda: None
    later(dash, clock)

    assert "BTCUSDT</b>" in words(dash)
    assert f"loading {PAIR.y}" not in words(dash)


def test_a_stale_chart_never_stands_under_a_new_name(dash, live, clock):
    """After a switch of symbols every chart is empty until there is a true frame."""
    dash.step()
    live.loading = "loading BTCUSDT on ETHUSDT"
    dash._controller.swap()
    later(dash, clock)
    assert all("loading BTCUSDT on ETHUSDT" in words(dash, k) for k in range(5))
    live.loading = ""
    live.move()
    later(dash, clock)

    assert "ql-last" in words(dash)


def test_while_a_source_is_opened_nothing_old_is_drawn(dash, live, clock):
    """The page says what it waits for, then shows the new source's frames."""
    dash.step()
    gate = threading.Event()
    live.switch = lambda source, speed: gate.wait(5) and setattr(live, "source", source)
    dash._controller.switch("simulated", 1.0)
    live.move(tick=1)
    later(dash, clock)
    assert "switching to simulated" in words(dash)
    gate.set()
    settle(dash, clock)

    assert "ql-last" in words(dash)
    assert dash._page.source.source.value == "simulated"


def test_a_failure_is_a_sentence_and_the_page_goes_on(dash, live, clock):
    """Whatever breaks while drawing is said; the next frame is drawn, and takes the words away."""
    live.before_frame = Mock(side_effect=RuntimeError("the disk is full"))
    dash.step()
    assert "RuntimeError: the disk is full" in dash._page.status._message.value
    live.before_frame = lambda: None
    live.move()
    later(dash, clock)

    assert ("ql-last" in words(dash), dash._page.status._message.value) == (True, "")


def test_a_live_that_cannot_answer_is_said(dash, live, clock):
    """A closed Live leaves no chart that looks alive, only its sentence."""
    dash.step()
    live.before_frame = Mock(side_effect=Closed("Live"))
    live.move()
    later(dash, clock)

    assert all("this Live was closed; make a new one" in words(dash, k) for k in range(5))


def test_a_refused_choice_is_said_and_the_old_one_stays_in_force(dash, clock):
    """One sentence beside the field, which keeps what was typed, and the old settings."""
    dash.step()
    bars = dash._page.controls.bars.bars
    bars.control.set_state({"value": "5"})
    later(dash, clock)

    assert "5 bars cannot be drawn" in bars.why
    assert (bars.value, bars.control.value) == (PAIR.bars, "5")
    assert dash.settings is PAIR


def test_the_mouse_takes_the_axis_and_follow_gives_it_back(dash, live, clock):
    """A zoomed window stays while bars come, until following is switched on again."""
    dash.step()
    scale, follow = dash._page.time.scale, dash._page.controls.view.follow
    scale.set_state({"min": "2024-08-08T23:54:10.000Z", "max": "2024-08-08T23:54:20.000Z"})
    live.move(bars=20)
    later(dash, clock)
    assert dash._page.time.shown == (START + 10_000_000, START + 20_000_000)
    assert not follow.value
    follow.set_state({"value": True})
    later(dash, clock)

    assert dash._page.time.shown[1] > START + 79_000_000


def test_the_mouse_reads_without_a_new_frame(dash, live, clock):
    """Hovering costs no question to the store."""
    dash.step()
    live.before_frame = lambda: pytest.fail("a frame was asked for")
    at_ms = (START + 7_000_000) / 1e3
    dash._page.client._handle_custom_msg({"kind": "hover", "view": "a", "at": at_ms}, [])
    later(dash, clock, 0.05)

    assert "23:54:07 UTC" in words(dash)


def test_new_firings_are_announced_old_ones_are_not(dash, live, clock):
    """What fired before the page was shown is only listed; another pair loses no firing."""
    live.log.append(Event("old", "zscore", START, 2.5, "old: zscore > 2"))
    dash.step()
    assert dash._page.status._toast.value == ""
    live.log.append(Event("new", "zscore", START + 1, 2.5, "new: zscore > 2"))
    dash.settings = PAIR.swapped()
    live.move()
    later(dash, clock)

    assert "new: zscore &gt; 2" in dash._page.status._toast.value
    assert "old" not in dash._page.status._toast.value
    assert "old" in dash._page.alerts._events.value


def test_a_download_goes_to_the_browser(dash, wire, clock):
    """The file's bytes in one message, and a word about it."""
    dash.step()
    wire.clear()
    dash._controller.export("trades", "csv")
    settle(dash, clock, 2)
    sent = [m for m in wire.sent if m[2].get("content", {}).get("kind") == "download"]

    assert [bytes(buffers[0]) for *_, buffers, _ in sent] == [b"a,b\n1,2\n"]
    assert "trades.csv is saved" in dash._page.status._message.value


def test_nothing_is_pushed_to_a_hidden_page(dash, live, wire, clock):
    """While nobody looks nothing goes out; on return everything does."""
    dash.step()
    say = dash._page.client._handle_custom_msg
    say({"kind": "beat", "view": "a", "visible": False}, [])
    wire.clear()
    live.move(bars=3)
    assert later(dash, clock) == IDLE_S
    assert wire.sent == []
    say({"kind": "beat", "view": "a", "visible": True}, [])
    later(dash, clock)

    marks = {x.model_id for x in family(dash._page.root) if isinstance(x, Mark)}
    assert marks <= {model_id for model_id, *_ in wire.sent}


def test_what_another_cell_does_is_shown(dash, live, clock):
    """Settings that are assigned, and symbols that are streamed since."""
    dash.step()
    live.want("SOLUSDT")
    dash.settings = PAIR.but(every_us=5_000_000)
    later(dash, clock)

    assert dash._page.controls.bars.every.value == "5s"
    assert "SOLUSDT" in dash._page.controls.pair.y.options


def test_what_is_looked_at_is_fetched_first(dash, live, clock, monkeypatch):
    """The middle of the shown time while it is chosen by hand, the newest while it follows."""
    monkeypatch.setattr(dash._controller._worker, "do", lambda job: job())
    dash.step()
    ends = {"min": "2024-08-08T23:54:10.000Z", "max": "2024-08-08T23:54:20.000Z"}
    dash._page.time.scale.set_state(ends)
    later(dash, clock)
    dash._page.controls.view.follow.set_state({"value": True})
    later(dash, clock)

    assert live.told == [("look_at", ts) for ts in (None, START + 15_000_000, None)]
