"""Asking over HTTP: as much as allowed, again after a failure, elsewhere where it is refused."""

import asyncio
import contextlib
import itertools

import httpx
import pytest

from quantlive_nb.errors import FeedRefused, WireError
from quantlive_nb.http import client as module
from quantlive_nb.http.client import RestClient, Unknown
from quantlive_nb.interval import SECOND
from quantlive_nb.venue import Binance
from quantlive_nb.venue.base import Limits, Request
from tests.listener import hasty

PING = Request("/api/v3/ping", 1)


def text(body, now_us):
    """The body as it is; one that is no JSON object cannot be read."""
    if not body.startswith(b"{"):
        raise WireError("binance", body, "not an object")
    return body.decode()


@contextlib.asynccontextmanager
async def asking(exchange, waits=hasty, **choices):
    """Ask an exchange on this machine."""
    rest = RestClient(Binance(exchange.ws_url, exchange.rest_url, **choices), waits=waits)
    try:
        yield rest
    finally:
        await rest.aclose()


class Waits:
    """Pauses that keep a test short, and say when the first begins."""

    def __init__(self):
        self.began = asyncio.Event()

    def __call__(self):
        """Seconds to wait, again and again."""
        while True:
            self.began.set()
            yield 0.01


class Host:
    """Stands in for the network: answers by a function, and remembers who asked when."""

    def __init__(self, monkeypatch, answer, waits=hasty, **choices):
        self.answer, self.asked, self.at_s = answer, [], []
        transport = httpx.MockTransport(self.hear)
        monkeypatch.setattr(module, "new_client", lambda _: httpx.AsyncClient(transport=transport))
        self.rest = RestClient(Binance("ws://own", "http://own", **choices), waits=waits)

    async def hear(self, request):
        """One request."""
        self.asked.append(str(request.url))
        self.at_s.append(asyncio.get_running_loop().time())
        answer = self.answer(request)
        return await answer if asyncio.iscoroutine(answer) else answer

    def get(self, n=1):
        """Ask so many times at once; the answers."""

        async def record():
            try:
                return await asyncio.gather(*(self.rest.get(PING, text) for _ in range(n)))
            finally:
                await self.rest.aclose()

        return asyncio.run(record())


def in_turn(*answers):
    """A host that gives one answer after the other, the last for ever."""
    left = iter(answers)
    last = answers[-1]
    return lambda _: next(left, last)


FINE = httpx.Response(200, text="{}")
FAILURES = {
    "503": (lambda exchange: exchange.rest_refuse(503, n=2), "answered HTTP 503"),
    "a page of HTML": (lambda exchange: exchange.rest_garbage(2), "is not an object"),
    "half an answer": (lambda exchange: exchange.rest_cut(2), "cannot be asked (peer closed"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_what_fails_is_asked_again(exchange, name):
    """Twice in vain, then it is answered; the trouble is told, and forgotten."""
    fail, why = FAILURES[name]
    fail(exchange)
    troubles = []

    async def record():
        def waits():
            while True:
                troubles.append(rest.trouble)
                yield 0.01

        async with asking(exchange, waits=waits) as rest:
            return await rest.get(PING, text), rest.trouble

    assert asyncio.run(record()) == ("{}", "")
    assert len(exchange.requests) == 3
    assert len(troubles) == 2
    assert all(trouble.startswith(f"the history of binance {why}") for trouble in troubles)


def test_a_host_that_is_away_is_asked_again(exchange):
    """Nobody listens at the port: it says so, for as long as it takes."""
    exchange.close()

    async def record():
        waits = Waits()
        async with asking(exchange, waits=waits) as rest:
            task = asyncio.create_task(rest.get(PING, text))
            await waits.began.wait()
            assert rest.trouble.startswith("the history of binance cannot be asked (")
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(record())


@pytest.mark.parametrize(
    "trouble", [httpx.ReadTimeout(""), httpx.ConnectError("no route"), OSError("no certificates")]
)
def test_no_failure_of_the_network_is_fatal(monkeypatch, trouble):
    """Each is told by its words, or by its name where it has none."""

    def fail(request):
        if len(host.asked) == 1:
            raise trouble
        return FINE

    host = Host(monkeypatch, fail)

    assert host.get() == ["{}"]


@pytest.mark.parametrize("status", [429, 418])
def test_nobody_asks_before_the_host_allows_it(monkeypatch, status):
    """Not the one who was told to pause, and not the others."""
    pause = httpx.Response(status, headers={"Retry-After": "0.2"}, text="{}")
    waits = Waits()
    host = Host(monkeypatch, in_turn(pause, FINE), waits=waits)

    async def record():
        try:
            first = asyncio.create_task(host.rest.get(PING, text))
            await waits.began.wait()
            said = host.rest.trouble
            await asyncio.gather(first, *(host.rest.get(PING, text) for _ in range(6)))
            return said
        finally:
            await host.rest.aclose()

    assert asyncio.run(record()) == (
        f"the history of binance asks for a pause of 0 s (HTTP {status})"
    )
    assert len(host.at_s) == 8
    assert all(at_s - host.at_s[0] > 0.19 for at_s in host.at_s[1:])


@pytest.mark.parametrize("header", [{}, {"Retry-After": "Wed, 21 Oct"}, {"Retry-After": "inf"}])
def test_a_pause_without_a_length_is_a_minute(monkeypatch, header):
    """Whatever the host says there, it is not asked again at once."""
    waits = Waits()
    host = Host(monkeypatch, in_turn(httpx.Response(429, headers=header)), waits=waits)

    async def record():
        task = asyncio.create_task(host.rest.get(PING, text))
        await waits.began.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await host.rest.aclose()
        return host.rest._budget.wait_us()

    assert asyncio.run(record()) > 59 * SECOND
    assert len(host.asked) == 1


def test_what_others_of_this_address_spend_is_left_to_them(monkeypatch):
    """The host has counted almost all that may be spent in a minute: the next one waits."""
    used = httpx.Response(200, headers={"X-MBX-USED-WEIGHT-1M": "4800"}, text="{}")
    host = Host(monkeypatch, in_turn(used))
    host.get()

    assert host.rest._budget.wait_us() > 59 * SECOND


@pytest.mark.parametrize("weight", ["", "many", "-5", "²", "1e3"])
def test_a_weight_that_is_none_is_passed_over(monkeypatch, weight):
    """A header is no reason to fail."""
    header = {"X-MBX-USED-WEIGHT-1M": weight.encode()}
    host = Host(monkeypatch, in_turn(httpx.Response(200, headers=header, text="{}")))

    assert host.get() == ["{}"]


def test_four_are_under_way_and_no_more(monkeypatch):
    """Ten who ask at once come after one another."""
    under_way = []

    async def slowly():
        """An answer that takes a while."""
        under_way.append(under_way[-1] + 1 if under_way else 1)
        await asyncio.sleep(0.005)
        under_way.append(under_way[-1] - 1)
        return FINE

    host = Host(monkeypatch, lambda _: slowly())

    assert host.get(10) == ["{}"] * 10
    assert max(under_way) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 451])
