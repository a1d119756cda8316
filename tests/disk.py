"""A disk that takes no more: a limit on the size of files, in a child process of its own."""

import resource
import signal
import subprocess
import sys

import numpy as np

from quantlive_nb.store import Store
from quantlive_nb.store.verify import verify
from quantlive_nb.types import Trades
from tests.conftest import ROOT

BASE_US = 10**15


def limit(n_bytes=resource.RLIM_INFINITY):
    """No file of this process may grow beyond this; only for a child, for it holds for all."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, resource.RLIM_INFINITY))


def rows(first, n):
    """Trades ``first`` and so on, whose numbers cannot be pressed much."""
    ids = np.arange(first, first + n, dtype=np.int64)
    price = np.array([f"{i % 9973 + 1}.{i * 7919 % 10**8:08d}" for i in ids.tolist()], object)
    qty = np.array([f"{i % 97 + 1}.{i * 104729 % 10**8:08d}" for i in ids.tolist()], object)
    symbol, ts = np.full(n, "A", object), BASE_US + ids * 1_000
    return Trades("binance", symbol, ids, ids, price, qty, ids % 2 == 0, ts, ts, ts)


def hasty_checkpoints(store):
    """Have DuckDB tidy its file up at every batch of some thousand, not at 16 MB."""
    store.cursor().execute("SET checkpoint_threshold = '100KB'")


def counted(path):
    """Ids held, rows, and whether the ledger agrees, in a database opened anew."""
    store = Store(path)
    (verdict,) = verify(store)
    store.close()
    return verdict.n_trades, verdict.n_rows, verdict.is_whole


def child(code, *args):
    """What a child process prints, as words; its failure is the test's."""
    command = [sys.executable, "-W", "error", "-c", code, *map(str, args)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    return run.stdout.split()
