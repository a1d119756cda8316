"""The worker does one thing after the other and words what fails."""

import threading

import pytest

from quantlive_nb.errors import UsageError
from quantlive_nb.view.worker import File, Said, Worker


@pytest.fixture
def done():
    """Set after each job."""
    return threading.Semaphore(0)


@pytest.fixture
def worker(done):
    """A worker that tells when a job is done."""
    made = Worker(done.release)
    yield made
    made.stop()


def fail(error):
    """A job that raises."""

    def job():
        raise error

    return job


def test_jobs_are_done_in_their_order(worker, done):
    """The second job begins when the first has ended."""
    order = []
    for name in "abc":
        worker.do(lambda name=name: order.append(name))
    for _ in range(3):
        assert done.acquire(timeout=60)

    assert order == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UsageError("choose two symbols"), "choose two symbols"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
    ],
)
def test_a_failure_is_a_sentence_and_the_worker_goes_on(worker, done, error, text):
    """Whatever a job raises is reported; the next job is done."""
    worker.do(fail(error))
    worker.do(lambda: File("a.csv", b""))
    for _ in range(2):
        assert done.acquire(timeout=60)

    assert list(worker.outcomes) == [Said(text, is_error=True), File("a.csv", b"")]


def test_a_sentence_needs_no_thread(worker, done):
    """Saying something starts nothing."""
    worker.say("well")

    assert done.acquire(timeout=60)
    assert list(worker.outcomes) == [Said("well")]
