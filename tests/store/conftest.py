"""Stores that are closed at the end, the recorded trades, and their golden bars."""

import contextlib
import csv
import gzip

import pytest

from quantlive_nb.store import Store
from quantlive_nb.store.file.trade_file import read_trades

STEM = "binance_spot_btcusdt_ethusdt_20240808T2354"


@pytest.fixture
def open_store():
    """Open a store; whatever a test opened is closed at its end."""
    with contextlib.ExitStack() as stack:
        yield lambda *args, **kw: stack.enter_context(contextlib.closing(Store(*args, **kw)))


@pytest.fixture
def store(open_store):
    """An empty store in memory."""
    return open_store()


@pytest.fixture(scope="module")
def common():
    """One store for many drawn examples, each with a symbol of its own: opening costs 30 ms."""
    with contextlib.closing(Store()) as store:
        yield store


@pytest.fixture(scope="session")
def recorded(data):
    """The 15 863 recorded trades, in the order of receipt, in blocks of some hundred."""
    blocks = read_trades(data / f"{STEM}.trades.parquet")
    return [block.select(slice(i, i + 400)) for block in blocks for i in range(0, len(block), 400)]


@pytest.fixture(scope="session")
def recording(recorded):
    """A store that holds the recording; nobody writes into it."""
    with contextlib.closing(Store()) as store:
        for block in recorded:
            store.append(block)
        yield store


@pytest.fixture(scope="session")
def golden(data):
    """The golden bars of the recording for ``1s`` or ``1m``: rows of exact text, by name."""

    def read(name):
        path = data / f"golden_{STEM}.bars_{name}.csv.gz"
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    return read
