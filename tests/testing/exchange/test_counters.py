"""Waiting for events instead of sleeping."""

import threading

import pytest

from quantlive_nb.testing.exchange.counters import Counters


def test_a_waiter_is_woken_by_what_it_waits_for():
    """Another thread's change ends the wait; the count is returned."""
    counters = Counters()

    def happen():
        counters.n_sent = 3
        counters.notify()

    thread = threading.Thread(target=happen)
    thread.start()

    assert counters.wait_sent(3) == 3
    thread.join()


def test_what_has_happened_already_is_not_waited_for():
    """No change is needed if the condition holds."""
    counters = Counters()
    counters.n_connections, counters.streams, counters.is_finished = 2, frozenset({"a@trade"}), True

    assert counters.wait_connected(timeout=0, n=2) == 2
    assert counters.wait_subscribed("a@trade", timeout=0) == 1
    assert counters.wait_subscribed(timeout=0) == 1
    assert counters.wait_finished(timeout=0) == 0

    counters.n_played, counters.faults["drop"] = 5, 2

    assert counters.wait_played(4, timeout=0) == 5
    assert counters.wait_fault("drop", timeout=0) == 2


def test_a_wait_in_vain_tells_what_did_happen():
    """The sentence of the failing test holds the counters."""
    with pytest.raises(TimeoutError, match=r"b@trade subscribed: not within 0 s \(0 connections"):
        Counters().wait_subscribed("b@trade", timeout=0)


def test_a_fault_that_never_struck_is_told_by_its_name():
    """The sentence of the failing test says what was waited for."""
    with pytest.raises(TimeoutError, match="2 times silence: not within 0 s"):
        Counters().wait_fault("silence", 2, timeout=0)
