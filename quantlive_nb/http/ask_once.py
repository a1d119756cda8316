"""One question to an exchange over REST, for code that blocks: no loop of its own, no retry."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from quantlive_nb.errors import FeedError, FeedRefused
from quantlive_nb.http.client import RestClient
from quantlive_nb.interval import Micros
from quantlive_nb.venue import Exchange
from quantlive_nb.venue.base import Request

__all__ = ["ask_once"]

T = TypeVar("T")


def ask_once(
    exchange: Exchange, ask: Request, read: Callable[[bytes, Micros], T], within_s: float
) -> T:
    """The answer to one request, from any thread; it blocks, also where a loop runs.

    Raises
    ------
    FeedError
        When the exchange cannot be asked, refuses, or does not answer in time.
    """

    async def asking() -> T:
        rest = RestClient(exchange)
        try:
            async with asyncio.timeout(within_s):
                return await rest.get(ask, read, n_tries=1)
        except TimeoutError as exc:
            raise FeedError("it did not answer in time") from exc
        except FeedRefused:
            raise
        except FeedError as exc:
            raise FeedError(f"it {rest.why}" if rest.why else str(exc)) from exc
        finally:
            await rest.aclose()

    with ThreadPoolExecutor(1, "quantlive-ask") as pool:
        return pool.submit(lambda: asyncio.run(asking())).result()
