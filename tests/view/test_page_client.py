"""The page's ear in the browser."""

import pytest

from quantlive_nb.view.charts.axis import TimeScale
from quantlive_nb.view.page_client import SILENT_S, Client
from tests.view.stage import hear, let_pass


class Told:
    """A controller that keeps what it is told."""

    def __init__(self):
        self.told = []

    def returned(self):
        """A browser is back."""
        self.told.append("returned")

    def met(self):
        """The first browser has come to a kernel that awaited it."""
        self.told.append("met")

    def regard(self, **look):
        """The mouse moved."""
        self.told.append(look)


@pytest.fixture
def told():
    """A controller that keeps what it is told."""
    return Told()


@pytest.fixture
def client(wire, told, monkeypatch):
    """A client in JupyterLab."""
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    return Client(told, TimeScale())


def test_a_page_is_watched_until_it_says_otherwise(client):
    """Before the first word, and while any view is visible."""
    assert client.is_watched
    assert not client.is_met
    hear(client, "beat", "a", visible=False)
    assert not client.is_watched
    hear(client, "beat", "b", visible=True)
    assert client.is_watched
    hear(client, "gone", "b")

    assert not client.is_watched
    assert client.is_met


def test_a_page_that_comes_back_is_sent_everything(client, told):
    """When it was hidden, and when it missed a pulse; not at every beat."""
    hear(client, "beat", visible=True)
    told.told.clear()
    hear(client, "beat", visible=True)
    assert told.told == []
    hear(client, "beat", visible=False)
    hear(client, "beat", visible=True)
    hear(client, "beat", visible=True, resync=True)

    assert told.told == ["returned", "returned"]


def test_a_page_that_has_loaded_is_sent_everything(client, told):
    """It missed what was sent between the reading of its state and its first word."""
    for view in ("a", "b", "a"):
        hear(client, "beat", view, visible=True)

    assert told.told == ["returned", "returned"]


def test_the_address_of_a_page_is_read_once_it_is_known(wire, told, monkeypatch):
    """By a kernel of its own from the request; by one kept warm from the browser's first word."""
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    monkeypatch.setenv("QUERY_STRING", "bars=500")
    own = Client(told, TimeScale())
    hear(own, "address", query="bars=20")
    monkeypatch.setenv("VOILA_PREHEAT", "True")
    monkeypatch.delenv("SERVER_SOFTWARE")
    warm = Client(told, TimeScale())
    hear(warm, "address", query="bars=600")

    assert (own.asked, warm.asked) == ("bars=500", "bars=600")


def test_silence_in_voila_means_gone(wire, told, monkeypatch):
    """There no cell can delay a beat."""
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    client = Client(told, TimeScale())
    hear(client, "beat", visible=True)
    let_pass(monkeypatch, SILENT_S + 1)

    assert not client.is_watched


def test_how_long_silence_may_last_can_be_set(wire, told, monkeypatch):
    """For tests, which cannot wait for minutes; a page that loads has its time all the same."""
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    monkeypatch.setenv("QUANTLIVE_ORPHAN_S", "5")
    client = Client(told, TimeScale())
    let_pass(monkeypatch, SILENT_S - 1)
    assert not client.is_orphaned
    hear(client, "beat", visible=True)
    let_pass(monkeypatch, 6)

    assert client.is_orphaned


def test_a_warmed_kernel_awaits_its_page(wire, told, monkeypatch):
    """Until the first word; it is orphaned only after one."""
    monkeypatch.setenv("VOILA_PREHEAT", "True")
    client = Client(told, TimeScale())
    let_pass(monkeypatch, SILENT_S + 1)
    assert client.is_awaited
    assert not client.is_orphaned
    hear(client, "beat", visible=True)
    hear(client, "beat", visible=True)
    assert told.told == ["met"]  # nothing was drawn before: there is nothing to send again
    assert not client.is_awaited
    let_pass(monkeypatch, SILENT_S + 1)

    assert client.is_orphaned


def test_silence_in_a_notebook_means_a_busy_cell(client, monkeypatch):
    """There the charts go on."""
    hear(client, "beat", visible=True)
    let_pass(monkeypatch, SILENT_S + 1)

    assert client.is_watched


def test_the_mouse_is_heard(client, told):
    """In microseconds, or nowhere."""
    hear(client, "hover", at=1_723_161_255_000)
    hear(client, "hover", at=None)

    assert told.told == [{"hover_us": 1_723_161_255_000_000}, {"hover_us": None}]


def test_what_is_not_known_is_ignored(client, told):
    """A message of another kind changes nothing."""
    hear(client, "other")

    assert told.told == []


def test_a_download_is_one_message_with_the_bytes(client, wire):
    """Name, type and content go out together."""
    wire.clear()
    client.download("a.csv", "text/csv", b"1,2\n")
    ((_, kind, data, buffers, _),) = wire.sent

    assert kind == "comm_msg"
    assert data["content"] == {"kind": "download", "name": "a.csv", "mime": "text/csv"}
    assert bytes(buffers[0]) == b"1,2\n"


def test_each_pulse_is_one_more(client, wire):
    """A browser can count them, and sees when each was sent, in the same message."""
    wire.clear()
    client.beat()
    client.beat()
    first, second = (state for _, state in wire.updates(client))

    assert (first["pulse"], second["pulse"]) == (1, 2)
    assert 0 < first["sent_ms"] <= second.get("sent_ms", first["sent_ms"])


@pytest.mark.parametrize(("chosen", "told_to_browser"), [("", "auto"), ("dark", "dark")])
def test_only_a_chosen_theme_is_kept(told, monkeypatch, chosen, told_to_browser):
    """Where none was chosen the browser follows its system."""
    monkeypatch.setenv("QUANTLIVE_THEME", chosen)

    assert Client(told, TimeScale()).theme == told_to_browser
