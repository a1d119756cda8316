"""A recorder in a process of its own, as a user starts it: ``quantlive record`` on loopback.

This file asks the process nothing but what it prints; it may be killed at any moment.
"""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT

__all__ = ["recorder", "verified"]

COMMAND = (sys.executable, "-m", "quantlive_nb")


@contextmanager
def recorder(exchange, db: Path, seconds: float = 600.0, *, symbols="BTCUSDT,ETHUSDT", more=()):
    """Record an exchange into a database; killed at the end if it still runs."""
    where = ["--ws-url", exchange.ws_url, "--rest-url", exchange.rest_url, "--db", str(db)]
    command = [*COMMAND, "record", "--symbols", symbols, *where, "--for", str(seconds), *more]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def verified(db: Path) -> "tuple[int, dict[str, dict[str, object]]]":
    """Exit code and answer of ``quantlive verify --json``."""
    command = [*COMMAND, "verify", "--db", str(db), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)
