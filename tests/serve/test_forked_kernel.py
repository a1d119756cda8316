"""Kernels that are forked are kernels like any other."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys

import psutil
import pytest
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import KernelProvisionerFactory

import quantlive_nb.serve.forked_kernel as module
from quantlive_nb.serve.forked_kernel import ForkedProvisioner, ForkServer, Kernel

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def fork_server():
    """One that has imported all it needs."""
    made = ForkServer()
    assert made.wait()
    yield made
    made.close()


@pytest.fixture
def provided(fork_server, monkeypatch):
    """Whoever starts a kernel has it forked; one factory serves all tests of a process."""
    monkeypatch.setattr(module, "_fork_servers", [fork_server])
    factory = KernelProvisionerFactory.instance()
    monkeypatch.setattr(factory, "default_provisioner_name", "quantlive")


@pytest.fixture
def start(provided, tmp_path):
    """Start a kernel; all are ended."""
    managers = []

    def started(**environment):
        manager = KernelManager()
        managers.append(manager)
        manager.start_kernel(env={**os.environ, **environment}, cwd=str(tmp_path))
        return manager

    yield started
    for manager in managers:
        if manager.has_kernel:
            manager.shutdown_kernel(now=True)


def ask(manager, code):
    """What a cell prints."""
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=30)
    printed = []

    def hear(message):
        content = message["content"]
        printed.append(content.get("text") or content.get("ename") or "")

    client.execute_interactive(code, output_hook=hear, timeout=30)
    client.stop_channels()
    return "".join(printed).strip()


def gone(pid):
    """Wait until a process has ended; whether it has."""
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(10)
    return not psutil.pid_exists(pid)


def test_the_terminal_does_not_interrupt_the_fork_server(fork_server):
    """Ctrl-C goes to the server's group of processes; it ends the fork server itself, quietly."""
    assert os.getpgid(fork_server.pid) == fork_server.pid != os.getpgid(0)


def test_it_is_forked_and_where_it_was_asked_to_be(fork_server, start, tmp_path):
    """Its parent is the fork_server; folder and environment are those of the start."""
    manager = start(QUANTLIVE_WORD="hello")
    code = "import os; print(os.getppid(), os.getcwd(), os.environ['QUANTLIVE_WORD'])"

    assert ask(manager, code).split() == [str(fork_server.pid), str(tmp_path), "hello"]


def test_what_a_page_needs_is_there(start):
    """Imported before, with what widgets need to hear of a browser; pandas is not among it."""
    code = """
import sys
targets = get_ipython().kernel.comm_manager.targets
names = "quantlive_nb.dashboard", "duckdb", "pandas", "debugpy"
print([name for name in names if sys.modules.get(name)], "jupyter.widget.control" in targets)
"""
    assert ask(start(), code) == "['quantlive_nb.dashboard', 'duckdb'] True"


def test_no_two_draw_the_same_numbers(start):
    """Each has a randomness of its own."""
    code = "import numpy, random; print(numpy.random.random(), random.random())"
    first, second = (ask(start(), code).split() for _ in range(2))

    assert not set(first) & set(second)


def test_a_cell_is_interrupted(start):
    """As in any kernel."""
    manager = start()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=30)
    answer = client.execute("import time; print('begun', flush=True); time.sleep(60)")
    while client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
        continue
    manager.interrupt_kernel()
    reply = client.get_shell_msg(timeout=30)
    client.stop_channels()

    assert reply["parent_header"]["msg_id"] == answer
    assert reply["content"]["ename"] == "KeyboardInterrupt"


def test_it_is_started_again(fork_server, start):
    """A restart is a fork too."""
    manager = start()
    before = manager.provisioner.pid
    manager.restart_kernel(now=True)

    assert ask(manager, "import os; print(os.getppid())") == str(fork_server.pid)
    assert manager.provisioner.pid != before
    assert gone(before)


def test_it_ends_in_order(start, tmp_path):
    """What is to be done at the end is done, and the process is gone."""
    manager = start()
    ask(manager, "import atexit, pathlib; atexit.register(pathlib.Path('ended').touch)")
    pid = manager.provisioner.pid
    manager.shutdown_kernel()

    assert gone(pid)
    assert (tmp_path / "ended").exists()