def test_a_request_that_is_refused_is_not_repeated(monkeypatch, status):
    """The host's own words are told."""
    host = Host(monkeypatch, in_turn(httpx.Response(status, text='{"code":-1121,"msg":"Invalid"}')))
    with pytest.raises(FeedRefused, match=f'own/api/v3/ping: HTTP {status} {{"code":-1121'):
        host.get()

    assert len(host.asked) == 1


def test_a_path_that_the_host_lacks_is_told_apart(exchange):
    """There may be another way to ask."""

    async def record():
        async with asking(exchange) as rest:
            with pytest.raises(Unknown, match="HTTP 404"):
                await rest.get(Request("/api/v3/userTrades", 1), text)

    asyncio.run(record())


@pytest.mark.parametrize("status", [403, 451])
def test_all_go_to_the_other_host_once_one_was_refused(monkeypatch, status):
    """Also those who were refused at the same moment; nobody comes back."""

    async def refuse(request):
        """Refused here, and fine elsewhere."""
        await asyncio.sleep(0.005)
        return httpx.Response(status) if request.url.host == "own" else FINE

    host = Host(monkeypatch, refuse, fallback=("ws://other", "http://other"))

    assert host.get(4) == ["{}"] * 4
    assert sorted(host.asked) == ["http://other/api/v3/ping"] * 4 + ["http://own/api/v3/ping"] * 4
    assert host.rest.exchange.rest_url == "http://other"


@pytest.mark.parametrize("address", ["htp://nowhere", "nowhere", "http://own:port"])
def test_an_address_that_is_none_is_told(address):
    """A slip in ``--rest-url`` is not tried for ever."""

    async def record():
        rest = RestClient(Binance("ws://own", address), waits=hasty)
        try:
            await rest.get(PING, text)
        finally:
            await rest.aclose()

    with pytest.raises(FeedRefused, match=f"binance refused {address}/api"):
        asyncio.run(record())


def test_the_weight_that_is_told_is_read_under_the_venues_own_name(monkeypatch):
    """Another venue has another header and another budget; a header of none is passed over."""
    other = type("Other", (Binance,), {"limits": Limits(weight=100, weight_header="Spent")})
    headers = {"Spent": "80", "X-MBX-USED-WEIGHT-1M": "1"}
    host = Host(monkeypatch, in_turn(httpx.Response(200, headers=headers, text="{}")))
    host.rest = RestClient(other("ws://own", "http://own"), waits=hasty)
    host.get()

    assert host.rest._budget.wait_us() > 59 * SECOND


def test_it_may_be_closed_twice_and_asked_again(exchange):
    """Closing frees the connections; nothing else ends."""

    async def record():
        async with asking(exchange, waits=lambda: itertools.repeat(0.01)) as rest:
            await rest.get(PING, text)
            await rest.aclose()
            await rest.aclose()
            return await rest.get(PING, text)

    assert asyncio.run(record()) == "{}"
