"""The process that forks, in its own words; that its children are kernels, test_kernel.py shows."""

import contextlib
import json
import os
import socket
import subprocess
import sys

import psutil
import pytest


@pytest.fixture
def line():
    """The other end of a fork_server's line."""
    ours, theirs = socket.socketpair()
    with theirs:
        number = theirs.fileno()
        command = [sys.executable, "-m", "quantlive_nb.serve.fork_server", str(number)]
        process = subprocess.Popen(command, pass_fds=[number], stderr=subprocess.PIPE)
    with process, ours:
        ours.settimeout(60)
        yield ours
        ours.shutdown(socket.SHUT_RDWR)
        assert (process.wait(10), process.stderr.read()) == (0, b"")


def request(line):
    """Our end of a request, and the number of the child that was forked for it."""
    ours, theirs = socket.socketpair()
    with theirs:
        socket.send_fds(line, [b"k"], [theirs.fileno()])
    ours.settimeout(60)
    return ours, int(ours.recv(16))


def test_it_says_when_it_is_ready_and_forks_for_each_request(line):
    """0 first, then over each request's own socket the number of a child."""
    assert line.recv(1) == b"0"
    wanted = {"argv": ["--version"], "env": dict(os.environ), "cwd": "/nowhere"}
    pids = set()
    for _ in range(3):
        ours, pid = request(line)
        with ours:
            ours.sendall(json.dumps(wanted).encode() + b"\n")
        pids.add(pid)

    assert len(pids - {0}) == 3


FORKED = """
import os, sys, threading
import duckdb
from quantlive_nb.serve.fork_server import prepare

prepare()
if pid := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
enough = threading.Event()  # so many stacks that the C library gives those of the parent back
threads = [threading.Thread(target=enough.wait) for _ in range(12)]
for thread in threads:
    thread.start()
enough.set()
for thread in threads:
    thread.join()
print(duckdb.sql("SELECT sum(range) FROM range(10_000_000)").fetchone()[0])
"""


def test_a_forked_kernel_can_ask_duckdb_and_ends_in_order():
    """It has none of the threads of the process it was forked from, and waits for none of them."""
    run = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=120
    )

    assert (run.returncode, run.stdout, run.stderr) == (0, "49999995000000\n", "")


@pytest.mark.parametrize("told", [b"", b'{"argv": ["-f'])
def test_a_child_whose_request_was_given_up_ends(line, told):
    """It has become no kernel: it ends before it reads a connection file or binds a port."""
    assert line.recv(1) == b"0"
    ours, pid = request(line)
    with ours:
        ours.sendall(told)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(10)

    assert not psutil.pid_exists(pid)
