"""How a command ends: what it prints anywhere, and what its exit code means."""

import io
import signal
import sys
from argparse import Namespace
from subprocess import PIPE, Popen

import pytest

from quantlive_nb.cli.console import run
from quantlive_nb.cli.main import main
from quantlive_nb.errors import UsageError
from quantlive_nb.store import Store
from tests.tape import SECOND, batch, trade


def ended(command, exc=None, code=0):
    """The exit code of a command that returns or raises."""

    def work(_):
        if exc is not None:
            raise exc
        return code

    return run(Namespace(command=command, debug=False, run=work))


def test_one_of_verify_means_that_something_is_missing_and_nothing_else(capsys):
    """Bad input, a slip of ours and Ctrl-C are no verdict; nor is any of them called whole."""
    assert (ended("verify"), ended("verify", code=1)) == (0, 1)
    assert ended("verify", UsageError("no such file")) == 2
    assert ended("verify", ValueError("a slip")) == 2
    assert ended("verify", KeyboardInterrupt()) == 130
    assert (ended("export", OSError("full")), ended("record", KeyboardInterrupt())) == (1, 0)
    assert "quantlive: no such file" in capsys.readouterr().err


LONG_QUERY = """
import sys
from argparse import Namespace

import duckdb
from quantlive_nb.cli.console import run

def work(_):
    try:
        print("asking", flush=True)
        duckdb.connect().execute("SELECT count(*) FROM range(1_000_000_000_000)").fetchone()
    finally:
        print("tidy", flush=True)

sys.exit(run(Namespace(command="export", debug=False, run=work)))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_interrupted_within_a_query_cleans_up_and_says_nothing(number):
    """DuckDB turns the interrupt into an error of its own; SIGTERM leaves nothing behind either."""
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)" + LONG_QUERY
    with Popen([sys.executable, "-c", code], stdout=PIPE, stderr=PIPE, text=True) as command:
        assert command.stdout.readline() == "asking\n"
        command.send_signal(number)
        said, complained = command.communicate(timeout=60)

    assert (command.returncode, said, complained) == (130, "tidy\n", "")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_verdict_can_be_told_apart_on_any_console(db, encoding, monkeypatch):
    """What is whole and what is not do not look alike where the console knows neither sign."""
    console = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", console)
    main(["verify", "--db", f"{db}/whole.duckdb"])
    main(["verify", "--db", f"{db}/holed.duckdb"])
    console.flush()

    whole, holed, *_ = console.buffer.getvalue().decode(encoding).splitlines()
    assert (whole[:3], holed[:3]) == ("ok ", "NO ")


@pytest.fixture
def db(tmp_path):
    """A tape with a hole, and one without."""
    for name, ids in (("whole", (1, 2, 3)), ("holed", (1, 2, 4))):
        store = Store(tmp_path / f"{name}.duckdb")
        store.append(batch(*[trade(i, i * SECOND) for i in ids]))
        store.close()
    return tmp_path


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1"])
def test_no_console_makes_a_command_fail(db, encoding, monkeypatch):
    """Help, verdicts and refusals are printed in any encoding, and the exit code stays the same."""
    consoles = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", consoles[0])
    monkeypatch.setattr(sys, "stderr", consoles[1])

    def code(*words):
        try:
            return main([word.format(db=db) for word in words])
        except SystemExit as end:
            return end.code

    assert code("dashboard", "--help") == 0
    assert code("verify", "--db", "{db}/whole.duckdb") == 0
    assert code("verify", "--db", "{db}/holed.duckdb") == 1
    assert code("verify", "--db", "\u2713") == 2
    assert code("export", "--db", "{db}/whole.duckdb", "--out", "{db}/\u2192.csv") == 0
    assert code("scan", "--db", "{db}/whole.duckdb", "--every", "1s") == 1
    assert code("record", "--source", "simulated", "--for", "0.1") == 0
    assert code("record", "--source", "replay:\u2713.parquet") == 1
    consoles[1].flush()
    assert b"Traceback" not in consoles[1].buffer.getvalue()
