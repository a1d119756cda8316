"""A loop in a thread."""

import contextlib
import threading

import pytest

from quantlive_nb.errors import Closed, UsageError
from quantlive_nb.testing.exchange.loop_thread import LoopThread


def make(events):
    """A thread whose context notes when it is entered and left."""

    @contextlib.asynccontextmanager
    async def context():
        """Enter and leave."""
        events.append("entered")
        yield
        events.append("left")

    return LoopThread("Demo", context)


def test_starting_and_closing_twice_is_starting_and_closing_once():
    """The context is entered once and left once, and the thread is gone."""
    events = []
    thread = make(events)
    thread.start()
    thread.start()
    thread.close()
    thread.close()

    assert events == ["entered", "left"]
    assert not any(alive.name == "Demo" for alive in threading.enumerate())


def test_what_is_posted_runs_in_order_and_before_what_is_called_later():
    """Posts keep their order, and a call sees their effects."""
    seen = []
    thread = make([])
    thread.start()
    for i in range(100):
        thread.post(lambda i=i: seen.append(i))

    assert thread.call(lambda: list(seen)) == list(range(100))
    thread.close()


def test_a_failing_call_raises_where_it_was_called():
    """The loop goes on."""
    thread = make([])
    thread.start()
    with pytest.raises(ZeroDivisionError):
        thread.call(lambda: 1 / 0)

    assert thread.call(lambda: "well") == "well"
    thread.close()


def test_a_context_that_cannot_be_entered_raises_at_the_start():
    """The starter gets the error, no thread stays behind; a second start tries again."""

    @contextlib.asynccontextmanager
    async def refuse():
        """Fail before the loop is of any use."""
        raise UsageError("no")
        yield

    thread = LoopThread("Demo", refuse)
    for _ in range(2):
        with pytest.raises(UsageError, match="no"):
            thread.start()
        assert not any(alive.name == "Demo" for alive in threading.enumerate())
    thread.close()


def test_before_the_start_and_after_the_end_there_is_no_loop():
    """One sentence says what to do."""
    thread = make([])
    with pytest.raises(UsageError, match="start it first"):
        thread.post(print)
    thread.close()
    with pytest.raises(Closed):
        thread.call(print)
    with pytest.raises(Closed):
        thread.start()
