"""Waiting for events instead of sleeping."""

import threading

import pytest

from quantlive_nb.testing.exchange.counters import Counters


def test_a_waiter_is_woken_by_what_it_waits_for():
    """Another thread's change ends the wait; the count is returned."""
    tally = Counters()

    def happen():
        tally.n_sent = 3
        tally.notify()

    thread = threading.Thread(target=happen)
    thread.start()

    assert tally.wait_sent(3) == 3
    thread.join()


def test_what_has_happened_already_is_not_waited_for():
    """No change is needed if the condition holds."""
    tally = Counters()
    tally.n_connections, tally.streams, tally.is_finished = 2, frozenset({"a@trade"}), True

    assert tally.wait_connected(timeout=0, n=2) == 2
    assert tally.wait_subscribed("a@trade", timeout=0) == 1
    assert tally.wait_subscribed(timeout=0) == 1
    assert tally.wait_finished(timeout=0) == 0

    tally.n_played, tally.faults["drop"] = 5, 2

    assert tally.wait_played(4, timeout=0) == 5
    assert tally.wait_fault("drop", timeout=0) == 2


def test_a_wait_in_vain_tells_what_did_happen():
    """The sentence of the failing test holds the counters."""
    with pytest.raises(TimeoutError, match=r"b@trade subscribed: not within 0 s \(0 connections"):
        Counters().wait_subscribed("b@trade", timeout=0)


def test_a_fault_that_never_struck_is_told_by_its_name():
    """The sentence of the failing test says what was waited for."""
    with pytest.raises(TimeoutError, match="2 times silence: not within 0 s"):
        Counters().wait_fault("silence", 2, timeout=0)
