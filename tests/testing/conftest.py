"""Recordings to play, real and made up, and plain clients that are closed at the end."""

import contextlib
import gzip
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from websockets.sync.client import ClientConnection, connect

RECORDED = "binance_spot_btcusdt_ethusdt_20240808T2354.trade.frames.jsonl.gz"


class Answer(NamedTuple):
    """What a GET was answered: status, headers and parsed JSON."""

    status: int
    headers: Message
    body: Any


@pytest.fixture
def recorded(data: Path) -> Path:
    """The recording of 15 863 real BTCUSDT and ETHUSDT trades."""
    return data / RECORDED


@pytest.fixture(scope="session")
def texts(data: Path) -> list[str]:
    """Its frames, read without our own reader."""
    with gzip.open(data / RECORDED, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["frame"] for line in lines]


@pytest.fixture
def record(tmp_path: Path) -> Callable[..., Path]:
    """Write texts to a recording, so many seconds apart."""

    def write(*texts: str, every_s: float = 0.0) -> Path:
        path = tmp_path / "made.frames.jsonl.gz"
        with gzip.open(path, "wt", compresslevel=1, encoding="utf-8") as lines:
            for i, text in enumerate(texts):
                recv_ns = 1_723_161_254_087_896_568 + int(i * every_s * 1e9)
                lines.write(json.dumps({"recv_ns": recv_ns, "frame": text}) + "\n")
        return path

    return write


@pytest.fixture
def client() -> Iterator[Callable[[str], ClientConnection]]:
    """Open a plain WebSocket."""
    with contextlib.ExitStack() as stack:
        yield lambda url: stack.enter_context(
            connect(url, proxy=None, max_queue=None, max_size=None)
        )


@pytest.fixture(scope="session")
def get() -> Callable[[str], Answer]:
    """Ask over plain HTTP, without our own client."""

    def ask(url: str) -> Answer:
        """Status, headers and JSON of a GET."""
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return Answer(response.status, response.headers, json.load(response))
        except urllib.error.HTTPError as response:
            with response:
                return Answer(response.status, response.headers, json.load(response))

    return ask
