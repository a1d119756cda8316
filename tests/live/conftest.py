"""Lives that are all closed at the end, a loopback exchange, and the real recording."""

from pathlib import Path

import pytest

from quantlive_nb import Live
from quantlive_nb.live import lifecycle
from quantlive_nb.testing import LoopbackExchange
from tests.lives import FRAMES, PARQUET, endpoints


@pytest.fixture(autouse=True)
def closed():
    """No Live outlives its test: neither its threads nor its name."""
    yield
    for live in list(lifecycle._living.values()):
        live.close("the test ended")


@pytest.fixture
def exchange():
    """An exchange where only the test trades."""
    with LoopbackExchange() as exchange:
        yield exchange


@pytest.fixture
def on_loopback(exchange):
    """Make a Live of the loopback exchange, recording in memory unless told otherwise."""

    def make(*symbols, **options):
        return Live(*symbols, **{"db": ":memory:", **endpoints(exchange), **options})

    return make


@pytest.fixture
def frames(data: Path) -> str:
    """The source that plays the recorded frames."""
    return f"replay:{data / FRAMES}"


@pytest.fixture
def parquet(data: Path) -> str:
    """The source that plays the recorded columns."""
    return f"replay:{data / PARQUET}"
