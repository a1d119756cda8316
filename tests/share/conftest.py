"""Stores, Lives and exchanges, as the tests of both sides of a share need them."""

from tests.live.conftest import closed, exchange, frames, on_loopback, parquet
from tests.store.conftest import common, golden, open_store, recorded, recording, store

__all__ = [
    "closed",
    "common",
    "exchange",
    "frames",
    "golden",
    "on_loopback",
    "open_store",
    "parquet",
    "recorded",
    "recording",
    "store",
]