def test_none_outlives_its_server(tmp_path):
    """Killed, a server leaves neither the fork_server nor its kernels."""
    code = """
import os, sys, time
from quantlive_nb.serve.forked_kernel import Zygote
fork_server = ForkServer()
fork_server.wait()
kernel = fork_server.fork(["-f", sys.argv[1]], dict(os.environ), ".")
print(fork_server.pid, kernel.pid, flush=True)
time.sleep(600)
"""
    command = [sys.executable, "-c", code, str(tmp_path / "k.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        pids = [int(pid) for pid in server.stdout.readline().split()]
        server.kill()

    assert all(map(gone, pids))


def test_ctrl_c_is_for_the_server(fork_server):
    """The terminal tells all of a group; the fork_server waits for its server."""
    for signum in (signal.SIGINT, signal.SIGTERM):
        os.kill(fork_server.pid, signum)
    kernel = fork_server.fork(["--version"], os.environ, ".")

    assert kernel.wait() == kernel.poll() == 0


def test_without_a_fork_server_it_is_started_by_itself(start, monkeypatch):
    """Still importing, dead, or impossible here: the page is there all the same."""
    dead = ForkServer()
    dead.wait()
    os.kill(dead.pid, signal.SIGKILL)
    gone(dead.pid)
    for there in ([ForkServer()], [dead], []):
        monkeypatch.setattr(module, "CAN_FORK", bool(there))
        monkeypatch.setattr(module, "_fork_servers", there)
        manager = start()
        assert ask(manager, "import os; print(os.getppid())") == str(os.getpid())
        for fork_server in there:
            fork_server.close()


def test_another_language_is_not_forked(provided, monkeypatch):
    """What is not ipykernel under this interpreter is left to jupyter_client."""
    provisioner = ForkedProvisioner()
    provisioner.connection_info = {}
    asyncio.run(provisioner.launch_kernel([sys.executable, "-c", "pass"]))
    process = provisioner.process

    assert isinstance(process, subprocess.Popen)
    assert process.wait(30) == 0
    process.stdin.close()


def test_a_signal_to_a_process_that_has_ended_is_no_error(fork_server):
    """As with Popen: whoever interrupts or ends a kernel that has gone sees no traceback."""
    kernel = fork_server.fork(["--version"], os.environ, ".")
    kernel.wait()
    gone(kernel.pid)
    for send in (lambda: kernel.send_signal(signal.SIGINT), kernel.terminate, kernel.kill):
        send()
    with pytest.raises(ProcessLookupError):
        Kernel(kernel.pid)


def test_a_kernel_that_has_gone_is_interrupted_and_shut_down_in_order(start):
    """The server's own commands on it raise nothing."""
    manager = start()
    pid = manager.provisioner.pid
    manager.provisioner.process.kill()
    gone(pid)
    manager.interrupt_kernel()
    manager.shutdown_kernel(now=True)

    assert not manager.has_kernel


@pytest.fixture
def stalled(start, monkeypatch):
    """One kernel of a fork server that then stops answering; another one must follow."""
    monkeypatch.setattr(module, "PATIENCE_S", 0.2)
    fork_servers = [ForkServer()]
    monkeypatch.setattr(module, "_fork_servers", fork_servers)
    fork_servers[0].wait()
    first = start()
    os.kill(fork_servers[0].pid, signal.SIGSTOP)
    yield first
    for fork_server in fork_servers:
        fork_server.close()


def test_a_fork_server_that_stalls_is_replaced(start, stalled, caplog):
    """Its kernels live, a kernel that it forks late ends, and the next comes from another."""
    failed, _ = module._fork_servers[0], caplog.set_level("WARNING")
    second = start()
    assert ask(second, "import os; print(os.getppid())") == str(os.getpid())
    assert "fork server of the kernels has failed" in caplog.text

    os.kill(failed.pid, signal.SIGCONT)
    failed.fork(["--version"], os.environ, ".")  # so it has forked for the earlier request too
    late = [p for p in psutil.Process(failed.pid).children() if p.pid != stalled.provisioner.pid]
    assert psutil.wait_procs(late, 10)[1] == []

    assert module._fork_servers[1].wait()
    assert ask(start(), "import os; print(os.getppid())") == str(module._fork_servers[1].pid)
    assert ask(stalled, "print('well')") == "well"


def test_a_failed_fork_server_ends_with_its_last_kernel(start, stalled):
    """Even while it is stopped: nothing is left of it, and nothing waits for it."""
    failed = module._fork_servers[0]
    start()
    assert psutil.pid_exists(failed.pid)
    stalled.provisioner.process.kill()
    stalled.provisioner.process.wait()
    start()

    assert failed not in module._fork_servers
    assert gone(failed.pid)


def test_a_fork_server_that_has_ended_is_replaced(start, monkeypatch):
    """The kernels that follow are forked again."""
    fork_servers = [ForkServer()]
    monkeypatch.setattr(module, "_fork_servers", fork_servers)
    fork_servers[0].wait()
    os.kill(fork_servers[0].pid, signal.SIGKILL)
    start()
    assert fork_servers[-1].wait()

    assert ask(start(), "import os; print(os.getppid())") == str(fork_servers[-1].pid)
    fork_servers[-1].close()
