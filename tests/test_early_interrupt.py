"""Ctrl-C in the first second of a command, while the package is imported."""

import signal
import subprocess
import sys

import pytest

from quantlive_nb.early_interrupt import allow_interrupt, leave
from tests.conftest import ROOT

INTERRUPTED_IMPORT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == AT:
            os.kill(os.getpid(), signal.SIGINT)
            signal.sigpending()  # a signal is handled between two steps of the interpreter

sys.meta_path.insert(0, Interrupt())
sys.orig_argv = ["python", *ARGV]
sys.argv = [ARGV[0], "verify", "--db", "none.duckdb"]
from quantlive_nb.cli.main import main
print("goes on")
sys.exit(main())
"""
AT = ["numpy", "quantlive_nb.live", "quantlive_nb.cli.main"]


def interrupted(at, argv):
    """A command that gets SIGINT as a module is imported: exit code, standard output and error."""
    script = f"AT, ARGV = {at!r}, {argv!r}{INTERRUPTED_IMPORT}"
    run = [sys.executable, "-c", script]
    answer = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=120)
    return answer.returncode, answer.stdout, answer.stderr


@pytest.mark.parametrize("at", AT)
def test_ctrl_c_while_a_command_is_imported_ends_it_quietly(at):
    """Exit code 130 and not a word, however it was started."""
    assert interrupted(at, ["/usr/bin/quantlive", "verify"]) == (130, "", "")


def test_ctrl_c_while_a_program_imports_the_package_is_its_own():
    """A notebook or a script that imports the package keeps Python's way."""
    code, _, said = interrupted("quantlive_nb.live", ["mine.py"])

    assert code != 130
    assert said.endswith("KeyboardInterrupt\n")


def test_the_handler_ends_with_the_import():
    """Once a command runs, Ctrl-C is an exception again; anybody's handler is left alone."""
    before = signal.getsignal(signal.SIGINT)
    try:
        signal.signal(signal.SIGINT, leave)
        allow_interrupt()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        allow_interrupt()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
