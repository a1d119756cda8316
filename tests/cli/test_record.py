"""Recording without a page: when it ends, and what it leaves behind."""

import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from quantlive_nb import Live
from quantlive_nb.cli.main import main
from quantlive_nb.cli.record import interrupt_at_eof, record
from quantlive_nb.errors import ReplayError
from quantlive_nb.health import FeedState, Health
from quantlive_nb.live.source import Options
from tests.conftest import ROOT

NOT_THERE = "quantlive: cannot replay none.parquet: the file does not exist\n"


class Stand:
    """A Live that goes on until something happens while it is waited for."""

    def __init__(self, happens):
        self.options, self.told = Options(source="simulated"), []
        self._happens = happens

    def join(self, timeout_s):
        """Something happens; in a minute it would be over."""
        self.told.append("join")
        self._happens()
        for _ in range(600):  # a signal that comes just before `signal.pause` would be missed by it
            time.sleep(0.1)
        return True

    def health(self):
        """It is well."""
        return Health(FeedState.LIVE, "simulated")

    def __getattr__(self, verb):
        """Remember what is asked for."""
        return lambda: self.told.append(verb)


def test_it_ends_when_the_time_is_over(capsys):
    """What was recorded is told, the Live is closed."""
    live = Live(name="record", source="simulated")
    health = record(live, 0.5)

    assert health.n_trades > 0
    assert live.state.value == "closed"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_it_ends_when_it_is_told_to(name):
    """By Ctrl-C or SIGTERM: nothing is raised, it is stopped before it is closed."""
    before = signal.getsignal(signal.SIGTERM)
    live = Stand(lambda: os.kill(os.getpid(), getattr(signal, name)))
    record(live)

    assert live.told == ["start", "join", "stop", "close"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_it_ends_with_its_standard_input(monkeypatch):
    """A parent that is gone, however it ended, holds the pipe no more."""
    out, into = os.pipe()
    with os.fdopen(out, "rb") as pipe:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=pipe))
        live = Stand(lambda: os.close(into))
        record(live, until_eof=True)

    assert live.told == ["start", "join", "stop", "close"]


@pytest.mark.slow
@pytest.mark.parametrize("source", ["simulated", "replay:none.parquet"])
def test_it_ends_by_itself_beside_an_open_standard_input(source, monkeypatch):
    """Its exit code and its last words are its own: no abort of the interpreter hides them."""
    monkeypatch.delenv("PYTHONASYNCIODEBUG")  # it would have more to say
    choices = ["--until-eof", "--for", "0.2", "--db", ":memory:", "--source", source]
    command = [sys.executable, "-m", "quantlive_nb", "record", *choices]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:
        code, said = process.wait(60), process.stderr.read()

    is_there = source == "simulated"
    assert code == (0 if is_there else 1), said
    assert said == ("" if is_there else NOT_THERE)


def test_an_end_of_its_input_after_the_end_interrupts_nobody(monkeypatch):
    """The parent lets go while the last words are printed: SIGTERM is nobody's Ctrl-C any more."""
    out, into = os.pipe()
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=pipe))
        sent = []
        monkeypatch.setattr(signal, "pthread_kill", lambda *what: sent.append(what))
        interrupt_at_eof()

    assert sent == []


def test_a_second_sigterm_does_not_cut_the_end_short():
    """An impatient supervisor loses no trade."""
    live = Stand(lambda: os.kill(os.getpid(), signal.SIGTERM))
    live.stop = lambda: (os.kill(os.getpid(), signal.SIGTERM), live.told.append("stop"))
    record(live)

    assert live.told == ["start", "join", "stop", "close"]


def test_what_makes_it_fail_is_raised():
    """Once it is closed."""
    live = Live(name="record", source="replay:none.parquet")
    with pytest.raises(ReplayError, match="the file does not exist"):
        record(live)

    assert live.state.value == "closed"


def test_what_is_refused_of_a_replay_is_said_at_the_end(tmp_path, capsys):
    """The good rows are recorded; how many were not, and why, stands in the last line."""
    path = tmp_path / "t.csv"
    header = "venue,symbol,trade_id,price,qty,side,ts_exch,ts_event,ts_recv,last_id\n"
    moment = ",".join(["2024-08-08T23:54:00.000000Z"] * 3)
    path.write_text(header + "".join(f"v,A,{i},{i},1,buy,{moment},{i}\n" for i in range(3)))
    assert main(["record", "--source", f"replay:{path}", "--speed", "inf"]) == 0

    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("recorded 2 trades of A; tape complete · recording over (1 of 3")
    assert "1 × a trade without a positive exact price" in last
