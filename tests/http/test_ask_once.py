"""Asking an exchange once, from code that blocks."""

import asyncio

import httpx
import pytest

from quantlive_nb.errors import FeedError
from quantlive_nb.http import client
from quantlive_nb.http.ask_once import ask_once
from quantlive_nb.venue import Binance
from quantlive_nb.venue.base import Request

PING = Request("/api/v3/ping", 1)


def text(body, now_us):
    """The body as it is."""
    return body.decode()


@pytest.fixture
def host(monkeypatch):
    """Stands in for the network: what it is asked is answered by the function given."""

    def answering(answer):
        transport = httpx.MockTransport(answer)
        monkeypatch.setattr(client, "new_client", lambda _: httpx.AsyncClient(transport=transport))
        return Binance("ws://own", "http://own", fallback=("ws://other", "http://other"))

    return answering


def test_where_one_host_is_closed_the_other_answers_at_once(host):
    """One question is enough, though it goes to two hosts."""
    asked = []

    def answer(request):
        asked.append(request.url.host)
        return httpx.Response(451 if request.url.host == "own" else 200, text="{}")

    assert ask_once(host(answer), PING, text, 8.0) == "{}"
    assert asked == ["own", "other"]


def test_a_failure_of_the_network_is_told_by_its_own_words(exchange):
    """Who asks once gets the operating system's reason, also where a loop runs."""
    exchange.close()

    async def record():
        with pytest.raises(FeedError, match=r"it cannot be asked \(.*refused\)"):
            ask_once(Binance(rest_url=exchange.rest_url), PING, text, 8.0)

    asyncio.run(record())


def test_who_asks_once_does_not_wait_for_ever(host):
    """A host that never answers is given up in time."""

    async def never(request):
        await asyncio.Event().wait()

    exchange = host(never)
    with pytest.raises(FeedError, match="did not answer in time"):
        ask_once(exchange, PING, text, 0.05)
