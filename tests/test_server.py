"""The servers' settings; that they serve is shown in tests/browser."""

import socket

import pytest

from quantlive_nb.errors import UsageError
from quantlive_nb.server import notebooks, refuse_occupied, serve, voila_options


@pytest.fixture
def occupied():
    """A port that somebody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_an_occupied_port_is_said_in_a_sentence(occupied):
    """Before anything is started."""
    with pytest.raises(UsageError, match=f"port {occupied} is occupied: choose another"):
        serve({}, host="127.0.0.1", port=occupied, theme="light", browser=False)


def test_a_free_port_is_left_free(occupied):
    """Looking at a port does not take it."""
    free = occupied + 1
    refuse_occupied("127.0.0.1", free)
    refuse_occupied("127.0.0.1", free)


def test_the_page_is_not_served_to_others():
    """An address that others can reach is refused while pages have no password."""
    with pytest.raises(UsageError, match="the page has no password"):
        serve({}, host="0.0.0.0", port=8866, theme="light", browser=False)


def test_voila_is_told_what_keeps_kernels_from_leaking():
    """The farewell of a page is heard, and nothing is kept for a page that is gone."""
    options = " ".join(voila_options("127.0.0.1", 8866, "dark"))
    assert "disable_check_xsrf" in options
    assert "buffer_offline_messages=False" in options
    assert "--theme=dark" in options


def test_the_notebooks_are_found():
    """From anywhere."""
    assert {path.name for path in notebooks().glob("*.ipynb")} >= {
        "dashboard.ipynb",
        "edit_live.ipynb",
        "tour.ipynb",
    }
