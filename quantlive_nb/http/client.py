"""One exchange's REST host: asked slowly, again after a failure, elsewhere if it refuses.

This file knows no trade: it sends a request, and hands the body to whoever can read it.
"""

import asyncio
import itertools
import logging
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from quantlive_nb.clock import Clock, System
from quantlive_nb.errors import FeedError, FeedRefused, WireError
from quantlive_nb.http.backoff import backoff
from quantlive_nb.http.proxy import client_options
from quantlive_nb.http.rate_limit import RateLimit
from quantlive_nb.http.refusal import TOO_MANY, fall_over, retry_after_s
from quantlive_nb.interval import SECOND, Micros
from quantlive_nb.venue import Exchange
from quantlive_nb.venue.base import Request

if TYPE_CHECKING:
    import httpx

__all__ = ["RestClient", "Unknown"]

log = logging.getLogger("quantlive.backfill")

T = TypeVar("T")
AT_ONCE = 4
TIMEOUT_S = 20.0
SHARE = 0.8
"""Part of the host's budget that is used: others may work from this address."""


class RestClient:
    """Asks an exchange whatever is to be asked.

    Parameters
    ----------
    exchange : Exchange
        Replaced by itself at other hosts when it refuses.
    clock : Clock
        Stamps the receipt and paces the requests.
    waits : callable
        Makes the generator of back-off seconds after a failed request.

    Attributes
    ----------
    why : str
        Why nothing is answered, after the name of the exchange; empty while all is well.

    Notes
    -----
    At most four requests are under way, within 80 % of the host's weight a minute. 429 and 418 are
    obeyed. A request that fails is asked again until it is answered or cancelled.

    Examples
    --------
    >>> from quantlive_nb.venue import Binance
    >>> RestClient(Binance()).trouble
    ''
    """

    def __init__(
        self,
        exchange: Exchange,
        clock: "Clock | None" = None,
        waits: Callable[[], Iterator[float]] = backoff,
    ) -> None:
        self.exchange = exchange
        self.clock = clock or System()
        self.why = ""
        self._waits = waits
        self._budget = RateLimit(int(SHARE * exchange.limits.weight), clock=self.clock)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._making = asyncio.Lock()

    async def get(
        self, ask: Request, read: Callable[[bytes, Micros], T], n_tries: "int | None" = None
    ) -> T:
        """The answer to a request, asked again until it can be read.

        Parameters
        ----------
        n_tries : int, optional
            Give up after so many attempts; never by default.

        Raises
        ------
        FeedRefused
            When every host refuses, or the request itself is wrong.
        FeedError
            When a proxy is set that cannot be used, or after the last attempt.
        """
        waits = self._waits()
        for n_tried in itertools.count(1):
            try:
                async with self._slots:
                    answer = await self._ask(ask)
                    result = read(answer.content, self.clock.now_us())
            except (OSError, Unanswered) as exc:
                self._complain(str(exc))
            except WireError as exc:
                self._complain(f"is {exc.why}")
            else:
                self.why = ""
                return result
            if n_tried == n_tries:
                break
            await asyncio.sleep(next(waits))
        raise FeedError(self.trouble)

    @property
    def trouble(self) -> str:
        """Why nothing is answered, in a sentence; empty while all is well."""
        return self.why and f"the history of {self.exchange.name} {self.why}"

    async def aclose(self) -> None:
        """Free the connections; may be called twice."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()

    async def _ask(self, ask: Request) -> "httpx.Response":
        """One attempt, in its turn."""
        await self._budget.turn(ask.weight)
        asked = self.exchange
        url = asked.rest_url.rstrip("/") + ask.path
        client = await self._client(asked.rest_url)
        import httpx

        try:
            answer = await client.get(url)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as exc:
            raise FeedRefused(asked.name, url, str(exc)) from exc
        except httpx.HTTPError as exc:
            raise Unanswered(f"cannot be asked ({reason(exc)})") from exc
        self._budget.heard(as_weight(answer.headers.get(asked.limits.weight_header, "")))
        other = fall_over(answer.status_code, asked, self.exchange)
        if other is not None:
            log.info("%s answered HTTP %d: asking %s", url, answer.status_code, other.rest_url)
            self.exchange = other
            return await self._ask(ask)
        self._judge(answer, asked)
        return answer

    async def _client(self, rest_url: str) -> "httpx.AsyncClient":
        """The client for a host, through its proxy; making one takes a while."""
        async with self._making:
            if rest_url not in self._clients:
                self._clients[rest_url] = await asyncio.to_thread(new_client, rest_url)
        return self._clients[rest_url]

    def _judge(self, answer: "httpx.Response", asked: Exchange) -> None:
        """Raise what an answer other than 200 means."""
        code, url = answer.status_code, str(answer.url)
        if code in TOO_MANY:
            wait_s = retry_after_s(answer.headers.get("Retry-After"))
            self._budget.shut(int(wait_s * SECOND))
            raise Unanswered(f"asks for a pause of {wait_s:.0f} s (HTTP {code})")
        if code == 404:
            raise Unknown(asked.name, url, "HTTP 404")
        if 400 <= code < 500:
            raise FeedRefused(asked.name, url, f"HTTP {code} {answer.text[:120]}".strip())
        if code != 200:
            raise Unanswered(f"answered HTTP {code}")

    def _complain(self, why: str) -> None:
        """Keep the newest trouble for the screen; log each once."""
        if why != self.why:
            log.info("%s %s", self.exchange.name, why)
        self.why = why


class Unknown(FeedRefused):
    """The host does not have this path."""


class Unanswered(Exception):
    """A request that may be asked again, after a while."""


def new_client(rest_url: str) -> "httpx.AsyncClient":
    """A client of a host that keeps its connections.

    Raises
    ------
    FeedError
        When a proxy is set that cannot be used.
    """
    import httpx

    return httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=True, **client_options(rest_url))


def reason(error: BaseException) -> str:
    """What an error says, or the failure of the network that it stands for.

    Examples
    --------
    >>> reason(ConnectionRefusedError(111, "Connection refused"))
    'Connection refused'
    """
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, OSError) and below.errno and below.strerror:
            return os.strerror(below.errno) if below.errno > 0 else below.strerror
        below = below.__cause__ or below.__context__
    return str(error) or type(error).__name__


def as_weight(text: str) -> int:
    """What a header says that tells a weight; nothing where it is no number.

    Examples
    --------
    >>> as_weight("25"), as_weight(""), as_weight("many")
    (25, 0, 0)
    """
    return int(text) if text.isdecimal() else 0
