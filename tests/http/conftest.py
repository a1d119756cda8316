"""An exchange on this machine for every test of its REST interface."""

from tests.feed.conftest import exchange

__all__ = ["exchange"]
