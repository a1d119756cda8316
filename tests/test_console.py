"""How a command ends: what it prints anywhere, and what its exit code means."""

import subprocess
import sys
from argparse import Namespace

import pytest

from quantlive_nb.console import run
from quantlive_nb.errors import UsageError
from quantlive_nb.store import Store
from tests.conftest import ROOT
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


@pytest.fixture
def db(tmp_path):
    """A tape with a hole, and one without."""
    for name, ids in (("whole", (1, 2, 3)), ("holed", (1, 2, 4))):
        store = Store(tmp_path / f"{name}.duckdb")
        store.append(batch(*[trade(i, i * SECOND) for i in ids]))
        store.close()
    return tmp_path


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1"])
def test_no_console_makes_a_command_fail(db, encoding):
    """Help, verdicts and refusals are printed in any encoding, and the exit code stays the same."""
    script = (
        "import sys; from quantlive_nb.cli import main\n"
        "def code(*words):\n"
        "    try: return main(words)\n"
        "    except SystemExit as end: return end.code\n"
        "whole, holed = sys.argv[1:]\n"
        "print([code(*words) for words in (\n"
        "    ['--help'], ['dashboard', '--help'], ['record', '--help'], ['export', '--help'],\n"
        "    ['verify', '--db', whole], ['verify', '--db', holed], ['verify', '--db', '\\u2713'],\n"
        "    ['export', '--db', whole, '--out', whole + '\\u2192.csv'],\n"
        "    ['scan', '--db', whole, '--every', '1s'],\n"
        "    ['record', '--source', 'simulated', '--for', '0.2'],\n"
        "    ['record', '--source', 'replay:\\u2713.parquet'],\n"
        ")])\n"
    )
    files = [str(db / name) for name in ("whole.duckdb", "holed.duckdb")]
    said = subprocess.run(
        [sys.executable, "-c", script, *files],
        env={"PYTHONIOENCODING": encoding, "PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert said.stdout.decode(encoding).splitlines()[-1] == "[0, 0, 0, 0, 0, 1, 2, 0, 1, 0, 1]"
    assert b"Traceback" not in said.stderr
