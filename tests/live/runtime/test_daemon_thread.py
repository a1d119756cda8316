"""Threads that are begun here are ended before the interpreter is."""

import contextlib
import subprocess
import sys
import threading

import pytest

from quantlive_nb.live.runtime.daemon_thread import begin, end_threads
from quantlive_nb.store.question import question_budget as budget
from tests.conftest import ROOT
from tests.owner import owner

ENDS = """
import sys, threading
from quantlive_nb import Live
from quantlive_nb.store import Store
from quantlive_nb.share.client import RemoteStore
from quantlive_nb.share.server import find
path, query = sys.argv[1:]
store, begun = RemoteStore(path, find(path)) if path else Store(), threading.Event()
def ask():
    begun.set()
    try:
        store.sql(query)
    except Exception as exc:
        print(exc)
threading.Thread(target=ask, daemon=True).start()
begun.wait()
"""
"""A process that ends while a thread of its user asks."""
ENDLESS = "SELECT count(*) FROM range(1000000000000)"


def test_all_are_asked_and_awaited(monkeypatch):
    """Also one that has nothing to be asked by, and one that has ended already."""
    monkeypatch.setattr(budget, "_is_ending", threading.Event())
    over, seen = threading.Event(), []
    gone = begin(lambda: seen.append("gone"), "gone")
    gone.join(20)
    waits = begin(over.wait, "waits", lambda: (seen.append("asked"), over.set()))
    rest = begin(lambda: over.wait() and seen.append("ended"), "rest")
    end_threads(20.0)

    assert not waits.is_alive()
    assert not rest.is_alive()
    assert seen == ["gone", "asked", "ended"]


@pytest.mark.parametrize("is_viewer", [False, True])
def test_a_process_that_ends_while_it_asks_ends_in_order(tmp_path, is_viewer):
    """A daemon thread that came back from DuckDB too late would abort it."""
    path = str(tmp_path / "t.duckdb") if is_viewer else ""
    with owner(path) if is_viewer else contextlib.nullcontext():
        command = [sys.executable, "-c", ENDS, path, ENDLESS]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert (ended.returncode, ended.stderr) == (0, "")
