"""Child processes of the benchmark, each on a core of its own where the system allows it.

This file knows nothing of what they measure.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["ROOT", "child", "exchange", "pin"]

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 120


def pin(place: int) -> None:
    """Stay on one core: the first (0) or the last (-1) of those that this process may use."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[place]})


def environment() -> dict[str, str]:
    """This one's, without a user's settings and without a proxy: all traffic is local."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("QUANTLIVE_") and not name.lower().endswith("_proxy")
    }


def start(module: str, *arguments: object) -> "subprocess.Popen[str]":
    """A module of this folder as a process of its own; it answers in lines of JSON."""
    command = [sys.executable, "-m", f"tests.bench.{module}", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True)


def child(module: str, *arguments: object) -> dict[str, Any]:
    """Run a module of this folder to its end and give its answer."""
    with start(module, *arguments) as process:
        try:
            out, _ = process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()
    if process.returncode:
        raise RuntimeError(f"tests.bench.{module} failed: its message stands above")
    return json.loads(out.splitlines()[-1])


@contextlib.contextmanager
def exchange() -> Iterator[int]:
    """The cheap exchange in its process; its port."""
    with start("exchange") as process:
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()
