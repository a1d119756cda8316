"""Which proxy an address is reached through, and what is said of one that cannot be used."""

import pytest

from quantlive_nb.errors import FeedError
from quantlive_nb.http.proxy import client_options, proxy_of, shown
from tests.socks import without_proxies

WSS, HTTPS = "wss://stream.example:9443/stream", "https://api.example"


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """No proxy but those of a test."""
    without_proxies(monkeypatch)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("socks5://127.0.0.1:1080", "socks5://127.0.0.1:1080"),
        ("socks5h://127.0.0.1:1080/", "socks5h://127.0.0.1:1080"),
        ("socks://127.0.0.1", "socks5://127.0.0.1:1080"),
        ("SOCKS5://me:secret@[::1]:9", "socks5://me:secret@[::1]:9"),
        ("http://proxy:3128", "http://proxy:3128"),
        ("proxy:3128", "http://proxy:3128"),
    ],
)
def test_one_proxy_is_for_the_socket_and_for_rest(monkeypatch, given, used):
    """``all_proxy`` as curl reads it, in the form that both libraries understand."""
    monkeypatch.setenv("all_proxy", given)

    assert proxy_of(WSS) == proxy_of(HTTPS) == used


def test_the_more_special_setting_is_taken(monkeypatch):
    """One for the scheme before the one for all; none for what ``no_proxy`` names."""
    assert proxy_of(WSS) is None
    monkeypatch.setenv("all_proxy", "socks5://everything:1")
    monkeypatch.setenv("https_proxy", "http://encrypted:2")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    assert proxy_of(WSS) == proxy_of(HTTPS) == "http://encrypted:2"
    assert proxy_of("ws://host") == "http://encrypted:2"
    assert proxy_of("http://host") == "socks5://everything:1"
    assert proxy_of("ws://127.0.0.1:8000") is None


@pytest.mark.parametrize(
    "given",
    ["socks4://host:1", "ftp://host", "socks5://host:port", "socks5://", "http://me@host:1"],
)
def test_a_proxy_that_cannot_be_used_is_refused_in_a_sentence(monkeypatch, given):
    """Before anything is sent; the sentence says what can be, and tells no password."""
    monkeypatch.setenv("all_proxy", given)
    for ask in (proxy_of, client_options):
        with pytest.raises(FeedError, match=r"cannot be used: set all_proxy to http://HOST:PORT"):
            ask(HTTPS)


def test_no_password_is_shown():
    """Neither by the doctor nor in an error."""
    assert shown("socks5://me:secret@host:1") == "socks5://host:1"
    assert shown("me:secret@host:1") == "host:1"
