"""The process that forks, in its own words; that its children are kernels, test_kernel.py shows."""

import json
import os
import socket
import subprocess
import sys

import pytest


@pytest.fixture
def line():
    """The other end of a zygote's line."""
    ours, theirs = socket.socketpair()
    with theirs:
        number = theirs.fileno()
        command = [sys.executable, "-m", "quantlive_nb.zygote", str(number)]
        process = subprocess.Popen(command, pass_fds=[number], stderr=subprocess.PIPE)
    with process, ours:
        ours.settimeout(60)
        yield ours
        ours.shutdown(socket.SHUT_RDWR)
        assert (process.wait(10), process.stderr.read()) == (0, b"")


def test_it_says_when_it_is_ready_and_whom_it_made(line):
    """0 first, then a number for every line, whatever becomes of the child."""
    wanted = {"argv": ["--version"], "env": dict(os.environ), "cwd": "/nowhere"}
    with line.makefile("rb") as answers:
        assert answers.readline() == b"0\n"
        for _ in range(3):
            line.sendall(json.dumps(wanted).encode() + b"\n")
        pids = {int(answers.readline()) for _ in range(3)}

    assert len(pids - {0}) == 3
