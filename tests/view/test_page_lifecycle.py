"""From the first showing of a page to the last word of its browser."""

import pytest

from quantlive_nb.live.lifecycle import State
from quantlive_nb.view.charts.axis import TimeScale
from quantlive_nb.view.page_client import SILENT_S, Client
from quantlive_nb.view.page_lifecycle import PageLifecycle
from tests.view.stage import hear, let_pass


@pytest.fixture
def started():
    """Grows when a Live that was new has been started."""
    return []


@pytest.fixture
def visit(live, controller, started):
    """A visit to a Live that is new."""
    live.state = State.NEW
    return PageLifecycle(controller, lambda: started.append(live.state))


@pytest.fixture
def in_voila(monkeypatch):
    """This kernel was started for a visitor of Voilà's."""
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")


@pytest.fixture
def warmed(monkeypatch):
    """This kernel was started before there was a visitor."""
    monkeypatch.setenv("VOILA_PREHEAT", "True")


@pytest.fixture
def client(wire, controller):
    """The page's ear."""
    return Client(controller, TimeScale())


def test_showing_the_page_starts_a_live_that_is_new(visit, live, started, client):
    """Once, and one that was stopped by its user is left alone."""
    visit.show()
    assert live.told == [("start",)]
    assert started == [State.RUNNING]
    live.state = State.STOPPED

    assert visit.attend(client)
    assert live.told == [("start",)]


def test_a_warmed_kernel_waits_for_its_page(warmed, visit, live, client, wire, monkeypatch):
    """However long: nothing is opened, nothing is sent, nobody is drawn for."""
    wire.clear()
    visit.show()
    let_pass(monkeypatch, 10 * SILENT_S)

    assert not visit.attend(client)
    assert (live.told, wire.sent) == ([("warm",)], [])


def test_the_first_word_of_a_page_wakes_a_warmed_kernel(warmed, visit, live, client, started):
    """From then on it is as any other."""
    visit.show()
    hear(client, "beat", visible=True)

    assert visit.attend(client)
    assert live.told == [("warm",), ("start",)]
    assert started == [State.RUNNING]


@pytest.mark.parametrize("has_come", [True, False])
def test_a_page_that_is_gone_ends_its_live(
    in_voila, visit, live, client, wire, monkeypatch, has_come
):
    """So the kernel falls silent, also when the browser never came; the widgets stay."""
    visit.show()
    if has_come:
        hear(client, "beat", visible=True)
    let_pass(monkeypatch, SILENT_S + 1)
    wire.clear()

    assert not visit.attend(client)
    assert live.told == [("start",), ("close", "nobody was looking")]
    hear(client, "beat", visible=True)
    assert not visit.attend(client)
    assert wire.sent == []


def test_a_page_that_is_hidden_keeps_its_live(in_voila, visit, live, client, monkeypatch):
    """It still beats, once a minute."""
    visit.show()
    for minute in range(10):
        let_pass(monkeypatch, 60)
        hear(client, "beat", visible=False)
        assert visit.attend(client), f"after {minute} minutes"
    assert live.state is State.RUNNING


def test_in_a_notebook_a_page_that_says_nothing_keeps_its_live(visit, live, client, monkeypatch):
    """There a busy cell may hold its words back, for hours."""
    visit.show()
    hear(client, "beat", visible=True)
    let_pass(monkeypatch, 100 * SILENT_S)

    assert visit.attend(client)
    assert live.state is State.RUNNING
