"""The recorder as a process of its own: started, restarted, and never left behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

import quantlive_nb.serve.supervisor as module
from quantlive_nb.errors import UsageError
from quantlive_nb.serve.supervisor import Supervisor, is_shared, why
from quantlive_nb.share.server import Address, Share, find, free_port, word
from quantlive_nb.store import Store
from quantlive_nb.testing import LoopbackExchange
from tests.conftest import ROOT
from tests.lives import BOTH

PARENT = """
import sys, time
from quantlive_nb.serve.supervisor import Supervisor
supervisor = Supervisor(sys.argv[1], dict(pair.split("=", 1) for pair in sys.argv[2:])).start()
print(supervisor.wait(), supervisor.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def exchange():
    """An exchange where only the test trades."""
    with LoopbackExchange() as exchange:
        yield exchange


@pytest.fixture
def db(tmp_path):
    """A database that is not there yet."""
    return str(tmp_path / "t.duckdb")


@pytest.fixture
def environment(exchange, db):
    """What a recorder of that exchange is told."""
    urls = {"QUANTLIVE_WS_URL": exchange.ws_url, "QUANTLIVE_REST_URL": exchange.rest_url}
    return {"QUANTLIVE_DB": db, "QUANTLIVE_PRELOAD": "0"} | urls


@pytest.fixture
def command(monkeypatch):
    """Something else instead of the recorder: a line of Python."""

    def put(line):
        monkeypatch.setattr(module, "COMMAND", (sys.executable, "-c", line))

    return put


def until(condition, timeout_s=60.0):
    """Wait for another process, which gives no event to wait for."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"not within {timeout_s:g} s"
        time.sleep(0.02)


@pytest.mark.slow
def test_a_recorder_is_kept_at_work(exchange, environment, db, capsys):
    """It shares the database; killed, another follows at once; at the end none is left."""
    with Supervisor(db, environment) as supervisor:
        assert supervisor.wait()
        exchange.wait_subscribed(*BOTH, timeout=30)
        first = supervisor.pid
        assert find(db).pid == first != os.getpid()
        os.kill(first, signal.SIGKILL)
        until(lambda: is_shared(db) and find(db).pid != first)
        second = supervisor.pid
        assert "the recorder was ended by SIGKILL: it is started again" in capsys.readouterr().err

    assert not psutil.pid_exists(second)
    assert find(db) is None
    Store(db).close()


@pytest.mark.slow
def test_a_recorder_does_not_outlive_its_parent(environment, db):
    """Also when the parent is killed, and can end nothing."""
    given = [f"{name}={value}" for name, value in environment.items()]
    command = [sys.executable, "-c", PARENT, db, *given]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        shared, pid = parent.stdout.readline().split()
        parent.kill()
    assert shared == "True"
    until(lambda: not psutil.pid_exists(int(pid)))

    assert find(db) is None


def test_a_database_that_another_process_shares_is_left_to_it(db, command, tmp_path):
    """No recorder is started while it does; one is as soon as it ends."""
    begun = tmp_path / "begun"
    command(f"import pathlib, sys; pathlib.Path({str(begun)!r}).touch(); sys.stdin.read()")
    with contextlib.closing(Store(db)) as store:
        share = Share(store)
        with Supervisor(db, {}) as supervisor:
            assert supervisor.wait()
            assert supervisor.pid is None
            assert not begun.exists()
            share.close()
            until(begun.exists)


def test_a_recorder_that_refuses_says_why(db, command, monkeypatch):
    """In its own sentence, once it has been tried for a moment."""
    monkeypatch.setattr(module, "GRACE_S", 0.1)
    command("import sys; sys.exit('quantlive: unknown symbol')")
    with Supervisor(db, {}) as supervisor, pytest.raises(UsageError, match=r"^unknown symbol$"):
        supervisor.wait()


SILENT = """
import os, sys, time
from quantlive_nb.store import Store
from quantlive_nb.share.server import Share
share = Share(Store({db!r}))
while not os.path.exists({told!r}): time.sleep(0.02)
share.close()
sys.stdin.read()
"""


def test_a_recorder_that_shares_no_more_is_started_again(db, command, monkeypatch, tmp_path):
    """The last resort, for one that lives and does not begin anew by itself."""
    monkeypatch.setattr(module, "UNSHARED_S", 0.1)
    monkeypatch.setattr(module, "LOOK_S", 0.02)
    told = tmp_path / "told"
    command(SILENT.format(db=db, told=str(told)))
    with Supervisor(db, {}) as supervisor:
        assert supervisor.wait()
        first = supervisor.pid
        until(lambda: supervisor._has_shared)
        told.touch()
        until(lambda: supervisor.trouble)
        told.unlink()
        assert supervisor.trouble == "the recorder did not share the database any more"
        until(lambda: supervisor.pid != first and is_shared(db))


def test_a_recorder_that_needs_long_is_not_waited_for(db, command, monkeypatch):
    """An exchange that does not answer keeps no page from being served."""
    monkeypatch.setattr(module, "START_S", 0.1)
    command("import sys; sys.stdin.read()")
    with Supervisor(db, {}) as supervisor:
        assert not supervisor.wait()


@pytest.mark.parametrize(
    ("lasted_s", "waits"),
    [(60, [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]), (0, [0.2] * 10)],
)
def test_restarts_come_less_and_less_often(db, command, monkeypatch, lasted_s, waits):
    """A recorder that cannot start keeps no machine busy; one that ran is started at once."""
    waited = []
    monkeypatch.setattr(module, "is_shared", lambda _: False)
    monkeypatch.setattr(module, "LASTED_S", lasted_s)
    command("pass")
    supervisor = Supervisor(db, {})

    def wait(seconds):
        waited.append(seconds)
        if len(waited) == 10:
            supervisor._ended.set()

    monkeypatch.setattr(supervisor._ended, "wait", wait)
    supervisor._run()

    assert waited == waits


def test_a_recorder_that_does_not_end_is_ended(db, command, monkeypatch, tmp_path):
    """Whatever keeps it, nothing is left behind."""
    monkeypatch.setattr(module, "STOP_S", 0.1)
    deaf = tmp_path / "deaf"
    command(
        "import pathlib, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"pathlib.Path({str(deaf)!r}).touch(); time.sleep(600)"
    )
    supervisor = Supervisor(db, {}).start()
    until(deaf.exists)
    pid = supervisor.pid
    supervisor.stop()
    supervisor.stop()

    until(lambda: not psutil.pid_exists(pid))


def test_word_of_a_server_that_does_not_answer_is_not_believed(db):
    """After a crash of the machine its process id may be somebody else's."""
    told = Address(f"quack:127.0.0.1:{free_port()}", "x" * 32, os.getpid(), free_port())
    place = word(db)
    place.write_text(json.dumps(told._asdict()))
    place.chmod(0o600)

    assert find(db) == told
    assert not is_shared(db)


@pytest.mark.parametrize(
    ("code", "said", "sentence"),
    [
        (1, "quantlive: no\n", "no"),
        (-9, "quantlive: no\n", "the recorder was ended by SIGKILL"),
        (3, "", "the recorder ended with exit code 3"),
        (0, "", "the recorder ended with exit code 0"),
    ],
)
def test_why_a_recorder_ended(code, said, sentence):
    """Its last words, the signal, or the code."""
    assert why(code, said) == sentence
