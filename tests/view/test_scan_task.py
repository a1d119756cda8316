"""One scan at a time, on a thread of its own."""

import threading

import pytest

from quantlive_nb.errors import NotEnoughData
from quantlive_nb.view.scan_task import ScanRequest, ScanTask

ASKED = ScanRequest(1_000_000, 3_600_000_000, "aic", 10.0)
PATIENCE_S = 60.0


class Stage:
    """A search, every state that it told, and a scan that goes on when the test says so."""

    def __init__(self):
        self.states, self.moved = [], threading.Condition()
        self.search = ScanTask(self.note)
        self.gate = threading.Event()
        self.threads = []

    def note(self):
        """Keep the state."""
        with self.moved:
            self.states.append(self.search.state)
            self.moved.notify_all()

    def until(self, condition):
        """Wait for a state."""
        with self.moved:
            assert self.moved.wait_for(lambda: condition(self.search.state), PATIENCE_S)

    def scan(self, asked, progress, cancel):
        """Look at ten pairs."""
        self.threads.append(threading.current_thread().name)
        for n in range(10):
            progress(n, 10)
            if n == 4:
                assert self.gate.wait(PATIENCE_S)
            if cancel():
                return f"ended after {n}"
        return "all"


@pytest.fixture
def stage():
    """A search that has not been asked anything."""
    return Stage()


def test_it_tells_how_far_it_is_and_what_it_found(stage):
    """Every step, on another thread than the one that asked."""
    stage.search.start(stage.scan, ASKED, 7)
    stage.until(lambda state: state.n_done == 4)
    assert (stage.search.state.is_running, stage.search.state.n_pairs) == (True, 10)
    stage.gate.set()
    stage.until(lambda state: not state.is_running)

    assert (stage.search.state.found, stage.search.state.asked) == ("all", ASKED)
    assert stage.search.state.now_us == 7
    assert [state.n_done for state in stage.states if state.is_running][1:] == list(range(10))
    assert stage.threads == ["quantlive-scan"]


def test_it_ends_when_it_is_told_to(stage):
    """After the pairs at hand, with what it has found."""
    stage.search.start(stage.scan, ASKED, 0)
    stage.until(lambda state: state.n_done == 4)
    stage.search.cancel()
    stage.gate.set()
    stage.until(lambda state: not state.is_running)

    assert stage.search.state.found == "ended after 4"


def test_one_at_a_time(stage):
    """A second wish while it runs is not heard; after it, it is, and runs to its end."""
    stage.search.start(stage.scan, ASKED, 0)
    stage.search.start(stage.scan, ASKED, 1)
    stage.search.refuse("not now")
    stage.search.cancel()
    stage.gate.set()
    stage.until(lambda state: not state.is_running)
    stage.search.start(stage.scan, ASKED, 2)
    stage.until(lambda state: state.found == "all")

    assert len(stage.threads) == 2


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (NotEnoughData("scan", 5, 52), "scan needs 52 observations, has 5"),
        (RuntimeError("broken"), "RuntimeError: broken"),
    ],
)
def test_a_failure_is_a_sentence(stage, failure, said):
    """The page goes on, and another scan can be asked for."""

    def fail(*_):
        raise failure

    stage.search.start(fail, ASKED, 0)
    stage.until(lambda state: bool(state.error))
    assert stage.search.state.error == said
    assert not stage.search.state.is_running
    stage.gate.set()
    stage.search.start(stage.scan, ASKED, 0)
    stage.until(lambda state: state.found == "all")

    assert stage.search.state.error == ""


def test_a_refusal_is_told(stage):
    """Why nothing is scanned."""
    stage.search.refuse("give a length")

    assert stage.states[-1].error == "give a length"
