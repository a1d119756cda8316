"""What every test of the view has: an ear on the wire, a controller over a still market."""

import threading

import ipywidgets as w
import pytest

from quantlive_nb.view.controller import Controller
from tests.view.fake import PAIR, FakeLive, Wire


@pytest.fixture(autouse=True)
def no_widget_stays():
    """Close what a test left open, so that no other test counts it."""
    yield
    w.Widget.close_all()


@pytest.fixture
def wire(monkeypatch):
    """Everything that widgets send."""
    return Wire(monkeypatch)


@pytest.fixture
def live():
    """A Live whose market moves when a test says so."""
    return FakeLive()


@pytest.fixture
def controller(live):
    """A controller whose jobs are done by its own worker."""
    woken = threading.Event()
    made = Controller(live, PAIR, woken.set)
    made.woken = woken
    yield made
    made.stop()
