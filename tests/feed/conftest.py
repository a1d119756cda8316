"""An exchange on this machine for every test of a live feed."""

import pytest

from quantlive_nb.testing import LoopbackExchange


@pytest.fixture
def exchange():
    """An exchange where only the test trades."""
    with LoopbackExchange() as exchange:
        yield exchange
