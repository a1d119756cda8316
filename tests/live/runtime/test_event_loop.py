"""The loop in a thread of its own."""

import asyncio
import sys
import threading

import pytest

from quantlive_nb.live.runtime.event_loop import SWITCH_S, LoopThread


def test_work_runs_in_another_thread_and_its_result_comes_back():
    """A coroutine sees the loop's thread; the caller gets what it returned."""

    async def name():
        """The thread it runs in."""
        return threading.current_thread().name

    loop = LoopThread("work")
    try:
        assert loop.submit(name()).result(5) == "quantlive-work"
    finally:
        loop.close()


def test_calls_run_in_order():
    """What is called first runs first."""
    seen, done = [], threading.Event()
    loop = LoopThread("order")
    try:
        for i in range(5):
            loop.call(lambda i=i: seen.append(i))
        loop.call(done.set)
        assert done.wait(5)
    finally:
        loop.close()

    assert seen == [0, 1, 2, 3, 4]


def test_closing_cancels_what_runs_and_ends_the_thread_however_often():
    """A task in flight may say goodbye; after that neither task nor thread is left."""
    entered, left = threading.Event(), threading.Event()

    async def linger():
        """Wait for ever, and note the end."""
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    loop = LoopThread("linger")
    future = loop.submit(linger())
    assert entered.wait(5)
    loop.close()
    loop.close()

    assert left.is_set()
    assert future.cancelled()
    assert not any(t.name == "quantlive-linger" for t in threading.enumerate())


def test_a_failure_on_the_loop_is_the_callers():
    """What a coroutine raises comes out where its result is asked for."""

    async def fail():
        """Divide by zero."""
        return 1 / 0

    loop = LoopThread("fail")
    try:
        with pytest.raises(ZeroDivisionError):
            loop.submit(fail()).result(5)
    finally:
        loop.close()


def test_threads_take_turns_often_enough_for_a_feed():
    """A busy cell leaves the feed its turn after half a millisecond, and no later than before."""
    LoopThread("turns").close()

    assert sys.getswitchinterval() <= SWITCH_S
